/*
 * Assignments to boot once that were booted: remembered until the desired state moves on, also over a restart, so that a
 * machine which was installed is not installed again because pxed is down. One small file per node in STATE/consumed.
 */
#pragma once

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
/* Main thread: what was marked is on disk when this returns; does nothing when it is not marked any more. */
int consumed_store(struct consumed *consumed, const struct uuid *node, uint64_t assignment);
/* Main thread: forgets what the desired state has moved on from. */
void consumed_prune(struct consumed *consumed, const struct snapshot *snapshot);
