#include "netcfg/pcapng.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT 2048 /* of capture.c; a hint for readers */

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { LINKTYPE_ETHERNET = 1 };
/* Options: of any block, and of the one that the name says. */
enum {
        OPTION_END = 0,
        SECTION_HARDWARE = 2,
        SECTION_SYSTEM = 3,
        SECTION_APPLICATION = 4,
        INTERFACE_NAME = 2,
        INTERFACE_RESOLUTION = 9,
        PACKET_FLAGS = 2,
};

static void append(struct pcapng *file, const void *data, size_t size) {
        if (file->failed || size == 0)
                return;
        if (file->size + size > file->allocated) {
                size_t allocated = (file->size + size) * 2;
                uint8_t *grown = realloc(file->data, allocated);
                if (!grown) {
                        file->failed = true;
                        return;
                }
                file->data = grown;
                file->allocated = allocated;
        }
        memcpy(file->data + file->size, data, size);
        file->size += size;
}

static void append_u16(struct pcapng *file, uint16_t value) {
        uint16_t little = htole16(value);

        append(file, &little, sizeof(little));
}

static void append_u32(struct pcapng *file, uint32_t value) {
        uint32_t little = htole32(value);

        append(file, &little, sizeof(little));
}

/* Up to the next multiple of 32 bits (3.1). */
static void append_padded(struct pcapng *file, const void *data, size_t size) {
        append(file, data, size);
        append(file, "\0\0\0", -size & 3);
}

static void append_option(struct pcapng *file, uint16_t code, const void *data, uint16_t size) {
        append_u16(file, code);
        append_u16(file, size);
        append_padded(file, data, size);
}

static void append_text(struct pcapng *file, uint16_t code, const char *text) {
        append_option(file, code, text, (uint16_t) strlen(text));
}

/* A block says its length at both ends: block_end writes both. Returns where the block begins. */
static size_t block_start(struct pcapng *file, uint32_t type) {
        size_t start = file->size;

        append_u32(file, type);
        append_u32(file, 0);
        return start;
}

static void block_end(struct pcapng *file, size_t start) {
        append_option(file, OPTION_END, NULL, 0);
        uint32_t length = htole32((uint32_t) (file->size - start + 4));
        append(file, &length, sizeof(length));
        if (!file->failed)
                memcpy(file->data + start + 4, &length, sizeof(length));
}

void pcapng_start(struct pcapng *file, const char *hardware, const char *system, const char *application) {
        static const uint8_t length_not_said[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

        *file = (struct pcapng) {};
        size_t start = block_start(file, BLOCK_SECTION);
        append_u32(file, 0x1a2b3c4d); /* tells the byte order */
        append_u16(file, 1);          /* version 1.0 */
        append_u16(file, 0);
        append(file, length_not_said, sizeof(length_not_said));
        append_text(file, SECTION_HARDWARE, hardware);
        append_text(file, SECTION_SYSTEM, system);
        append_text(file, SECTION_APPLICATION, application);
        block_end(file, start);
}

static void describe_interface(struct pcapng *file, const char *name) {
        static const uint8_t microseconds = 6; /* 10^-6 */
        size_t start = block_start(file, BLOCK_INTERFACE);

        append_u16(file, LINKTYPE_ETHERNET);
        append_u16(file, 0);
        append_u32(file, SNAPSHOT);
        append_text(file, INTERFACE_NAME, name);
        append_option(file, INTERFACE_RESOLUTION, &microseconds, sizeof(microseconds));
        block_end(file, start);
}

/* The number of the interface in the file, which gets its description when it is new. */
static uint32_t find_interface(struct pcapng *file, const char name[static 16]) {
        uint32_t id = 0;

        while (id < file->interface_count && strncmp(file->interfaces[id], name, sizeof(file->interfaces[id])) != 0)
                id++;
        if (id < file->interface_count)
                return id;

        char (*grown)[16] = realloc(file->interfaces, (id + 1) * sizeof(*grown));
        if (!grown) {
                file->failed = true;
                return 0;
        }
        file->interfaces = grown;
        file->interface_count++;
        memcpy(grown[id], name, sizeof(*grown));
        grown[id][sizeof(*grown) - 1] = 0;
        describe_interface(file, grown[id]);
        return id;
}

void pcapng_add(struct pcapng *file, const struct captured_packet *packet) {
        uint32_t interface = find_interface(file, packet->interface);
        size_t start = block_start(file, BLOCK_PACKET);

        append_u32(file, interface);
        append_u32(file, (uint32_t) (packet->time >> 32));
        append_u32(file, (uint32_t) packet->time);
        append_u32(file, packet->size);
        append_u32(file, packet->length);
        append_padded(file, packet->bytes, packet->size);
        if (packet->direction != DIRECTION_UNKNOWN) {
                uint32_t flags = htole32(packet->direction == DIRECTION_INBOUND ? 1 : 2);
                append_option(file, PACKET_FLAGS, &flags, sizeof(flags));
        }
        block_end(file, start);
}

void pcapng_clear(struct pcapng *file) {
        free(file->data);
        free(file->interfaces);
        *file = (struct pcapng) {};
}
