#include "pxed/inspection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define ERROR_MAX 1000
#define ABORTED "aborted"
#define RESUME_USEC (60 * USEC_PER_SEC)

typedef int action(struct inspection *i, const struct inspection_input *in);

static bool was_aborted(const struct inspection *i) {
        return i->state == INSPECTION_ERROR && i->aborted;
}

/* A time that is still to come is from before the clock was set back: nothing is older than that. */
static bool is_older_than_run(const struct inspection *i, const struct inspection_input *in) {
        return i->started <= in->now && in->time < i->started;
}

static bool is_of_last_run(const struct inspection *i, const struct inspection_input *in) {
        return i->finished != 0 && i->finished <= in->now && in->time <= i->finished;
}

static void enter(struct inspection *i, enum inspection_state state, uint64_t now) {
        i->state = state;
        i->since = now;
}

static int begin(struct inspection *i, enum inspection_state state, uint64_t started, uint64_t now) {
        enter(i, state, now);
        i->started = started;
        i->aborted = false;
        i->served = i->finished = 0;
        text_set(&i->error, NULL);
        text_set(&i->hook, NULL);
        return 1;
}

static int end(struct inspection *i, enum inspection_state state, uint64_t finished, uint64_t now, const char *hook, const char *error) {
        if (text_set_max(&i->error, error, ERROR_MAX) < 0 || text_set(&i->hook, hook) < 0)
                return -ENOMEM;
        enter(i, state, now);
        i->served = 0;
        i->finished = finished;
        if (i->started == 0)
                i->started = finished;
        return 1;
}

static int refuse(struct inspection *i, const struct inspection_input *in) {
        return -EBUSY;
}

static int ask(struct inspection *i, const struct inspection_input *in) {
        i->asked = true;
        return begin(i, INSPECTION_WAITING, in->now, in->now);
}

/* Told late: its inventory may be with another worker, which tells in its own time. */
static void wait_since(struct inspection *i, const struct inspection_input *in) {
        i->served = in->time;
        if (i->state == INSPECTION_WAITING)
                inspection_resume(i, in->timeouts, in->now);
}

static int note_served(struct inspection *i, const struct inspection_input *in) {
        if (in->time <= i->served || is_older_than_run(i, in))
                return 0;
        wait_since(i, in);
        return 1;
}

static int serve(struct inspection *i, const struct inspection_input *in) {
        if (is_of_last_run(i, in))
                return 0;
        begin(i, INSPECTION_WAITING, in->time, in->now);
        i->asked = true;
        wait_since(i, in);
        return 1;
}

/* The next boot is the machine's own from here on: all that is left to do is the appliance's. */
static int receive(struct inspection *i, const struct inspection_input *in) {
        if (was_aborted(i) || is_older_than_run(i, in) || is_of_last_run(i, in))
                return 0;
        i->asked = false;
        if (i->state != INSPECTION_WAITING) {
                begin(i, INSPECTION_PROCESSING, in->time, in->now);
                i->served = in->time;
                return 1;
        }
        enter(i, INSPECTION_PROCESSING, in->now);
        return 1;
}

static int process(struct inspection *i, const struct inspection_input *in) {
        bool failed = in->event == INSPECTION_FAILED, running = i->state != INSPECTION_FINISHED && i->state != INSPECTION_ERROR;
        const char *reason = in->reason && *in->reason ? in->reason : "no reason was given";

        if (was_aborted(i) || (running && is_older_than_run(i, in)))
                return 0;
        /* What is reapplied is no answer to one that is still asked for. */
        if (!in->reapplied)
                i->asked = false;
        return end(i, failed ? INSPECTION_ERROR : INSPECTION_FINISHED, in->time, in->now, failed ? in->hook : NULL, failed ? reason : NULL);
}

static int take_back(struct inspection *i, const struct inspection_input *in) {
        if ((i->state == INSPECTION_ERROR || i->state == INSPECTION_FINISHED) && !i->asked)
                return -EBUSY;
        i->asked = false;
        i->aborted = true;
        i->finished = 0;
        text_set(&i->error, NULL);
        text_set(&i->hook, NULL);
        enter(i, INSPECTION_ABORTING, in->now);
        return 1;
}

static int end_abort(struct inspection *i, const struct inspection_input *in) {
        char error[256];

        /* Of an abort before this one. */
        if (i->since <= in->now && in->time < i->since)
                return 0;
        snprintf(error, sizeof error, ABORTED "%s%s", in->reason ? ": " : "", in->reason ?: "");
        return end(i, INSPECTION_ERROR, in->now, in->now, NULL, error);
}

static int reapply(struct inspection *i, const struct inspection_input *in) {
        return begin(i, INSPECTION_REAPPLYING, in->now, in->now);
}

static uint64_t timeout_of(const struct inspection *i, const struct inspection_timeouts *timeouts) {
        switch (i->state) {
        case INSPECTION_WAITING:
                return timeouts->waiting;
        case INSPECTION_PROCESSING:
                return timeouts->processing;
        case INSPECTION_REAPPLYING:
                return timeouts->reapplying;
        case INSPECTION_ABORTING:
                return timeouts->aborting;
        default:
                return 0;
        }
}

