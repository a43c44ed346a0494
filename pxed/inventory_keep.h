/* What is stored of an inventory: as it was posted, as it was read, and what inspection made of it. */
#pragma once

#include <jansson.h>

#include "pxed/change.h"

/* Stores the node's newest inventory, node->last_inventory, and forgets those that are too many. `inventory`: type Inventory of org.pxed.Worker. `plugin_data`, `failure`: of the run;
 * NULL: none. -EEXIST: this post is stored already. */
int inventory_keep(struct state *state, struct change *change, const struct node *node, uint64_t time, const json_t *inventory,
                   const json_t *plugin_data, const char *failure);
