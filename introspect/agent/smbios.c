#include "introspect/agent/smbios.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/smbios_internal.h"
#include "introspect/agent/sysfs.h"

#define HEADER_SIZE 4 /* type, length, handle (2) */
#define STRUCTURES_MAX 10000

enum {
        TYPE_BIOS = 0,
        TYPE_SYSTEM = 1,
        TYPE_BOARD = 2,
        TYPE_CHASSIS = 3,
        TYPE_PROCESSOR = 4,
        TYPE_MEMORY_ARRAY = 16,
        TYPE_MEMORY_DEVICE = 17,
        TYPE_MEMORY_RANGE = 19,
        TYPE_IPMI = 38,
        TYPE_END = 127,
};

/* Takes the structure at *offset. False at the end of the table, also in the middle of a structure. */
static bool next_record(const unsigned char *table, size_t size, size_t *offset, struct smbios_record *ret) {
        if (size - *offset < HEADER_SIZE)
                return false;
        const unsigned char *at = table + *offset;
        size_t left = size - *offset, length = at[1];
        if (length < HEADER_SIZE || length > left)
                return false;
        size_t end = length;
        while (end + 1 < left && (at[end] != 0 || at[end + 1] != 0))
                end++;
        if (end + 1 >= left)
                return false;
        *ret = (struct smbios_record){ at[0], at, length, (const char *) at + length, end + 1 - length };
        *offset += end + 2;
        return true;
}

uint64_t smbios_field(const struct smbios_record *record, size_t offset, size_t bytes) {
        uint64_t value = 0;
        if (offset + bytes > record->formatted_size)
                return 0;
        for (size_t i = 0; i < bytes; i++)
                value |= (uint64_t) record->formatted[offset + i] << (8 * i);
        return value;
}

void smbios_string(const struct smbios_record *record, size_t offset, smbios_text ret) {
        uint64_t number = smbios_field(record, offset, 1);
        const char *text = record->strings, *end = text + record->strings_size;
        ret[0] = '\0';
        if (number == 0)
                return;
        while (--number > 0 && text < end)
                text += strnlen(text, (size_t) (end - text)) + 1;
        if (text >= end)
                return;
        size_t length = strnlen(text, (size_t) (end - text));
        while (length > 0 && text[length - 1] == ' ')
                length--;
        while (length > 0 && *text == ' ')
                text++, length--;
        if (length >= SMBIOS_TEXT_MAX)
                length = SMBIOS_TEXT_MAX - 1;
        memcpy(ret, text, length);
        ret[length] = '\0';
}

