/*
 * What a worker reports at a time (org.pxed.Worker.Report): numbered batches of the observations that wait, each sent under its number until
 * it is known what became of it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json.h"
#include "lib/worker_queue.h"

/* Observations of one report. */
#define WORKER_BATCH_MAX 200
/* Bytes of those that must be known stored, which may be large: they go into one transaction of pxed's, which answers nobody else meanwhile. One
 * goes in any case. */
#define WORKER_BATCH_BYTES ((size_t) 256 * 1024)

/* All zeros but for queue.max is one that nothing waits in. */
struct worker_batch {
        struct worker_queue queue;    /* bounded */
        struct worker_queue durables; /* what must be known stored; its owner bounds it */
        struct worker_item *first;    /* sent, or to be sent again, under `number`; NULL: none */
        size_t size;
        size_t at_once; /* of the batch, that go under one number: all, or each by itself */
        bool durable;   /* it is of `durables`, or the one before was */
        unsigned losses; /* connections that ended while it was on its way */
        uint64_t number;
};

/* Adds an observation that must be known stored, as text. False: no memory, `text` is the caller's still. */
bool worker_batch_add_durable(struct worker_batch *batch, char *text, size_t size, void (*done)(int result, void *data), void *data);
/* Observations that wait and are not in the batch. */
static inline size_t worker_batch_waiting(const struct worker_batch *batch) {
        return batch->queue.size + batch->durables.size;
}
/* Begins the next batch, if there is none: of one kind of observations, of both in turn. It may be empty. */
void worker_batch_fill(struct worker_batch *batch);
/* The call of Report that is to be sent, its NUL in *ret_size, in new memory; `head`: its parameters but for "batch" and "observations". NULL: no memory. */
char *worker_batch_write(const struct worker_batch *batch, const json_t *head, size_t *ret_size);

/* pxed has taken what was sent (0), or will not have it (negative errno). */
void worker_batch_settle(struct worker_batch *batch, int result);
/*
 * pxed refused what was sent. True: there were several that must be known stored, of which one is to blame, and each goes by itself now; those that pxed
 * has it knows. False: it is for the caller to settle.
 */
bool worker_batch_split(struct worker_batch *batch);
/* The connection ended on what was sent. False: it did so time after time, and it is given up: else it would hold up all that comes after it for ever. */
bool worker_batch_lost(struct worker_batch *batch);
/* Ends all observations of the batch with `result`, and frees those that wait. */
void worker_batch_clear(struct worker_batch *batch, int result);
