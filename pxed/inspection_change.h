/* A step of a node's inspection as part of a change, with the event that tells of the transition. */
#pragma once

#include "pxed/change.h"

/*
 * *node is as it is in the registry, before and after. `mac`: of the machine as it was heard of; NULL: it was not. Returns what inspection_step does, or
 * a negative errno of the change. The events of processed and failed are the caller's, who knows what there is to tell.
 */
int inspection_change(struct change *change, struct node **node, const struct inspection_input *input, const struct mac *mac);

/* As inspection_change, of a copy that the caller edits and puts. */
int inspection_advance(struct change *change, struct node *node, const struct inspection_input *input, const struct mac *mac);

/* Tells why an inspection ended in error, once it has. */
int inspection_tell_failure(struct change *change, const struct node *node, const struct mac *mac, const char *reason);
