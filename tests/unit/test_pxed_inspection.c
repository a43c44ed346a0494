/* The states of an inspection: each event in each state, reports that come late or cross, time-outs, restarts, and a clock that is set back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"
#include "pxed/inspection.h"

#define SECOND USEC_PER_SEC
#define NOW (1000000 * SECOND)

static const struct inspection_timeouts timeouts = { .waiting = 3600, .processing = 300, .reapplying = 1800, .aborting = 60 };
static const char *const event_names[INSPECTION_EVENTS] = { "ask",   "served",  "received", "processed", "failed",
                                                            "abort", "aborted", "reapply",  "tick" };

static int step_at(struct inspection *i, enum inspection_event event, uint64_t time, uint64_t now) {
        return inspection_step(i, &(struct inspection_input) { .event = event, .time = time, .now = now, .hook = "root-device",
                                                              .reason = event == INSPECTION_ABORTED ? "the ramdisk was told" : "no disk matches",
                                                              .timeouts = &timeouts });
}

static int step(struct inspection *i, enum inspection_event event, uint64_t now) {
        return step_at(i, event, now, now);
}

static void clear(struct inspection *i) {
        free(i->error);
        free(i->hook);
        *i = (struct inspection) { 0 };
}

static void ask_and_serve(struct inspection *i, uint64_t now) {
        assert_int_equal(step(i, INSPECTION_ASK, now), 1);
        assert_int_equal(step(i, INSPECTION_SERVED, now + SECOND), 1);
        assert_int_equal(i->state, INSPECTION_WAITING);
}

/* The state as its usual way leads there, before NOW. */
static struct inspection in_state(enum inspection_state state) {
        struct inspection i = { 0 };
        uint64_t now = NOW - 100 * SECOND;

        if (state != INSPECTION_NONE)
                ask_and_serve(&i, now);
        if (state == INSPECTION_PROCESSING || state == INSPECTION_FINISHED || state == INSPECTION_ERROR || state == INSPECTION_REAPPLYING)
                assert_int_equal(step(&i, INSPECTION_RECEIVED, now + 10 * SECOND), 1);
        if (state == INSPECTION_FINISHED || state == INSPECTION_REAPPLYING)
                assert_int_equal(step(&i, INSPECTION_PROCESSED, now + 10 * SECOND), 1);
        if (state == INSPECTION_ERROR)
                assert_int_equal(step(&i, INSPECTION_FAILED, now + 10 * SECOND), 1);
        if (state == INSPECTION_REAPPLYING)
                assert_int_equal(step(&i, INSPECTION_REAPPLY, now + 20 * SECOND), 1);
        if (state == INSPECTION_ABORTING)
                assert_int_equal(step(&i, INSPECTION_ABORT, now + 20 * SECOND), 1);
        assert_int_equal(i.state, state);
        return i;
}

#define NOTHING (-1)
#define NOTED (-2)
#define REFUSED (-3)

/* The table of pxed/inspection.h. */
static void test_each_event_in_each_state(void **unused) {
        enum { W = INSPECTION_WAITING, P = INSPECTION_PROCESSING, R = INSPECTION_REAPPLYING, A = INSPECTION_ABORTING,
               F = INSPECTION_FINISHED, E = INSPECTION_ERROR };
        static const enum inspection_state states[] = { INSPECTION_NONE, INSPECTION_WAITING, INSPECTION_PROCESSING, INSPECTION_REAPPLYING,
                                                        INSPECTION_ABORTING, INSPECTION_FINISHED, INSPECTION_ERROR };
        static const int expected[INSPECTION_EVENTS][INSPECTION_STATES] = {
                [INSPECTION_ASK] = { W, NOTHING, REFUSED, REFUSED, REFUSED, W, W },
                [INSPECTION_SERVED] = { W, NOTED, NOTHING, NOTHING, NOTED, W, W },
                [INSPECTION_RECEIVED] = { P, P, NOTHING, NOTHING, NOTHING, P, P },
                [INSPECTION_PROCESSED] = { F, F, F, F, NOTHING, F, F },
                [INSPECTION_FAILED] = { E, E, E, E, NOTHING, E, E },
                [INSPECTION_ABORT] = { REFUSED, A, A, REFUSED, REFUSED, REFUSED, REFUSED },
                [INSPECTION_ABORTED] = { NOTHING, NOTHING, NOTHING, NOTHING, E, NOTHING, NOTHING },
                [INSPECTION_REAPPLY] = { R, REFUSED, REFUSED, REFUSED, REFUSED, R, R },
                [INSPECTION_TICK] = { NOTHING, E, E, E, E, NOTHING, NOTHING },
        };
        for (unsigned event = 0; event < INSPECTION_EVENTS; event++)
                for (size_t k = 0; k < ELEMENTS(states); k++) {
                        struct inspection i = in_state(states[k]);
                        uint64_t now = event == INSPECTION_TICK ? NOW + 4000 * SECOND : NOW;
                        int want = expected[event][k], r = step(&i, event, now);
                        int want_r = want == NOTHING ? 0 : want == REFUSED ? -EBUSY : 1;
                        enum inspection_state want_state = want < 0 ? states[k] : (enum inspection_state) want;
                        if (r != want_r || i.state != want_state)
                                fail_msg("%s in %s: %d and %s", event_names[event], inspection_state_names[states[k]], r,
                                         inspection_state_names[i.state]);
                        if (want >= 0)
                                assert_int_equal(i.since, now);
                        if (want == F || want == E)
                                assert_true(i.finished == now && i.served == 0);
                        assert_int_equal(i.error != NULL, i.state == INSPECTION_ERROR);
                        clear(&i);
                }
}

