/*
 * A map from 64-bit hashes to nodes that is cheap to copy: a fixed number of buckets, each shared by the copies until one
 * of them changes it. So that a change of one node among 10,000 copies one bucket of about 40.
 * Several nodes may stand under one hash; the caller compares what it looks for.
 */
#pragma once

#include <stddef.h>

#include "tftp/objects.h"

#define NODE_MAP_BUCKETS 256

struct node_bucket;

struct node_map {
        struct node_bucket *buckets[NODE_MAP_BUCKETS];
};

/* `to` is empty before. */
void node_map_copy(struct node_map *to, const struct node_map *from);
void node_map_clear(struct node_map *map);

/* Takes a reference of its own. -ENOMEM. */
int node_map_add(struct node_map *map, uint64_t hash, struct node *node);
/* That very object; does nothing when it is not there. -ENOMEM. */
int node_map_remove(struct node_map *map, uint64_t hash, const struct node *node);

/* The first node under the hash that `matches` says yes to; borrowed; NULL. */
struct node *node_map_find(const struct node_map *map, uint64_t hash,
                           bool (*matches)(const struct node *node, const void *key), const void *key);
