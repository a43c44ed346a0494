/* All nodes in memory, found by id, name, MAC and SMBIOS UUID. Nodes in it are never changed in place. Pure. */
#pragma once

#include "pxed/index.h"
#include "pxed/model.h"

struct registry {
        struct index by_id, by_name, by_mac, by_uuid, by_bmc_mac;
        struct index by_switch_port; /* nodes once for each port whose switch and port are known */
        size_t count;
        struct sorted by_order; /* of names; see registry_sorted */
};

/* Frees the nodes too. */
void registry_clear(struct registry *registry);

/*
 * Puts a node in, in the place of the one with its id, which is returned in *ret_old and is the caller's then (NULL: there was
 * none). The caller has made sure that name and MACs belong to no other. -ENOMEM: nothing happened.
 */
int registry_put(struct registry *registry, struct node *node, struct node **ret_old);
/* Takes a node out; it is the caller's then. */
void registry_remove(struct registry *registry, struct node *node);

struct node *registry_by_id(const struct registry *registry, const struct uuid *id);
struct node *registry_by_name(const struct registry *registry, const char *name);
struct node *registry_by_mac(const struct registry *registry, const struct mac *mac);
/* The node whose BMC has this MAC; NULL also where there are several: some vendors show the same one to all their machines. */
struct node *registry_by_bmc_mac(const struct registry *registry, const struct mac *mac);
/* Only where exactly one node has it and it is not known junk. */
struct node *registry_by_uuid(const struct registry *registry, const struct uuid *uuid);
/* The nodes with a port that hangs on this port of a switch (as port_switch names it); as index_next, a node of several such ports comes
 * several times. */
struct node *registry_next_at(const struct registry *registry, const char *at, const char *port, size_t *position);
/* What identifies a node on the bus: an id, a name, a MAC; in this order. */
struct node *registry_find(const struct registry *registry, const char *reference);

/* How many nodes have this UUID; fills up to `max` of them. */
size_t registry_uuid_nodes(const struct registry *registry, const struct uuid *uuid, struct node **ret, size_t max);
/* The node has a UUID that identifies it: no junk, not shared. */
bool registry_uuid_identifies(const struct registry *registry, const struct node *node);

/* All nodes by name; valid until the next change. NULL with *ret_count 0 when there are none, or without memory. */
struct node *const *registry_sorted(struct registry *registry, size_t *ret_count);
/* Among those, the place of the first whose name comes after this one (NULL: 0). */
size_t registry_sorted_after(struct node *const *nodes, size_t count, const char *after);