static void test_asked(void **unused) {
        struct inspection i = { 0 };
        ask_and_serve(&i, NOW);
        assert_true(i.asked);
        assert_int_equal(i.started, NOW);
        /* From here on the machine's next boot is its own. */
        assert_int_equal(step(&i, INSPECTION_RECEIVED, NOW + 10 * SECOND), 1);
        assert_false(i.asked);
        assert_int_equal(i.started, NOW);
        assert_int_equal(step(&i, INSPECTION_FAILED, NOW + 10 * SECOND), 1);
        assert_false(i.asked);
        assert_string_equal(i.hook, "root-device");
        assert_string_equal(i.error, "no disk matches");
        assert_int_equal(step(&i, INSPECTION_ASK, NOW + 20 * SECOND), 1);
        assert_null(i.error);
        assert_null(i.hook);
        assert_int_equal(i.finished, 0);
        clear(&i);
}

/* A machine that is switched off waits for as long as it takes; what was served ends. */
static void test_timeouts(void **unused) {
        struct inspection i = { 0 };
        assert_int_equal(inspection_deadline(&i, &timeouts), 0);
        assert_int_equal(step(&i, INSPECTION_ASK, NOW), 1);
        assert_int_equal(inspection_deadline(&i, &timeouts), 0);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW + 100000 * SECOND), 0);
        uint64_t served = NOW + 200000 * SECOND, late = served + 3600 * SECOND;
        assert_int_equal(step(&i, INSPECTION_SERVED, served), 1);
        assert_int_equal(inspection_deadline(&i, &timeouts), late);
        assert_false(inspection_is_due(&i, &timeouts, late - 1));
        assert_int_equal(step(&i, INSPECTION_TICK, late - 1), 0);
        assert_true(inspection_is_due(&i, &timeouts, late));
        assert_int_equal(step(&i, INSPECTION_TICK, late), 1);
        assert_int_equal(i.state, INSPECTION_ERROR);
        assert_string_equal(i.error, "no inventory came within 60 minutes of the boot script: look at the machine's console");
        assert_null(i.hook);
        assert_true(i.asked);
        assert_false(inspection_is_due(&i, &timeouts, late + 1));
        /* It comes after all: told late, or at the next boot. */
        assert_int_equal(step_at(&i, INSPECTION_RECEIVED, late - 5, late + 5), 0);
        assert_int_equal(step_at(&i, INSPECTION_PROCESSED, late - 5, late + 5), 1);
        assert_int_equal(i.state, INSPECTION_FINISHED);
        assert_false(i.asked);
        clear(&i);

        /* An inventory that is lost is asked for again. */
        ask_and_serve(&i, NOW);
        assert_int_equal(step(&i, INSPECTION_RECEIVED, NOW + 10 * SECOND), 1);
        assert_int_equal(inspection_deadline(&i, &timeouts), NOW + 310 * SECOND);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW + 310 * SECOND), 1);
        assert_non_null(strstr(i.error, "within 5 minutes"));
        assert_true(i.asked);
        clear(&i);
}

