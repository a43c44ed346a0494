#include "lib/child_machine.h"

/* An entry that is all zeros (KEEP) ignores the event. */
enum outcome { KEEP, MOVE, STEADY, ENDED };

struct transition {
        enum outcome outcome;
        enum child_phase next; /* of MOVE */
        unsigned actions;      /* of MOVE */
};

static const struct transition transitions[PHASES_][CHILD_EVENTS_] = {
        [PHASE_STOPPED] = {
                [CHILD_EVENT_START]   = { MOVE, PHASE_STARTING, CHILD_FORK },
                [CHILD_EVENT_RESTART] = { MOVE, PHASE_STARTING, CHILD_FORK },
        },
        [PHASE_STARTING] = {
                [CHILD_EVENT_STOP]    = { MOVE, PHASE_STOPPING, CHILD_TERMINATE },
                [CHILD_EVENT_RESTART] = { MOVE, PHASE_RESTARTING, CHILD_TERMINATE },
                [CHILD_EVENT_ANSWER]  = { MOVE, PHASE_READY, 0 },
                [CHILD_EVENT_REFUSAL] = { MOVE, PHASE_FAILING, CHILD_KILL },
                [CHILD_EVENT_TIMER]   = { MOVE, PHASE_FAILING, CHILD_KILL },
                [CHILD_EVENT_END]     = { ENDED, 0, 0 },
        },
        [PHASE_READY] = {
                [CHILD_EVENT_STOP]    = { MOVE, PHASE_STOPPING, CHILD_TERMINATE },
                [CHILD_EVENT_RESTART] = { MOVE, PHASE_RESTARTING, CHILD_TERMINATE },
                [CHILD_EVENT_TIMER]   = { STEADY, 0, 0 },
                [CHILD_EVENT_END]     = { ENDED, 0, 0 },
        },
        [PHASE_WAITING] = {
                [CHILD_EVENT_STOP]    = { MOVE, PHASE_STOPPED, 0 },
                [CHILD_EVENT_RESTART] = { MOVE, PHASE_STARTING, CHILD_FORK },
                [CHILD_EVENT_TIMER]   = { MOVE, PHASE_STARTING, CHILD_FORK },
        },
        [PHASE_STOPPING] = {
                [CHILD_EVENT_START]   = { MOVE, PHASE_RESTARTING, 0 },
                [CHILD_EVENT_RESTART] = { MOVE, PHASE_RESTARTING, 0 },
                [CHILD_EVENT_TIMER]   = { MOVE, PHASE_STOPPING, CHILD_KILL },
                [CHILD_EVENT_END]     = { MOVE, PHASE_STOPPED, 0 },
        },
        [PHASE_RESTARTING] = {
                [CHILD_EVENT_STOP]    = { MOVE, PHASE_STOPPING, 0 },
                [CHILD_EVENT_TIMER]   = { MOVE, PHASE_RESTARTING, CHILD_KILL },
                [CHILD_EVENT_END]     = { MOVE, PHASE_STARTING, CHILD_FORK },
        },
        [PHASE_FAILING] = {
                [CHILD_EVENT_STOP]    = { MOVE, PHASE_STOPPING, 0 },
                [CHILD_EVENT_RESTART] = { MOVE, PHASE_RESTARTING, 0 },
                [CHILD_EVENT_END]     = { ENDED, 0, 0 },
        },
};

uint64_t child_spacing(unsigned ends) {
        if (ends <= 1)
                return 0;
        uint64_t spacing = CHILD_SPACING_MIN;
        for (unsigned i = 2; i < ends && spacing < CHILD_SPACING_MAX; i++)
                spacing *= 2;
        return spacing < CHILD_SPACING_MAX ? spacing : CHILD_SPACING_MAX;
}

static uint64_t deadline_of(enum child_phase phase, unsigned ends, uint64_t now) {
        switch (phase) {
        case PHASE_STARTING:
                return now + CHILD_READY_TIMEOUT;
        case PHASE_READY:
                return now + CHILD_STEADY_TIME;
        case PHASE_WAITING:
                return now + child_spacing(ends);
        case PHASE_STOPPING:
        case PHASE_RESTARTING:
                return now + CHILD_STOP_TIMEOUT;
        default:
                return 0;
        }
}

static unsigned move(struct child_machine *machine, enum child_phase next, unsigned actions, uint64_t now) {
        machine->phase = next;
        machine->deadline = deadline_of(next, machine->ends, now);
        if (actions & CHILD_FORK)
                machine->starts++;
        return actions;
}

static unsigned ended(struct child_machine *machine, uint64_t now) {
        machine->ends++;
        if (machine->ends >= CHILD_CRASH_LOOP_ENDS)
                machine->crash_loop = true;
        if (child_spacing(machine->ends) == 0)
                return move(machine, PHASE_STARTING, CHILD_FORK, now);
        return move(machine, PHASE_WAITING, 0, now);
}

unsigned child_step(struct child_machine *machine, enum child_event event, uint64_t now) {
        const struct transition *t = &transitions[machine->phase][event];

        switch (t->outcome) {
        case MOVE:
                return move(machine, t->next, t->actions, now);
        case ENDED:
                return ended(machine, now);
        case STEADY:
                machine->ends = 0;
                machine->crash_loop = false;
                machine->deadline = 0;
                return 0;
        case KEEP:
                break;
        }
        return 0;
}

enum child_state child_phase_state(enum child_phase phase) {
        static const enum child_state states[PHASES_] = {
                [PHASE_STOPPED] = CHILD_STOPPED,     [PHASE_STARTING] = CHILD_STARTING,   [PHASE_READY] = CHILD_READY,
                [PHASE_WAITING] = CHILD_WAITING,     [PHASE_STOPPING] = CHILD_STOPPED,    [PHASE_RESTARTING] = CHILD_STARTING,
                [PHASE_FAILING] = CHILD_STARTING,
        };
        return states[phase];
}
