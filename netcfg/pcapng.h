/*
 * Writes packets as a pcapng file (draft-ietf-opsawg-pcapng) into memory: a Section Header Block, an Interface Description Block for each interface
 * before its first packet, and Enhanced Packet Blocks. All numbers are little-endian, on any host. Pure, but for the memory.
 */
#pragma once

#include "netcfg/packet_ring.h"

struct pcapng {
        uint8_t *data; /* the file so far */
        size_t size;
        bool failed; /* there was no memory; what follows is passed over */
        size_t allocated;
        char (*interfaces)[16];
        uint32_t interface_count;
};

/* What wrote the file, for its section header: the machine ("x86_64"), its system ("Linux 6.1"), and the program with its version. */
void pcapng_start(struct pcapng *file, const char *hardware, const char *system, const char *application);
void pcapng_add(struct pcapng *file, const struct captured_packet *packet);
void pcapng_clear(struct pcapng *file);
#define _cleanup_pcapng_ __attribute__((cleanup(pcapng_clear)))
