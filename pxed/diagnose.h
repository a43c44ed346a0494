/* What pxed knows around a boot, for lib/diagnosis.h. Reads the state, changes nothing. */
#pragma once

#include "lib/diagnosis.h"
#include "pxed/state.h"

/* Why the boot is stuck or failed, as type Diagnosis; NULL: nothing is wrong with it, or there is no memory. */
json_t *diagnose_boot(const struct state *state, const struct boot *boot, uint64_t now);

/* Why nothing is seen of a machine; `node` or `last` may be NULL. A new reference, as above. */
json_t *diagnose_silence(const struct state *state, const struct mac *mac, const struct node *node, const struct boot *last, uint64_t now);

/* The node has been told to boot something, or to be inspected, and nothing was seen of it since. */
bool diagnose_awaits(const struct node *node, const struct boot *last);
