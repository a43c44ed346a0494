/*
 * Tells by events what becomes known of the ports of nodes and what begins to speak against it: port.physical-network, port.conflict. What was told is
 * kept with the port, so that it is told once.
 */
#pragma once

#include "pxed/change.h"

/* Looks at one port; NULL: at each of the node. The node may be NULL: then nothing happens. Its place in the registry may be taken by a copy. */
int port_review(struct state *state, struct change *change, const struct node *node, const struct mac *mac);

/* Looks at the ports of some nodes more, and begins again after the last: for what comes with time or with another configuration. */
int port_review_some(struct state *state, struct change *change);
