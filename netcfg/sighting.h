/*
 * The MACs that were seen, by network and VLAN: a table of bounded size that forgets the one that was silent for longest. It also says
 * which of them are worth a report. Pure: the time of each frame is passed in.
 *
 * Memory: SIGHTING_ENTRY_SIZE bytes for each MAC (slabs are kept once they were needed), 4 to 8 bytes of hash table, and what details.h
 * says for those that speak DHCP. With SIGHTINGS_MAX MACs, which only a flood reaches, 20 MB; with DETAILS_MAX details at most 30 MB
 * (28 MB were measured).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"
#include "netcfg/details.h"

#define SIGHTINGS_MAX 100000
#define SIGHTING_ENTRY_SIZE 192
#define SIGHTING_ADDRESSES_MAX 8
/* One of which nothing is new is due for a report again only after this time. */
#define SIGHTING_REPEAT (60 * USEC_PER_SEC)
/* A MAC for which one must be forgotten that was seen within this time: the table is too small for what is going on. */
#define SIGHTING_SQUEEZED (60 * USEC_PER_SEC)

/* Seen on the network's own VLAN. Another one: its id, 0 for untagged (see segment_stray_vlan). */
#define SIGHTING_OWN_VLAN (-1)

enum protocol {
        PROTOCOL_DHCP = 1 << 0,
        PROTOCOL_ARP = 1 << 1,
        PROTOCOL_TFTP = 1 << 2,
        PROTOCOL_NEIGHBOUR = 1 << 3,
        PROTOCOL_ND = 1 << 4,
        PROTOCOL_DHCP6 = 1 << 5,
        PROTOCOL_LLDP = 1 << 6,
        PROTOCOL_CDP = 1 << 7,
};

struct sighting {
        uint16_t network;
        int vlan; /* SIGHTING_OWN_VLAN or an id */
        struct mac mac;
        struct ip addresses[SIGHTING_ADDRESSES_MAX]; /* newest first */
        unsigned address_count;
        uint64_t first, last; /* microseconds of realtime */
        unsigned protocols;   /* enum protocol, or-ed */
        struct details details;
};

struct sightings;

/* `max`: how many at most, 1 to SIGHTINGS_MAX. `seed`: drawn at random, so that nobody can choose MACs that collide. */
int sightings_new(uint32_t max, uint64_t seed, struct sightings **ret);
struct sightings *sightings_free(struct sightings *sightings);
DEFINE_CLEANUP(struct sightings *, sightings_free);

/* Results of sightings_note: whether the MAC was known by a frame before (the kernel may have told it first, by the same frame), and at what
 * price a new one was noted (see SIGHTING_SQUEEZED). */
enum { SIGHTING_KNOWN, SIGHTING_NEW, SIGHTING_NEW_SQUEEZED };

/* A MAC was seen, with an address or NULL. -EINVAL: not a unicast MAC; -ENOMEM. */
int sightings_note(struct sightings *sightings, uint16_t network, int vlan, const struct mac *mac, const struct ip *address,
                   enum protocol protocol, uint64_t now);

/* What a MAC said by DHCP: a change makes it due. One that is not known is passed over. */
void sightings_describe(struct sightings *sightings, uint16_t network, int vlan, const struct mac *mac, const struct details *details);

/* Whether the MAC is known with that address, on the network's own VLAN. */
bool sightings_knows(const struct sightings *sightings, uint16_t network, const struct mac *mac, const struct ip *address);

/*
 * The next one that is due for a report (something is new, or the last report is SIGHTING_REPEAT old), in the order in which they became
 * due; it is not due any more then. False: none. More than 4,096 are not lined up: those are due again at their next frame.
 */
bool sightings_take(struct sightings *sightings, struct sighting *ret);
bool sightings_is_due(const struct sightings *sightings);

/* Forgets what was seen on a network. */
void sightings_forget(struct sightings *sightings, uint16_t network);

size_t sightings_count(const struct sightings *sightings);
