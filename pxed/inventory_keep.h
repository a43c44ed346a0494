/* What is stored of an inventory: as it was posted, as it was read, and what inspection made of it. */
#pragma once

#include <jansson.h>

#include "pxed/change.h"

/* Stores the node's newest inventory, node->last_inventory, and forgets those that are too many. `inventory`: type Inventory of org.pxed.Worker. `plugin_data`, `failure`: of the run;
 * NULL: none. -EEXIST: this post is stored already. */
int inventory_keep(struct state *state, struct change *change, const struct node *node, uint64_t time, const json_t *inventory,
                   const json_t *plugin_data, const char *failure);
/* Another outcome of one that is kept, as reapplying it gave. `normalized`: as it was kept, or made anew. */
int inventory_keep_outcome(struct change *change, const struct node *node, uint64_t number, const json_t *normalized, const json_t *plugin_data,
                           const char *failure);

struct kept_inventory {
        uint64_t number, received;
        bool has_mac;
        struct mac mac;        /* that the boot script was made for */
        char *ramdisk_failure; /* NULL: none */
        char *failure;         /* why it was not taken over; NULL: it was */
        json_t *inventory;     /* type Inventory of org.pxed.Inventory, with all its members */
        json_t *raw;           /* as posted, with its logs where they are kept and asked for; NULL: not asked for */
        size_t size;           /* bytes of both as JSON text, about */
};
void kept_inventory_clear(struct kept_inventory *kept);
#define _cleanup_kept_ _cleanup_(kept_inventory_clear)

/* number 0: the newest. more: STORED_RAW, STORED_LOGS within it, or 0. -ENOENT; what else store_read_inventory gives. */
int inventory_read(struct store *store, const struct uuid *node, uint64_t number, int more, struct kept_inventory *ret);
/* The newest before that number; taken_over: of those that were. */
int inventory_read_before(struct store *store, const struct uuid *node, uint64_t number, bool taken_over, struct kept_inventory *ret);
