/* The workers: what is known of each, the desired state that is streamed to them, and the calls that wait until they have applied it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/varlink_server.h"
#include "pxed/change.h"

struct manager;
struct watch;
struct waiter;

#define INSTANCE_MAX 64

struct worker_record {
        unsigned watches;     /* open streams: 0 means that it is not connected */
        char instance[INSTANCE_MAX + 1];
        uint64_t batch;       /* the last taken of that instance */
        bool has_applied;
        uint64_t applied;
        json_t *status;       /* type Status as reported last; NULL: never */
};

struct workers {
        struct worker_record roles[ROLE_COUNT];
        struct watch *watches;
        struct waiter *waiters;
};

/* A worker watches. Takes over the call. */
int workers_watch(struct manager *manager, struct varlink_call *call, enum role role);
/* Sends what has changed to those that read. */
void workers_send(struct manager *manager);

/*
 * Answers the call with the node, or with NotFound, when the workers that serve boot scripts have applied `revision`; with NotApplied
 * after `timeout` seconds. Takes over the call.
 */
int workers_wait(struct manager *manager, struct varlink_call *call, const struct uuid *node, uint64_t revision,
                 unsigned timeout);
/* Whether machines are served boot scripts by this revision. */
bool workers_serve(const struct manager *manager, uint64_t revision);
/* A worker has told what it applied. */
void workers_applied(struct manager *manager, enum role role);

/* The value of a key of the desired state as type Entry; a new reference; NULL without memory. */
json_t *desired_entry(const struct state *state, const char *key);

/* Type Daemon of org.pxed.Appliance. */
json_t *worker_to_json(const struct workers *workers, enum role role);
/* Frees what the records hold. Calls that wait must have ended with the server before. */
void workers_clear(struct workers *workers);
