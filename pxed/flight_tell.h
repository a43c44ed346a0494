/* What is told of an attempt, by events and by its node. */
#pragma once

#include "pxed/change.h"

/* What is told so late was seen while pxed was away, or busy: others may have more to tell. */
#define TOLD_LATE_USEC (2 * USEC_PER_SEC)

/* Failed, or silent. */
bool flight_is_over(const struct boot *boot);
/* Looks at it anew. Returns whether there is another diagnosis than before, or none any more. */
bool flight_set_diagnosis(const struct state *state, struct boot *boot, uint64_t now);
/* That it began, and its node of it. */
int flight_tell_start(struct change *change, const struct boot *boot, const struct node *node);
/* How it ended, and why by what is known then; the boot is in the change. */
int flight_tell_end(const struct state *state, struct change *change, struct boot *boot, const struct node *node);
/* Of which boot the node was heard last. */
int flight_set_last_boot(struct change *change, const struct boot *boot, const struct node *node);
