/* Which machine is which: from what a boot script or an inventory says of it. Pure. */
#pragma once

#include <jansson.h>

#include "lib/lookup.h"
#include "pxed/junk.h"
#include "pxed/registry.h"

#define NODE_NAME_SIZE 64

/* The node of a machine: the one that was named (NULL: none), else by its MAC, else by its UUID (NULL: not told). What many machines have counts for nothing. */
struct node *identity_find(const struct registry *nodes, const struct junk *junk, const char *named, const struct mac *mac,
                           const struct uuid *uuid);

/* "node-525400123456", or with "-2", "-3"... where that name is taken. */
void identity_name(const struct registry *nodes, const struct mac *mac, char name[static NODE_NAME_SIZE]);

/*
 * A node for a machine that nobody knew: named by its MAC, which it boots by. uuid NULL: not told. -ENOKEY: many machines have that MAC, and it has no UUID that is its own:
 * there is nothing to tell it by.
 */
int identity_new_node(const struct registry *nodes, const struct junk *junk, const struct mac *mac, const struct uuid *uuid, uint64_t now,
                      struct node **ret);

/* What is known of the machine that an inventory (normalized, as org.pxed.Inventory's) is of. mac: that it booted by. */
void identity_facts(const struct registry *nodes, const struct junk *junk, const json_t *inventory, const struct mac *mac,
                    struct lookup_facts *ret);

/*
 * Whether an inventory (normalized, as org.pxed.Inventory's) can be of the machine that the node stands for: none of its MACs and
 * another serial number is another machine, whatever its UUID says.
 */
bool identity_may_be(const struct node *node, const json_t *inventory, const struct mac *mac);
