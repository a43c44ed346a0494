#include "netcfg/packet_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/macro.h"

#define CAPACITY_MIN 1024U

/* Before the bytes of each packet. */
struct record {
        uint64_t time;
        uint16_t size, length;
        uint8_t direction;
        char interface[16];
};

_Static_assert(sizeof(struct record) == PACKET_RING_OVERHEAD, "the stated overhead");

static void put(struct packet_ring *ring, uint32_t at, const void *data, uint32_t size) {
        uint32_t until_end = ring->capacity - at;
        uint32_t head = size < until_end ? size : until_end;

        memcpy(ring->data + at, data, head);
        memcpy(ring->data, (const uint8_t *) data + head, size - head);
}

static void get(const struct packet_ring *ring, uint32_t at, void *data, uint32_t size) {
        uint32_t until_end = ring->capacity - at;
        uint32_t head = size < until_end ? size : until_end;

        memcpy(data, ring->data + at, head);
        memcpy((uint8_t *) data + head, ring->data, size - head);
}

static uint32_t advance(const struct packet_ring *ring, uint32_t at, uint32_t by) {
        return (at + by) & (ring->capacity - 1);
}

uint32_t packet_ring_wanted(const struct packet_ring *ring, uint16_t size) {
        uint32_t capacity = ring->capacity ?: CAPACITY_MIN;

        while (capacity < PACKET_RING_MAX && capacity - ring->used < PACKET_RING_OVERHEAD + (uint32_t) size)
                capacity *= 2;
        return capacity;
}

int packet_ring_grow(struct packet_ring *ring, uint32_t capacity) {
        if (capacity <= ring->capacity)
                return 0;
        uint8_t *data = malloc(capacity);
        if (!data)
                return -ENOMEM;
        uint32_t newest = ring->capacity ? (ring->newest - ring->first) & (ring->capacity - 1) : 0;
        if (ring->used > 0)
                get(ring, ring->first, data, ring->used);
        free(ring->data);
        ring->data = data;
        ring->capacity = capacity;
        ring->first = 0;
        ring->newest = newest;
        return 0;
}

static void drop_oldest(struct packet_ring *ring) {
        struct record record;

        get(ring, ring->first, &record, sizeof(record));
        ring->first = advance(ring, ring->first, sizeof(record) + record.size);
        ring->used -= (uint32_t) sizeof(record) + record.size;
        ring->bytes -= record.size;
        ring->packets--;
        ring->overwritten++;
}

static void write_at(struct packet_ring *ring, uint32_t at, const struct captured_packet *packet) {
        struct record record;

        memset(&record, 0, sizeof(record)); /* with its padding */
        record.time = packet->time;
        record.size = packet->size;
        record.length = packet->length;
        record.direction = (uint8_t) packet->direction;
        memcpy(record.interface, packet->interface, sizeof(record.interface));
        put(ring, at, &record, sizeof(record));
        put(ring, advance(ring, at, sizeof(record)), packet->bytes, packet->size);
}

int packet_ring_add(struct packet_ring *ring, const struct captured_packet *packet) {
        uint32_t needed = PACKET_RING_OVERHEAD + (uint32_t) packet->size;

        if (needed > ring->capacity)
                return -ENOSPC;
        while (ring->capacity - ring->used < needed)
                drop_oldest(ring);
        ring->newest = advance(ring, ring->first, ring->used);
        write_at(ring, ring->newest, packet);
        ring->used += needed;
        ring->bytes += packet->size;
        ring->packets++;
        return 0;
}

bool packet_ring_replace(struct packet_ring *ring, const struct captured_packet *packet) {
        struct record record;

        if (ring->packets == 0)
                return false;
        get(ring, ring->newest, &record, sizeof(record));
        if (record.size != packet->size)
                return false;
        write_at(ring, ring->newest, packet);
        ring->overwritten++;
        return true;
}

void packet_ring_walk(const struct packet_ring *ring, void (*each)(const struct captured_packet *packet, void *userdata), void *userdata) {
        uint8_t bytes[UINT16_MAX];
        uint32_t at = ring->first;

        for (uint32_t i = 0; i < ring->packets; i++) {
                struct record record;
                get(ring, at, &record, sizeof(record));
                get(ring, advance(ring, at, sizeof(record)), bytes, record.size);
                at = advance(ring, at, (uint32_t) sizeof(record) + record.size);

                struct captured_packet packet = { .time = record.time, .bytes = bytes, .size = record.size, .length = record.length,
                                                  .direction = record.direction };
                memcpy(packet.interface, record.interface, sizeof(packet.interface));
                each(&packet, userdata);
        }
}

void packet_ring_clear(struct packet_ring *ring) {
        free(ring->data);
        *ring = (struct packet_ring) {};
}