/* DSP0134 7.2.1: all ones and all zeros mean "none"; from version 2.6 the first three fields are little-endian. */
static void read_uuid(const struct smbios_record *record, unsigned version, char ret[static 37]) {
        static const unsigned char swapped[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
        const unsigned char *uuid = record->formatted + 8;
        bool zeros = true, ones = true;
        ret[0] = '\0';
        if (record->formatted_size < 8 + 16)
                return;
        for (int i = 0; i < 16; i++) {
                zeros = zeros && uuid[i] == 0x00;
                ones = ones && uuid[i] == 0xff;
        }
        if (zeros || ones)
                return;
        bool swap = version == 0 || version >= 0x0206;
        for (int i = 0, at = 0; i < 16; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        ret[at++] = '-';
                snprintf(ret + at, 3, "%02x", uuid[swap ? swapped[i] : i]);
                at += 2;
        }
}

static void read_bios(const struct smbios_record *record, struct smbios_state *state) {
        smbios_string(record, 0x04, state->summary->bios_vendor);
        smbios_string(record, 0x05, state->summary->bios_version);
        smbios_string(record, 0x08, state->summary->bios_date);
}

static void read_system(const struct smbios_record *record, struct smbios_state *state) {
        struct smbios_summary *summary = state->summary;
        smbios_string(record, 0x04, summary->manufacturer);
        smbios_string(record, 0x05, summary->product);
        smbios_string(record, 0x06, summary->version);
        smbios_string(record, 0x07, summary->serial);
        smbios_string(record, 0x19, summary->sku);
        smbios_string(record, 0x1a, summary->family);
        read_uuid(record, state->version, summary->uuid);
}

static void read_board(const struct smbios_record *record, struct smbios_state *state) {
        if (state->summary->board_manufacturer[0] || state->summary->board_product[0])
                return; /* blades list several; the first is the main board */
        smbios_string(record, 0x04, state->summary->board_manufacturer);
        smbios_string(record, 0x05, state->summary->board_product);
        smbios_string(record, 0x07, state->summary->board_serial);
}

static void read_chassis(const struct smbios_record *record, struct smbios_state *state) {
        if (state->summary->chassis_manufacturer[0] || state->summary->chassis_serial[0])
                return;
        smbios_string(record, 0x04, state->summary->chassis_manufacturer);
        smbios_string(record, 0x07, state->summary->chassis_serial);
        smbios_string(record, 0x08, state->summary->chassis_asset_tag);
}

/* DSP0134 7.20: addresses in KB, inclusive; all ones says that the extended ones, in bytes, count. */
static void read_memory_range(const struct smbios_record *record, struct smbios_state *state) {
        uint64_t start = smbios_field(record, 0x04, 4), end = smbios_field(record, 0x08, 4);
        if (start == 0xffffffff) {
                start = smbios_field(record, 0x0f, 8) / 1024;
                end = smbios_field(record, 0x17, 8) / 1024;
        }
        /* 2^40 KB is more than any machine has: a sum of such nonsense must not overflow */
        if (end > start && end - start < (1ULL << 40))
                state->range_kb += end - start + 1;
}

static void read_ipmi(const struct smbios_record *record, struct smbios_state *state) {
        state->summary->has_ipmi = true;
}

static const struct {
        uint8_t type;
        void (*read)(const struct smbios_record *record, struct smbios_state *state);
} readers[] = {
        { TYPE_BIOS, read_bios },
        { TYPE_SYSTEM, read_system },
        { TYPE_BOARD, read_board },
        { TYPE_CHASSIS, read_chassis },
        { TYPE_PROCESSOR, smbios_read_processor },
        { TYPE_MEMORY_ARRAY, smbios_read_memory_array },
        { TYPE_MEMORY_DEVICE, smbios_read_memory_device },
        { TYPE_MEMORY_RANGE, read_memory_range },
        { TYPE_IPMI, read_ipmi },
};

size_t smbios_parse(const unsigned char *table, size_t size, unsigned version, struct smbios_summary *ret, json_t **ret_parts) {
        struct smbios_state state = { .summary = ret, .processors = json_array(), .memory_devices = json_array(), .version = version };
        struct smbios_record record;
        size_t offset = 0, count = 0;
        *ret = (struct smbios_summary){ 0 };
        while (count < STRUCTURES_MAX && next_record(table, size, &offset, &record) && record.type != TYPE_END) {
                for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
                        if (readers[i].type == record.type)
                                readers[i].read(&record, &state);
                count++;
        }
        ret->installed_kb = state.device_kb > 0 ? state.device_kb : state.range_kb;
        json_t *parts = smbios_parts(&state);
        if (ret_parts)
                *ret_parts = parts;
        else
                json_decref(parts);
        return count;
}

unsigned smbios_entry_version(const unsigned char *entry, size_t size) {
        if (size >= 9 && memcmp(entry, "_SM3_", 5) == 0)
                return (unsigned) entry[7] << 8 | entry[8];
        if (size >= 8 && memcmp(entry, "_SM_", 4) == 0)
                return (unsigned) entry[6] << 8 | entry[7];
        return 0;
}

int smbios_read(const char *root, struct smbios_summary *ret, json_t **ret_parts) {
        unsigned char *table = NULL, *entry = NULL;
        size_t size = 0, entry_size = 0;
        unsigned version = 0;
        int r = sysfs_read_binary(&table, &size, SMBIOS_TABLE_MAX, "%s/sys/firmware/dmi/tables/DMI", root);
        if (sysfs_read_binary(&entry, &entry_size, 64, "%s/sys/firmware/dmi/tables/smbios_entry_point", root) == 0)
                version = smbios_entry_version(entry, entry_size);
        smbios_parse(table ? table : (const unsigned char *) "", size, version, ret, ret_parts);
        free(table);
        free(entry);
        return r;
}
