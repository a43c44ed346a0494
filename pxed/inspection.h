/*
 * The inspection of a node as a state machine. Pure: `now` is passed in. One run of a node at a time; what each event does in each state:
 *
 *               none        waiting     processing  reapplying  aborting   finished    error
 *   ask         waiting     .           refused     refused     refused    waiting     waiting
 *   served      waiting     (1)         . (2)       . (2)       (1)        waiting (3) waiting (3)
 *   received    processing  processing  .           . (4)       .          processing  processing (5)
 *   processed   finished    finished(6) finished(6) finished(6) .          finished    finished (5)
 *   failed      error       error (6)   error (6)   error (6)   .          error       error (5)
 *   abort       refused     aborting    aborting    refused     refused    aborting(7) aborting (7)
 *   aborted     .           .           .           .           error      .           .
 *   reapply     reapplying  refused     refused     refused     refused    reapplying  reapplying
 *   tick        .           error (8)   error (8)   error       error      .           .
 *
 *   .   nothing. Workers tell late, twice, and in another order than things happened: what the state has left behind changes it no more.
 *   (1) Notes the time: it is this ramdisk that is waited for from now on, or that has to be told of the abort. Not of one that was served before the
 *       inspection was asked for.
 *   (2) A machine that boots the ramdisk once more: the inventory at hand ends this run, and the one to come is a run of its own.
 *   (3) Unless that was before the run ended.
 *   (4) It will come by itself, and then ends the run: it is newer than the one that is reapplied.
 *   (5) Not after an abort: what a ramdisk that was taken back brings is stored and not taken over (inspection_refuses), until an inspection is
 *       asked for, the ramdisk is served, or what is stored is reapplied.
 *   (6) Unless the inventory is older than the run: it came on its way when the inspection was asked for anew.
 *   (7) Where it is still asked for (8), also when what was kept was reapplied meanwhile; else refused.
 *   (8) Still asked for: the machine's next boot tries again. Waiting ends only after the ramdisk was served: a machine may be off for
 *       as long as it takes.
 *
 * Times are microseconds of realtime. A clock that was set back lengthens no state by more than its time-out.
 */
#pragma once

#include "pxed/model.h"

enum inspection_event {
        INSPECTION_ASK,
        INSPECTION_SERVED,    /* the machine was given the boot script of the ramdisk */
        INSPECTION_RECEIVED,  /* its inventory is on the appliance's disk */
        INSPECTION_PROCESSED, /* hooks and rules took it over */
        INSPECTION_FAILED,    /* they did not, or the ramdisk said itself that it failed */
        INSPECTION_ABORT,
        INSPECTION_ABORTED, /* the ramdisk was told, or there is none to be told */
        INSPECTION_REAPPLY,
        INSPECTION_TICK,
        INSPECTION_EVENTS
};

/* Seconds. */
struct inspection_timeouts {
        uint64_t waiting; /* from the serving of the ramdisk to its inventory */
        uint64_t processing, reapplying, aborting;
};

struct inspection_input {
        enum inspection_event event;
        uint64_t time; /* when it happened: of processed and failed, when the inventory came */
        bool reapplied; /* of processed and failed: the inventory has not come now, and answers nothing that is still asked for */
        uint64_t now;
        const char *hook;   /* of failed: the hook or rule; NULL: something else */
        const char *reason; /* of failed: why; of aborted: "the ramdisk was told"; may be NULL */
        const struct inspection_timeouts *timeouts; /* of tick and served */
};

/* Returns 1 when something changed, 0 when nothing did, -EBUSY when the state does not allow it, -ENOMEM. */
int inspection_step(struct inspection *inspection, const struct inspection_input *input);

/* Whether an inventory that comes now is stored but not taken over, since the inspection was taken back. */
bool inspection_refuses(const struct inspection *inspection);

/* When the state ends by itself; 0: it does not. */
uint64_t inspection_deadline(const struct inspection *inspection, const struct inspection_timeouts *timeouts);
/* Whether a tick would change something. */
bool inspection_is_due(const struct inspection *inspection, const struct inspection_timeouts *timeouts, uint64_t now);
/* After a restart, and when that is told late which it counts from: workers may have that with them which the state waits for, so no state ends within a
 * minute (or its time-out, where that is shorter). */
void inspection_resume(struct inspection *inspection, const struct inspection_timeouts *timeouts, uint64_t now);
