/* The kept state of a worker with the daemon's problems and timer: what worker.c does with it. */
#pragma once

#include "lib/worker.h"

struct worker_kept;

int worker_kept_new(struct daemon *daemon, const char *role, struct worker_kept **ret);
struct worker_kept *worker_kept_free(struct worker_kept *kept);

/* Delivers what was kept, as a whole state that comes. */
void worker_kept_deliver(struct worker_kept *kept, const struct worker_options *options);

/* As lib/kept_state.h. What cannot be written is a problem of the daemon and is tried again by itself. */
void worker_kept_begin(struct worker_kept *kept);
void worker_kept_take(struct worker_kept *kept, const char *key, const json_t *entry);
void worker_kept_commit(struct worker_kept *kept, uint64_t revision);
