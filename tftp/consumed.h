/*
 * Assignments to boot once that were booted: remembered until the desired state moves on, also over a restart, so that a
 * machine which was installed is not installed again because pxed is down. One small file per node in STATE/consumed. What pxed could
 * not be told before a restart is told after it.
 */
#pragma once

#include "tftp/report.h"
#include "tftp/snapshot.h"

struct consumed;

/* Makes the folder and reads what is in it; what is not readable there is no reason to fail. */
int consumed_new(const char *folder, struct consumed **ret);
struct consumed *consumed_free(struct consumed *consumed);
DEFINE_CLEANUP(struct consumed *, consumed_free);

/* Any thread. */
bool consumed_is(struct consumed *consumed, const struct uuid *node, uint64_t assignment);
/* Any thread: counts from now on, in memory only. -ENOMEM. */
int consumed_mark(struct consumed *consumed, const struct uuid *node, uint64_t assignment);
/* Main thread: the boot that was reported (node, assignment, MAC, time and network count) is on disk when this returns; does nothing
 * when it is not marked any more. */
int consumed_store(struct consumed *consumed, const struct report *report);
/* Main thread: forgets what the desired state has moved on from. */
void consumed_prune(struct consumed *consumed, const struct snapshot *snapshot);
/* Main thread, after consumed_prune: what was remembered over a restart and is still wanted, so that pxed does not know of it: a report
 * `started` of each, linked by `next`, once. The caller frees them. */
struct report *consumed_untold(struct consumed *consumed, const struct snapshot *snapshot);
