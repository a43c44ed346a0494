/*
 * Carries what is in the spool to pxed, oldest first, some at a time; what pxed has acknowledged leaves the spool. While pxed is away the
 * spool keeps it all, and nothing of it is in memory.
 */
#pragma once

#include "introspect/spool.h"
#include "lib/worker.h"

struct delivery;

int delivery_new(struct daemon *daemon, struct spool *spool, struct delivery **ret);
struct delivery *delivery_free(struct delivery *delivery);
DEFINE_CLEANUP(struct delivery *, delivery_free);

/* Reports by this worker from now on; it must be freed before the delivery is. What it has not acknowledged stays in the spool. */
void delivery_set_worker(struct delivery *delivery, struct worker *worker);
/* Something was put into the spool, or pxed is there again. */
void delivery_go_on(struct delivery *delivery);