static void test_reapply(void **unused) {
        struct inspection_input done = { .event = INSPECTION_PROCESSED, .time = NOW + 30 * SECOND, .now = NOW + 30 * SECOND, .reapplied = true };
        struct inspection i = in_state(INSPECTION_REAPPLYING);
        assert_int_equal(inspection_deadline(&i, &timeouts), i.since + 1800 * SECOND);
        assert_int_equal(inspection_step(&i, &done), 1);
        assert_int_equal(i.state, INSPECTION_FINISHED);
        clear(&i);
        /* An old inventory is no answer to an inspection that is asked for still. */
        ask_and_serve(&i, NOW - 5000 * SECOND);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW), 1);
        assert_int_equal(step(&i, INSPECTION_REAPPLY, NOW + SECOND), 1);
        assert_int_equal(inspection_step(&i, &done), 1);
        assert_true(i.asked);
        clear(&i);
        i = in_state(INSPECTION_REAPPLYING);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW + 1800 * SECOND), 1);
        assert_string_equal(i.error, "the inventory was not reapplied within 30 minutes: see pxectl status");
        clear(&i);
}

static void test_abort(void **unused) {
        struct inspection i = in_state(INSPECTION_ABORTING);
        assert_false(i.asked);
        assert_true(inspection_refuses(&i));
        assert_int_equal(inspection_deadline(&i, &timeouts), i.since + 60 * SECOND);
        assert_int_equal(step(&i, INSPECTION_ABORTED, NOW), 1);
        assert_string_equal(i.error, "aborted: the ramdisk was told");
        /* What it brings all the same, told in whatever order. */
        assert_true(inspection_refuses(&i));
        assert_int_equal(step_at(&i, INSPECTION_RECEIVED, NOW - SECOND, NOW + SECOND), 0);
        assert_int_equal(step(&i, INSPECTION_RECEIVED, NOW + SECOND), 0);
        assert_int_equal(step(&i, INSPECTION_PROCESSED, NOW + SECOND), 0);
        assert_int_equal(step(&i, INSPECTION_FAILED, NOW + SECOND), 0);
        assert_int_equal(step_at(&i, INSPECTION_SERVED, NOW - SECOND, NOW + SECOND), 0);
        assert_int_equal(step(&i, INSPECTION_ABORT, NOW + SECOND), -EBUSY);
        /* The ramdisk anew is another run. */
        assert_int_equal(step(&i, INSPECTION_SERVED, NOW + 2 * SECOND), 1);
        assert_false(inspection_refuses(&i));
        assert_int_equal(step(&i, INSPECTION_PROCESSED, NOW + 3 * SECOND), 1);
        assert_int_equal(i.state, INSPECTION_FINISHED);
        clear(&i);

        i = in_state(INSPECTION_ABORTING);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW), 1);
        assert_non_null(strstr(i.error, "aborted: the ramdisk was not heard of within 1 minute"));
        assert_true(inspection_refuses(&i));
        assert_int_equal(step(&i, INSPECTION_REAPPLY, NOW), 1);
        assert_false(inspection_refuses(&i));
        clear(&i);

        /* That it ran into its time-out does not make it less asked for. */
        ask_and_serve(&i, NOW - 5000 * SECOND);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW), 1);
        assert_false(inspection_refuses(&i));
        assert_int_equal(step(&i, INSPECTION_ABORT, NOW + SECOND), 1);
        assert_int_equal(i.state, INSPECTION_ABORTING);
        assert_false(i.asked);
        clear(&i);

        /* Nor does it that what was kept was reapplied meanwhile. */
        ask_and_serve(&i, NOW - 5000 * SECOND);
        assert_int_equal(step(&i, INSPECTION_TICK, NOW), 1);
        assert_int_equal(step(&i, INSPECTION_REAPPLY, NOW), 1);
        assert_int_equal(inspection_step(&i, &(struct inspection_input) { .event = INSPECTION_PROCESSED, .time = NOW, .now = NOW, .reapplied = true }), 1);
        assert_true(i.state == INSPECTION_FINISHED && i.asked);
        assert_int_equal(step(&i, INSPECTION_ABORT, NOW + SECOND), 1);
        assert_true(i.state == INSPECTION_ABORTING && !i.asked);
        clear(&i);

        /* A failure whose reason is the ramdisk's word is none that was taken back. */
        assert_int_equal(inspection_step(&i, &(struct inspection_input) { .event = INSPECTION_FAILED, .time = NOW, .now = NOW,
                                                                         .hook = "ramdisk-error", .reason = "aborted by a person" }), 1);
        assert_false(inspection_refuses(&i));
        clear(&i);
}

