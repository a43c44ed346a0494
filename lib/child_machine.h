/*
 * The decisions of child supervision: a table of phase and event. No process, clock or log; lib/child.c does what it says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/child.h"
#include "lib/macro.h"

#define CHILD_READY_TIMEOUT (5 * USEC_PER_SEC)  /* from start to an answer */
#define CHILD_STOP_TIMEOUT (2 * USEC_PER_SEC)   /* from SIGTERM to SIGKILL */
#define CHILD_STEADY_TIME (10 * USEC_PER_SEC)   /* ready for so long: earlier ends are forgotten */
#define CHILD_SPACING_MIN (100 * USEC_PER_MSEC)
#define CHILD_SPACING_MAX (2 * USEC_PER_SEC)
#define CHILD_CRASH_LOOP_ENDS 3

/* What the program is in. Finer than enum child_state, which is what others are told. */
enum child_phase {
        PHASE_STOPPED,    /* not wanted, no process */
        PHASE_STARTING,   /* a process that has not answered */
        PHASE_READY,
        PHASE_WAITING,    /* no process; started again at the deadline */
        PHASE_STOPPING,   /* not wanted; a process that was told to end */
        PHASE_RESTARTING, /* a process that was told to end; another follows it */
        PHASE_FAILING,    /* a process that was killed because it did not answer */
        PHASES_,
};

enum child_event {
        CHILD_EVENT_START,   /* wanted */
        CHILD_EVENT_STOP,    /* not wanted */
        CHILD_EVENT_RESTART, /* wanted, and anew */
        CHILD_EVENT_ANSWER,  /* it is ready */
        CHILD_EVENT_REFUSAL, /* it will never be ready */
        CHILD_EVENT_TIMER,   /* the deadline has passed */
        CHILD_EVENT_END,     /* the process ended, or could not be made */
        CHILD_EVENTS_,
};

/* What the caller has to do, as bits. */
enum {
        CHILD_FORK = 1 << 0,
        CHILD_TERMINATE = 1 << 1, /* SIGTERM */
        CHILD_KILL = 1 << 2,      /* SIGKILL */
};

/* All zeros is a program that was never started. */
struct child_machine {
        enum child_phase phase;
        uint64_t deadline; /* in the time base of `now`; 0: no timer */
        unsigned ends;     /* unwanted ends in a row */
        unsigned starts;   /* processes made */
        bool crash_loop;
};

/* Takes one event; returns what is to be done. An event that means nothing in a phase changes nothing. */
unsigned child_step(struct child_machine *machine, enum child_event event, uint64_t now);

/* Time between the end that is the `ends`th in a row and the next start. */
uint64_t child_spacing(unsigned ends);

enum child_state child_phase_state(enum child_phase phase);
