/*
 * The desired state as the HTTP threads see it: whole, and never changed once it is published. The main thread makes the
 * next one from a copy (cheap: see node_map.h) and publishes it in one step; who has taken a reference before goes on
 * with the old one.
 */
#pragma once

#include "tftp/node_map.h"

struct snapshot {
        atomic_uint references;
        struct settings *settings; /* NULL: pxed has not told any */
        struct network **networks;
        size_t n_networks;
        struct profile **profiles;
        size_t n_profiles;
        size_t n_nodes;
        struct node_map by_id, by_mac, by_uuid;
};

int snapshot_new(struct snapshot **ret);
/* A copy that may be changed until it is published. */
int snapshot_copy(const struct snapshot *from, struct snapshot **ret);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
struct snapshot *snapshot_unref(struct snapshot *snapshot);
DEFINE_CLEANUP(struct snapshot *, snapshot_unref);

/* Take over the reference. What was there under the same name or id is replaced. -ENOMEM. */
int snapshot_set_settings(struct snapshot *snapshot, struct settings *settings); /* NULL: none */
int snapshot_set_network(struct snapshot *snapshot, struct network *network);
int snapshot_set_profile(struct snapshot *snapshot, struct profile *profile);
int snapshot_set_node(struct snapshot *snapshot, struct node *node);
/* Nothing happens when there is none. -ENOMEM. */
int snapshot_remove_network(struct snapshot *snapshot, const char *name);
int snapshot_remove_profile(struct snapshot *snapshot, const char *name);
int snapshot_remove_node(struct snapshot *snapshot, const struct uuid *id);

/* Borrowed from the snapshot; NULL: there is none. */
struct network *snapshot_network(const struct snapshot *snapshot, const char *name);
struct network *snapshot_network_by_address(const struct snapshot *snapshot, const struct ip *address);
struct profile *snapshot_profile(const struct snapshot *snapshot, const char *name);
struct node *snapshot_node(const struct snapshot *snapshot, const struct uuid *id);
struct node *snapshot_node_by_mac(const struct snapshot *snapshot, const struct mac *mac);
struct node *snapshot_node_by_uuid(const struct snapshot *snapshot, const struct uuid *uuid);

/*
 * Applies an entry of org.pxed.Worker.Watch. -EINVAL: it cannot be used, and the one before stays out as well;
 * what pxed sends was checked, so that this is a bug to be logged.
 */
int snapshot_apply(struct snapshot *snapshot, const char *key, const json_t *entry);
