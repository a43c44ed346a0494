/*
 * A worker's side of the bus (org.pxed.Worker): keeps a connection to RUNTIME/bus, delivers the desired state, takes
 * observations, and goes on when pxed is gone.
 *
 * Desired state: between `begin` (only when the whole state follows: what is not delivered before `commit` is gone) and `commit`,
 * `entry` is called for each entry. After commit the revision is reported as applied - unless commit returns false: then the worker
 * calls worker_applied when it has.
 *
 * The state is kept on disk, in STATE/desired (lib/kept_state.h): where pxed's does not come within half a second of the start, what is there is
 * delivered, with the revision WORKER_KEPT, which is not reported; pxed's replaces it once it is there.
 *
 * Observations queue up to a bound, coalesced by key (the newest takes the place of one that was not sent), oldest dropped
 * first and counted. They are sent in batches, at most every 20 ms, and kept until pxed has acknowledged the batch, or says that it is wrong. While pxed takes
 * no reports for another reason (its store, or who this daemon is), they wait, and are tried again every second.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/daemon.h"
#include "lib/json.h"

struct worker;

/* In place of a revision: the state is the one that was kept when this daemon ran last. It may be older than what was done by it. */
#define WORKER_KEPT UINT64_MAX

struct worker_options {
        const char *role; /* "dhcp" */
        void (*begin)(void *userdata);
        /* `entry` is borrowed: key, and at most one of settings, network, profile, node, host (type Entry); none: it is gone. */
        void (*entry)(const char *key, const json_t *entry, void *userdata);
        bool (*commit)(uint64_t revision, void *userdata);
        void *userdata;
        size_t queue_max; /* observations; 0: 10000 */
};

/* Connects from now on for as long as it takes; sets the daemon's status hooks. */
int worker_new(struct daemon *daemon, const struct worker_options *options, struct worker **ret);
struct worker *worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_free);

/* Reports that the revision is applied. */
void worker_applied(struct worker *worker, uint64_t revision);

/*
 * Queues an observation: `kind` is a member of type Observation ("lease", "sighting", ...), `time` in microseconds of realtime; takes over
 * the reference to `value`. key: NULL, or text by which a queued one is replaced. From the main thread only.
 * Returns false when the oldest one had to be dropped for it.
 */
bool worker_observe(struct worker *worker, const char *kind, const char *key, uint64_t time, json_t *value);

/*
 * For what must be known stored: `done` is called when pxed has acknowledged it (0) or refused it (negative errno). `observation` is the text, a JSON
 * object, of type Observation, of `size` bytes; it is taken over. Never dropped: the caller bounds how many there are. Several go out in one report; one
 * that pxed refuses, or that ends the connection, is sent again with each by itself. Until `done` it is sent again on each connection, so
 * pxed has to know what it has already; -EIO: pxed closed the connection on it time after time.
 */
void worker_observe_durably(struct worker *worker, char *observation, size_t size, void (*done)(int result, void *data), void *data);

bool worker_is_connected(const struct worker *worker);
