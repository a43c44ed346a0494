/* The nodes of the desired state, found by what machines say of themselves. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"

#define KNOWN_NODES_BUCKETS 4096

struct state_node {
        struct uuid id;
        uint64_t assignment; /* its revision, 0: none */
        bool inspect;        /* an inspection is asked for */
        uint64_t started;    /* when that, or the last one, began; 0: never */
        bool aborting;       /* the last one was taken back: a ramdisk that runs is to end */
};

struct known_port {
        struct known_port *next; /* of the bucket */
        struct known_node *node;
        struct mac mac;
};

struct known_node {
        struct known_node *next, *next_uuid, *next_bmc; /* of the buckets */
        struct state_node facts;
        bool has_uuid, has_bmc;
        struct uuid uuid;
        struct ip bmc;
        unsigned generation;
        unsigned ports_size;
        struct known_port ports[];
};

/* All zeros has none. */
struct known_nodes {
        size_t size;
        struct known_node *by_id[KNOWN_NODES_BUCKETS], *by_uuid[KNOWN_NODES_BUCKETS], *by_bmc[KNOWN_NODES_BUCKETS];
        struct known_port *by_mac[KNOWN_NODES_BUCKETS];
};

/* entry: as type Node of org.pxed.Worker; NULL: it is gone. `generation` is the caller's, to tell a new whole state from what was before. */
void known_nodes_set(struct known_nodes *nodes, const char *id, const json_t *entry, unsigned generation);
/* Removes all that are not of this generation. */
void known_nodes_keep(struct known_nodes *nodes, unsigned generation);

/* NULL: there is none. */
const struct known_node *known_nodes_by_id(const struct known_nodes *nodes, const struct uuid *id);
const struct known_node *known_nodes_by_mac(const struct known_nodes *nodes, const struct mac *mac);
const struct known_node *known_nodes_by_uuid(const struct known_nodes *nodes, const struct uuid *uuid);
/* The only one whose BMC has this address: of several that once had it nobody knows which has it now. */
const struct known_node *known_nodes_by_bmc(const struct known_nodes *nodes, const struct ip *bmc);
