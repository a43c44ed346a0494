/*
 * Observations that wait to be reported: in the order they were made, bounded, coalesced by key. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"

struct worker_item {
        struct worker_item *next, *previous;
        struct worker_item *next_of_bucket;
        char *key;      /* NULL: not coalesced */
        /* type Observation of org.pxed.Worker, as one of these */
        json_t *value;
        char *text;
        size_t text_size;
        void (*done)(int result, void *data); /* NULL: nobody wants to know what became of it */
        void *data;
};

#define WORKER_BUCKETS 512

struct worker_queue {
        struct worker_item *first, *last;
        struct worker_item *buckets[WORKER_BUCKETS];
        size_t size, max;
        size_t dropped; /* since the queue was made */
};

/* Adds an item that it owns from then on; one with the same key is replaced where it stands. Over `max`, the oldest is dropped and
 * counted: false is returned then. */
bool worker_queue_add(struct worker_queue *queue, struct worker_item *item);
/* Takes the oldest out; NULL when there is none. The caller frees it. */
struct worker_item *worker_queue_take(struct worker_queue *queue);
void worker_queue_clear(struct worker_queue *queue);
struct worker_item *worker_item_free(struct worker_item *item);

/*
 * The key under which refusals of a machine are coalesced: those of the same minute of `time` (microseconds of realtime) and the same detail, which may be
 * NULL. What waits for longer may be of several boots. False: the buffer is too small.
 */
bool worker_refusal_key(const struct mac *mac, uint64_t time, const char *detail, char *buffer, size_t size);
