/*
 * What is seen of machines on the networks: which MAC was seen where, and which address it holds. Bounded, because anybody on
 * a network can make up MACs. As with nodes, what is in the tables is replaced and never changed. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"
#include "pxed/index.h"

#define SIGHTING_ADDRESSES_MAX 8
#define PROTOCOLS 9
/* Other VLANs of a network's interface than the network's own that one MAC is kept for. */
#define SIGHTING_STRAYS_MAX 16
#define VLAN_NONE (-1)

extern const char *const protocol_names[PROTOCOLS];

/* A MAC on a network. */
struct sighting {
        uint64_t first, last; /* microseconds of realtime */
        uint64_t stored;      /* `last` as the store has it */
        uint64_t moved;       /* when it was told that the MAC had moved here; 0: never */
        char *network;        /* in the same memory */
        char *facts;          /* likewise: what it said of itself, a JSON object with members of org.pxed.Network.Sighting; NULL: nothing */
        struct mac mac;
        uint16_t protocols; /* bits: index in protocol_names */
        int16_t vlan; /* seen on another VLAN than the network's: its id, 0 for untagged; VLAN_NONE: on the network itself */
        uint8_t n_addresses;
        struct ip addresses[]; /* newest first */
};

struct lease {
        uint64_t expires; /* microseconds of realtime; 0: for ever */
        char *network;    /* in the same memory */
        char *hostname;   /* NULL: none */
        struct ip address;
        struct mac mac;
};

struct sighting *sighting_new(const struct mac *mac, const char *network, int vlan, const struct ip *addresses,
                              size_t n_addresses, const char *facts);
struct sighting *sighting_free(struct sighting *sighting);
DEFINE_CLEANUP(struct sighting *, sighting_free);
/* What both say: the newer one's addresses first, and its facts where it has any. NULL without memory. */
struct sighting *sighting_merge(const struct sighting *older, const struct sighting *newer);
/* Whether they differ in more than when the MAC was seen last. */
bool sighting_differs(const struct sighting *a, const struct sighting *b);

struct lease *lease_new(const char *network, const struct mac *mac, const struct ip *address, const char *hostname,
                        uint64_t expires);
struct lease *lease_free(struct lease *lease);
DEFINE_CLEANUP(struct lease *, lease_free);

/* The order of lists: by MAC, network, VLAN. */
int sighting_compare(const struct sighting *a, const struct sighting *b);
/* The order of lists: by network, then MAC, then address. */
int lease_compare(const struct lease *a, const struct lease *b);

/* One kind of them, found by its key and by MAC, with a sorted list made when it is asked for. All zeros is an empty table. */
struct observed {
        struct index by_key, by_mac;
        size_t count;
        struct sorted by_order;
};

/* Each returns the one whose place was taken in *ret_old, the caller's then. -ENOMEM: nothing happened. */
int sightings_put(struct observed *table, struct sighting *sighting, struct sighting **ret_old);
void sightings_remove(struct observed *table, struct sighting *sighting);
struct sighting *sightings_find(const struct observed *table, const struct mac *mac, const char *network, int vlan);
/* Each with this MAC, in no order; as index_next. */
struct sighting *sightings_next(const struct observed *table, const struct mac *mac, size_t *position);
/* The one with this MAC that was seen last on a network itself; NULL: never seen. */
const struct sighting *sightings_last(const struct observed *table, const struct mac *mac);
/* The oldest eighth, by when it was seen last, to make room: fills up to `max`, returns how many. */
size_t sightings_oldest(struct observed *table, struct sighting **ret, size_t max);
/*
 * Where a MAC was before that is now seen (`seen` is not in the table yet); NULL: it has not moved. A MAC that was seen on both networks within
 * an hour is on both (a trunk), and one that has just moved is not told again within an hour.
 */
const struct sighting *sightings_moved_from(const struct observed *table, const struct sighting *seen);
/* By MAC, network, VLAN. */
struct sighting *const *sightings_sorted(struct observed *table, size_t *ret_count);
void sightings_clear(struct observed *table);

int leases_put(struct observed *table, struct lease *lease, struct lease **ret_old);
void leases_remove(struct observed *table, struct lease *lease);
struct lease *leases_find(const struct observed *table, const char *network, const struct ip *address);
/* By network, then MAC, then address. */
struct lease *const *leases_sorted(struct observed *table, size_t *ret_count);
void leases_clear(struct observed *table);
