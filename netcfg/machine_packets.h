/*
 * The newest packets of each machine that boots from the network: a ring for each MAC that sent DHCP or asked for a file by TFTP, with all captured frames
 * from and to it. Pure, but for the memory.
 *
 * Memory: at most PACKET_RING_MAX for a machine and MACHINE_PACKETS_MAX in all, taken as it is needed. When it is full, the machine that was silent for
 * longest gives way. Machines that nobody answered, of which a flood of invented MACs is full, give way first while they have more than a quarter: so
 * they do not push out those that boot.
 *
 * Where a machine acknowledges one block of a TFTP transfer after the other, only the last of these acknowledgements is kept.
 */
#pragma once

#include "lib/address.h"
#include "lib/macro.h"
#include "netcfg/packet_ring.h"

#define MACHINE_PACKETS_MAX (16 * 1024 * 1024)

struct machine_packets;

struct machine_summary {
        struct mac mac;
        uint32_t packets, bytes; /* bytes: of the packets themselves */
        uint64_t overwritten;    /* packets that gave way to newer ones of the machine */
        uint64_t first, last;    /* microseconds of realtime; `first` of all packets, also of overwritten ones */
};

/* `seed`: drawn at random, so that nobody can choose MACs that collide. */
int machine_packets_new(uint64_t seed, struct machine_packets **ret);
struct machine_packets *machine_packets_free(struct machine_packets *store);
DEFINE_CLEANUP(struct machine_packets *, machine_packets_free);

/* A frame as captured. `own`: the appliance's MAC there, which is no machine. Without memory the frame is as good as not seen. */
void machine_packets_add(struct machine_packets *store, const struct mac *own, const struct captured_packet *packet);

/* The machines whose MAC is greater than `after` (NULL: all), sorted, at most `max` of them. Returns how many there would be without the bound; -ENOMEM. */
ssize_t machine_packets_list(const struct machine_packets *store, const struct mac *after, struct machine_summary *ret, size_t max);

/* Calls `each` for the machine's packets, the oldest first. -ENOENT: there are none of it; nothing was called. */
int machine_packets_walk(const struct machine_packets *store, const struct mac *mac, struct machine_summary *ret,
                         void (*each)(const struct captured_packet *packet, void *userdata), void *userdata);

/* Memory in use, of which MACHINE_PACKETS_MAX is the bound. */
size_t machine_packets_memory(const struct machine_packets *store);
