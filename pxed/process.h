/*
 * An inventory of a known node goes through hooks and rules, whether it has just come or is reapplied: what is told of it, what the node becomes and how
 * the inspection ends. Does no I/O of its own but through the change.
 */
#pragma once

#include "pxed/change.h"

struct process_input {
        uint64_t number;          /* of the inventory, as it is kept */
        uint64_t time;            /* when it came, microseconds of realtime */
        struct mac mac;           /* that the boot script was made for */
        const json_t *normalized; /* as org.pxed.Worker's Inventory */
        const json_t *raw;
        const json_t *previous;   /* normalized, of the inventory taken over before; NULL: none */
        const char *failure;      /* the ramdisk's own; NULL */
        bool reapplied;
};

/*
 * Edits `node` (a copy, taken over, also on failure) and puts it, with the events. *ret_plugin_data (new reference) and *ret_failure (text, caller frees; NULL: the
 * run was good) are what is stored with the inventory.
 */
int process_inventory(struct state *state, struct change *change, struct node *node, const struct process_input *input,
                      json_t **ret_plugin_data, char **ret_failure);