/* Two workers, each telling in its own order. */
static void test_crossing_reports(void **unused) {
        struct inspection i = in_state(INSPECTION_FINISHED);
        uint64_t finished = i.finished;
        /* The script of that inventory, and that it came, told after it. */
        assert_int_equal(step_at(&i, INSPECTION_SERVED, finished - 5, NOW), 0);
        assert_int_equal(step_at(&i, INSPECTION_RECEIVED, finished, NOW), 0);
        assert_int_equal(i.state, INSPECTION_FINISHED);
        clear(&i);

        /* The second script told before the first. */
        assert_int_equal(step_at(&i, INSPECTION_SERVED, NOW - SECOND, NOW), 1);
        assert_int_equal(step_at(&i, INSPECTION_SERVED, NOW - 2 * SECOND, NOW), 0);
        assert_int_equal(i.served, NOW - SECOND);
        clear(&i);

        /* Asked for anew while the last inventory was on its way. */
        assert_int_equal(step(&i, INSPECTION_ASK, NOW), 1);
        assert_int_equal(step_at(&i, INSPECTION_RECEIVED, NOW - SECOND, NOW + SECOND), 0);
        assert_int_equal(step_at(&i, INSPECTION_PROCESSED, NOW - SECOND, NOW + SECOND), 0);
        assert_int_equal(step_at(&i, INSPECTION_FAILED, NOW - SECOND, NOW + SECOND), 0);
        assert_true(i.state == INSPECTION_WAITING && i.asked);
        assert_int_equal(step(&i, INSPECTION_PROCESSED, NOW + SECOND), 1);
        clear(&i);

        /* The machine boots the ramdisk again while its first inventory is processed: two runs. */
        i = in_state(INSPECTION_PROCESSING);
        assert_int_equal(step(&i, INSPECTION_SERVED, NOW), 0);
        assert_int_equal(step_at(&i, INSPECTION_PROCESSED, NOW - 10 * SECOND, NOW + SECOND), 1);
        assert_int_equal(i.state, INSPECTION_FINISHED);
        assert_int_equal(step(&i, INSPECTION_RECEIVED, NOW + 2 * SECOND), 1);
        assert_int_equal(step_at(&i, INSPECTION_PROCESSED, NOW + 2 * SECOND, NOW + 3 * SECOND), 1);
        assert_int_equal(i.finished, NOW + 2 * SECOND);
        assert_int_equal(i.started, NOW + 2 * SECOND);
        clear(&i);
}

static void test_restart(void **unused) {
        static const enum inspection_state states[] = { INSPECTION_WAITING, INSPECTION_PROCESSING, INSPECTION_REAPPLYING, INSPECTION_ABORTING };
        for (size_t k = 0; k < ELEMENTS(states); k++) {
                struct inspection i = in_state(states[k]);
                uint64_t before = inspection_deadline(&i, &timeouts), now = NOW + 100000 * SECOND;
                inspection_resume(&i, &timeouts, before - 60 * SECOND);
                assert_int_equal(inspection_deadline(&i, &timeouts), before);
                inspection_resume(&i, &timeouts, now);
                assert_int_equal(inspection_deadline(&i, &timeouts), now + 60 * SECOND);
                assert_false(inspection_is_due(&i, &timeouts, now));
                assert_int_equal(i.state, states[k]);
                clear(&i);
        }
        struct inspection ended = in_state(INSPECTION_FINISHED), copy = ended;
        inspection_resume(&ended, &timeouts, NOW + 100000 * SECOND);
        assert_memory_equal(&ended, &copy, sizeof ended);
        clear(&ended);
}

static void test_clock_set_back(void **unused) {
        struct inspection i = { 0 };
        uint64_t back = NOW - 500 * SECOND;
        ask_and_serve(&i, NOW);
        assert_true(inspection_is_due(&i, &timeouts, back));
        assert_int_equal(step(&i, INSPECTION_TICK, back), 1);
        assert_int_equal(i.state, INSPECTION_WAITING);
        assert_int_equal(inspection_deadline(&i, &timeouts), back + 3600 * SECOND);
        assert_int_equal(step(&i, INSPECTION_TICK, back), 0);
        /* Its inventory is older than the run only by the clock. */
        assert_int_equal(step(&i, INSPECTION_PROCESSED, back + SECOND), 1);
        assert_int_equal(i.state, INSPECTION_FINISHED);
        clear(&i);
        /* And what is served now is not of a run that ended in a future. */
        i = in_state(INSPECTION_FINISHED);
        assert_int_equal(step(&i, INSPECTION_SERVED, back), 1);
        assert_int_equal(i.state, INSPECTION_WAITING);
        clear(&i);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_event_in_each_state),
                cmocka_unit_test(test_asked),
                cmocka_unit_test(test_timeouts),
                cmocka_unit_test(test_reapply),
                cmocka_unit_test(test_abort),
                cmocka_unit_test(test_crossing_reports),
                cmocka_unit_test(test_restart),
                cmocka_unit_test(test_clock_set_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
