/*
 * Packets one after the other in a buffer that does not grow over a bound: the oldest give way to new ones. Pure, but for the memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_RING_MAX (64 * 1024)
/* What a packet takes besides its bytes. */
#define PACKET_RING_OVERHEAD 32

enum packet_direction { DIRECTION_UNKNOWN, DIRECTION_INBOUND, DIRECTION_OUTBOUND };

/* A frame as captured. */
struct captured_packet {
        uint64_t time;     /* microseconds of realtime */
        const void *bytes; /* from the Ethernet header on, borrowed */
        uint16_t size;     /* captured */
        uint16_t length;   /* on the wire */
        enum packet_direction direction;
        char interface[16]; /* that it was heard on */
};

struct packet_ring {
        uint8_t *data;
        uint32_t capacity; /* 0, or a power of two */
        uint32_t first, used, newest; /* newest: where it begins; holds when there is a packet */
        uint32_t packets, bytes; /* bytes: of the packets alone */
        uint64_t overwritten; /* packets that gave way */
};

/* The capacity that the ring should have before a packet of this size is added: at most PACKET_RING_MAX. */
uint32_t packet_ring_wanted(const struct packet_ring *ring, uint16_t size);
/* Makes it so large, or larger than it is not at all. -ENOMEM: it stays as it is. */
int packet_ring_grow(struct packet_ring *ring, uint32_t capacity);
/* Copies a packet into the ring. -ENOSPC: the ring is too small for it alone. */
int packet_ring_add(struct packet_ring *ring, const struct captured_packet *packet);
/* Puts a packet of the same size in place of the newest one, which counts as overwritten. False: there is none of that size. */
bool packet_ring_replace(struct packet_ring *ring, const struct captured_packet *packet);

/* Calls `each` from the oldest to the newest. */
void packet_ring_walk(const struct packet_ring *ring, void (*each)(const struct captured_packet *packet, void *userdata), void *userdata);
void packet_ring_clear(struct packet_ring *ring);
