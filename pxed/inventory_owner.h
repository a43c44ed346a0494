/* Whose an inventory is: a node that is known, or a new one; never a guess. */
#pragma once

#include "pxed/observe.h"

/*
 * The node that an inventory (type Inventory of org.pxed.Worker) goes to, as a copy to be edited, with the events that finding it gives: the one that its token
 * names, or that has the token's MAC; else the one that UUID, MACs and BMC name together (lib/lookup.h). *ret is NULL when it is taken by none: that has been told.
 */
int inventory_find_owner(struct observe *observe, const struct mac *mac, const json_t *inventory, struct node **ret);