/* From when on its time-out counts; 0: it has none. */
static uint64_t counts_from(const struct inspection *i, const struct inspection_timeouts *timeouts) {
        if (timeout_of(i, timeouts) == 0)
                return 0;
        return i->state == INSPECTION_WAITING ? i->served : i->since;
}

static void describe_timeout(const struct inspection *i, uint64_t seconds, char *buffer, size_t size) {
        bool minutes = seconds % 60 == 0;
        uint64_t count = minutes ? seconds / 60 : seconds;
        char within[64];

        snprintf(within, sizeof within, "within %llu %s%s", (unsigned long long) count, minutes ? "minute" : "second", count == 1 ? "" : "s");
        if (i->state == INSPECTION_WAITING)
                snprintf(buffer, size, "no inventory came %s of the boot script: look at the machine's console", within);
        else if (i->state == INSPECTION_PROCESSING)
                snprintf(buffer, size, "the inventory that pxed-introspect took did not come %s: see pxectl status", within);
        else if (i->state == INSPECTION_REAPPLYING)
                snprintf(buffer, size, "the inventory was not reapplied %s: see pxectl status", within);
        else
                snprintf(buffer, size, ABORTED ": the ramdisk was not heard of %s; it may still run, and what it posts is not taken over",
                         within);
}

static int tick(struct inspection *i, const struct inspection_input *in) {
        uint64_t deadline = inspection_deadline(i, in->timeouts);
        char error[256];

        if (deadline == 0 || in->now < deadline)
                return 0;
        describe_timeout(i, timeout_of(i, in->timeouts), error, sizeof error);
        i->asked = i->asked || i->state == INSPECTION_PROCESSING;
        return end(i, INSPECTION_ERROR, in->now, in->now, NULL, error);
}

/* As the table of the header; NULL: nothing. */
static action *const actions[INSPECTION_EVENTS][INSPECTION_STATES] = {
#define ROW(none, waiting, processing, reapplying, aborting, finished, error)                                                   \
        { [INSPECTION_NONE] = none,             [INSPECTION_WAITING] = waiting,   [INSPECTION_PROCESSING] = processing,         \
          [INSPECTION_REAPPLYING] = reapplying, [INSPECTION_ABORTING] = aborting, [INSPECTION_FINISHED] = finished,             \
          [INSPECTION_ERROR] = error }
        [INSPECTION_ASK] = ROW(ask, NULL, refuse, refuse, refuse, ask, ask),
        [INSPECTION_SERVED] = ROW(serve, note_served, NULL, NULL, note_served, serve, serve),
        [INSPECTION_RECEIVED] = ROW(receive, receive, NULL, NULL, NULL, receive, receive),
        [INSPECTION_PROCESSED] = ROW(process, process, process, process, NULL, process, process),
        [INSPECTION_FAILED] = ROW(process, process, process, process, NULL, process, process),
        [INSPECTION_ABORT] = ROW(refuse, take_back, take_back, refuse, refuse, take_back, take_back),
        [INSPECTION_ABORTED] = ROW(NULL, NULL, NULL, NULL, end_abort, NULL, NULL),
        [INSPECTION_REAPPLY] = ROW(reapply, refuse, refuse, refuse, refuse, reapply, reapply),
        [INSPECTION_TICK] = ROW(NULL, tick, tick, tick, tick, NULL, NULL),
#undef ROW
};

/* Its time-out counts from now on. */
static bool set_back(struct inspection *i, uint64_t now) {
        bool changed = i->since > now || i->served > now;
        if (i->since > now)
                i->since = now;
        if (i->served > now)
                i->served = now;
        return changed;
}

int inspection_step(struct inspection *i, const struct inspection_input *in) {
        action *act = actions[in->event][i->state];
        bool changed = set_back(i, in->now);
        int r = act ? act(i, in) : 0;
        return r == 0 ? changed : r;
}

bool inspection_refuses(const struct inspection *i) {
        return i->state == INSPECTION_ABORTING || was_aborted(i);
}

uint64_t inspection_deadline(const struct inspection *i, const struct inspection_timeouts *timeouts) {
        uint64_t from = counts_from(i, timeouts);
        return from == 0 ? 0 : from + timeout_of(i, timeouts) * USEC_PER_SEC;
}

bool inspection_is_due(const struct inspection *i, const struct inspection_timeouts *timeouts, uint64_t now) {
        uint64_t from = counts_from(i, timeouts);
        return from != 0 && (from > now || inspection_deadline(i, timeouts) <= now);
}

void inspection_resume(struct inspection *i, const struct inspection_timeouts *timeouts, uint64_t now) {
        uint64_t timeout = timeout_of(i, timeouts) * USEC_PER_SEC;
        uint64_t *from = i->state == INSPECTION_WAITING ? &i->served : &i->since;

        if (counts_from(i, timeouts) == 0)
                return;
        (void) set_back(i, now);
        if (inspection_deadline(i, timeouts) < now + RESUME_USEC)
                *from = timeout > RESUME_USEC ? now + RESUME_USEC - timeout : now;
}
