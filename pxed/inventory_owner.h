/* Whose an inventory is: a node that is known, or a new one. */
#pragma once

#include "pxed/observe.h"

/*
 * The node that an inventory (type Inventory of org.pxed.Worker) goes to, as a copy to be edited, with the events that finding it gives. *ret is NULL when it is taken by none:
 * that has been told.
 */
int inventory_owner(struct observe *observe, const struct mac *mac, const json_t *inventory, struct node **ret);
