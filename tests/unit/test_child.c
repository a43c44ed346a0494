/* lib/child: the table of phase and event, the lines kept, and real processes. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "lib/child.h"
#include "lib/child_lines.h"
#include "lib/child_machine.h"
#include "lib/clock.h"
#include "lib/log.h"

#define SECOND USEC_PER_SEC

/* ---- the table ---- */

struct step {
        uint64_t at;
        enum child_event event;
        unsigned actions;
        enum child_phase phase;
        uint64_t deadline;
        bool crash_loop;
};

static void run_steps(const struct step *steps, size_t n) {
        struct child_machine m = { 0 };
        for (size_t i = 0; i < n; i++) {
                const struct step *s = &steps[i];
                unsigned actions = child_step(&m, s->event, s->at);
                if (actions != s->actions || m.phase != s->phase || m.deadline != s->deadline || m.crash_loop != s->crash_loop)
                        fail_msg("step %zu: actions %u phase %u deadline %llu crash loop %d", i, actions, (unsigned) m.phase,
                                 (unsigned long long) m.deadline, m.crash_loop);
        }
}

static void test_life(void **state) {
        static const struct step steps[] = {
                { 10, CHILD_EVENT_STOP, 0, PHASE_STOPPED, 0, false },
                { 20, CHILD_EVENT_START, CHILD_FORK, PHASE_STARTING, 20 + 5 * SECOND, false },
                { 25, CHILD_EVENT_START, 0, PHASE_STARTING, 20 + 5 * SECOND, false },
                { 30, CHILD_EVENT_ANSWER, 0, PHASE_READY, 30 + 10 * SECOND, false },
                { 40, CHILD_EVENT_ANSWER, 0, PHASE_READY, 30 + 10 * SECOND, false },
                { 50, CHILD_EVENT_RESTART, CHILD_TERMINATE, PHASE_RESTARTING, 50 + 2 * SECOND, false },
                { 60, CHILD_EVENT_END, CHILD_FORK, PHASE_STARTING, 60 + 5 * SECOND, false },
                { 70, CHILD_EVENT_ANSWER, 0, PHASE_READY, 70 + 10 * SECOND, false },
                { 80, CHILD_EVENT_STOP, CHILD_TERMINATE, PHASE_STOPPING, 80 + 2 * SECOND, false },
                { 90, CHILD_EVENT_TIMER, CHILD_KILL, PHASE_STOPPING, 90 + 2 * SECOND, false },
                { 95, CHILD_EVENT_START, 0, PHASE_RESTARTING, 95 + 2 * SECOND, false },
                { 96, CHILD_EVENT_STOP, 0, PHASE_STOPPING, 96 + 2 * SECOND, false },
                { 99, CHILD_EVENT_END, 0, PHASE_STOPPED, 0, false },
        };
        run_steps(steps, ELEMENTS(steps));
}

static void test_crash_loop_and_recovery(void **state) {
        static const struct step steps[] = {
                { 0, CHILD_EVENT_START, CHILD_FORK, PHASE_STARTING, 5 * SECOND, false },
                /* the first end: again at once */
                { 100, CHILD_EVENT_END, CHILD_FORK, PHASE_STARTING, 100 + 5 * SECOND, false },
                { 200, CHILD_EVENT_END, 0, PHASE_WAITING, 200 + CHILD_SPACING_MIN, false },
                { 300, CHILD_EVENT_START, 0, PHASE_WAITING, 200 + CHILD_SPACING_MIN, false },
                { 400, CHILD_EVENT_TIMER, CHILD_FORK, PHASE_STARTING, 400 + 5 * SECOND, false },
                { 500, CHILD_EVENT_END, 0, PHASE_WAITING, 500 + 2 * CHILD_SPACING_MIN, true },
                /* a restart does not wait for the spacing */
                { 600, CHILD_EVENT_RESTART, CHILD_FORK, PHASE_STARTING, 600 + 5 * SECOND, true },
                { 700, CHILD_EVENT_ANSWER, 0, PHASE_READY, 700 + 10 * SECOND, true },
                { 800, CHILD_EVENT_END, 0, PHASE_WAITING, 800 + 4 * CHILD_SPACING_MIN, true },
                { 900, CHILD_EVENT_TIMER, CHILD_FORK, PHASE_STARTING, 900 + 5 * SECOND, true },
                { 1000, CHILD_EVENT_ANSWER, 0, PHASE_READY, 1000 + 10 * SECOND, true },
                { 1100, CHILD_EVENT_TIMER, 0, PHASE_READY, 0, false },
                { 1200, CHILD_EVENT_END, CHILD_FORK, PHASE_STARTING, 1200 + 5 * SECOND, false },
                { 1300, CHILD_EVENT_END, 0, PHASE_WAITING, 1300 + CHILD_SPACING_MIN, false },
                { 1400, CHILD_EVENT_STOP, 0, PHASE_STOPPED, 0, false },
        };
        run_steps(steps, ELEMENTS(steps));
}

static void test_does_not_answer(void **state) {
        static const struct step steps[] = {
                { 0, CHILD_EVENT_START, CHILD_FORK, PHASE_STARTING, 5 * SECOND, false },
                { 1, CHILD_EVENT_TIMER, CHILD_KILL, PHASE_FAILING, 0, false },
                { 2, CHILD_EVENT_ANSWER, 0, PHASE_FAILING, 0, false },
                { 3, CHILD_EVENT_END, CHILD_FORK, PHASE_STARTING, 3 + 5 * SECOND, false },
                { 4, CHILD_EVENT_REFUSAL, CHILD_KILL, PHASE_FAILING, 0, false },
                { 5, CHILD_EVENT_STOP, 0, PHASE_STOPPING, 5 + 2 * SECOND, false },
                { 6, CHILD_EVENT_RESTART, 0, PHASE_RESTARTING, 6 + 2 * SECOND, false },
                { 7, CHILD_EVENT_END, CHILD_FORK, PHASE_STARTING, 7 + 5 * SECOND, false },
        };
        run_steps(steps, ELEMENTS(steps));
}

static void test_spacing(void **state) {
        static const unsigned expected[] = { 0, 0, 100, 200, 400, 800, 1600, 2000, 2000 };
        for (unsigned i = 0; i < ELEMENTS(expected); i++)
                assert_int_equal(child_spacing(i), expected[i] * USEC_PER_MSEC);
        assert_int_equal(child_spacing(4000000000U), CHILD_SPACING_MAX);
}

/* ---- lines ---- */

static void count_line(const char *line, void *userdata) {
        ++*(int *) userdata;
}

static void test_lines(void **state) {
        struct child_lines lines = { 0 };
        int n = 0;
        assert_null(child_lines_last(&lines));

        child_lines_feed(&lines, "one\n\ntw", 7, count_line, &n);
        child_lines_feed(&lines, "o\r\nbad\x01\xff", 8, count_line, &n);
        assert_int_equal(n, 2);
        child_lines_finish(&lines, count_line, &n);
        assert_int_equal(n, 3);
        assert_string_equal(child_lines_at(&lines, 0), "one");
        assert_string_equal(child_lines_at(&lines, 1), "two");
        assert_string_equal(child_lines_last(&lines), "bad??");
        assert_null(child_lines_at(&lines, 3));

        for (int i = 0; i < 30000; i++) {
                char text[32];
                int size = snprintf(text, sizeof text, "line %d\n", i);
                child_lines_feed(&lines, text, (size_t) size, count_line, &n);
                assert_memory_equal(child_lines_last(&lines), text, strlen(text) - 1);
        }
        assert_int_equal(child_lines_size(&lines), CHILD_LINES_MAX);
        assert_string_equal(child_lines_at(&lines, 0), "line 29980");

        char wide[5000];
        memset(wide, 'x', sizeof wide);
        child_lines_feed(&lines, wide, sizeof wide, count_line, &n);
        child_lines_feed(&lines, "\n", 1, count_line, &n);
        assert_int_equal(strlen(child_lines_last(&lines)), CHILD_LINE_SIZE - 1);
}

/* ---- processes ---- */

struct fixture {
        sd_event *event;
        struct child *child;
        int answer; /* of ready */
};

static int is_ready(struct child *child, pid_t pid, void *userdata) {
        struct fixture *f = userdata;
        return f->answer;
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);
        f->answer = 1;
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, SIGCHLD);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        assert_return_code(sd_event_new(&f->event), 0);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        struct fixture *f = *state;
        child_free(f->child);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static void make(struct fixture *f, const char *script) {
        const char *argv[] = { "sh", "-c", script, NULL };
        const char *environment[] = { "CHILD_TEST=yes", NULL };
        const struct child_options options = { .name = "sh:test", .argv = argv, .environment = environment, .ready = is_ready, .userdata = f };
        assert_return_code(child_new(f->event, &options, &f->child), 0);
}

static void run_for(struct fixture *f, uint64_t time) {
        uint64_t end = monotonic_us() + time;
        for (uint64_t now; (now = monotonic_us()) < end;)
                sd_event_run(f->event, end - now);
}

static void run_until(struct fixture *f, enum child_state wanted) {
        uint64_t end = monotonic_us() + 5 * SECOND;
        while (child_get_state(f->child) != wanted && monotonic_us() < end)
                sd_event_run(f->event, 10 * USEC_PER_MSEC);
        assert_int_equal(child_get_state(f->child), wanted);
}

static void test_process(void **state) {
        struct fixture *f = *state;
        make(f, "echo $CHILD_TEST; echo $(ls /proc/self/fd); exec sleep 100");
        assert_int_equal(child_signal(f->child, SIGHUP), -ESRCH);
        child_start(f->child);
        pid_t pid = child_get_pid(f->child);
        assert_true(pid > 0);
        run_until(f, CHILD_READY);
        run_for(f, 200 * USEC_PER_MSEC);
        assert_int_equal(getpgid(pid), pid);

        _cleanup_json_ json_t *told = child_to_json(f->child);
        assert_non_null(told);
        assert_string_equal(json_string_value(json_array_get(json_object_get(told, "lastLines"), 0)), "yes");
        /* 3 is ls's own */
        assert_string_equal(json_string_value(json_array_get(json_object_get(told, "lastLines"), 1)), "0 1 2 3");
        assert_int_equal(json_integer_value(json_object_get(told, "pid")), pid);
        assert_int_equal(json_integer_value(json_object_get(told, "restarts")), 0);

        child_stop(f->child);
        assert_int_equal(child_get_state(f->child), CHILD_STOPPED);
        run_for(f, 100 * USEC_PER_MSEC);
        assert_int_equal(child_get_pid(f->child), 0);
        assert_int_equal(kill(pid, 0), -1);
        assert_null(child_get_reason(f->child));
}

static void test_comes_back(void **state) {
        struct fixture *f = *state;
        make(f, "exec sleep 100");
        child_start(f->child);
        run_until(f, CHILD_READY);
        pid_t first = child_get_pid(f->child);
        kill(first, SIGKILL);
        run_for(f, 100 * USEC_PER_MSEC);
        run_until(f, CHILD_READY);
        assert_int_not_equal(child_get_pid(f->child), first);
        assert_string_equal(child_get_reason(f->child), "killed by SIGKILL");
        assert_false(child_is_crash_loop(f->child));
}

static void test_crash_loop(void **state) {
        struct fixture *f = *state;
        f->answer = 0;
        make(f, "echo no such thing >&2; exit 3");
        child_start(f->child);
        run_for(f, 500 * USEC_PER_MSEC);
        assert_true(child_is_crash_loop(f->child));
        assert_string_equal(child_get_reason(f->child), "exited with status 3: no such thing");
        run_until(f, CHILD_WAITING);
        _cleanup_json_ json_t *told = child_to_json(f->child);
        assert_true(json_integer_value(json_object_get(told, "next")) > 0);
        assert_true(json_is_null(json_object_get(told, "pid")));
        child_stop(f->child);
        assert_int_equal(child_get_state(f->child), CHILD_STOPPED);
}

static void test_cannot_execute(void **state) {
        struct fixture *f = *state;
        f->answer = 0;
        const char *argv[] = { "/nonexistent/program", NULL };
        const struct child_options options = { .name = "none", .argv = argv, .ready = is_ready, .userdata = f };
        assert_return_code(child_new(f->event, &options, &f->child), 0);
        child_start(f->child);
        run_until(f, CHILD_WAITING);
        assert_string_equal(child_get_reason(f->child), "cannot execute /nonexistent/program: No such file or directory");
}

static void test_refusal_kills(void **state) {
        struct fixture *f = *state;
        f->answer = -EIO;
        make(f, "echo hello; exec sleep 100");
        child_start(f->child);
        run_for(f, 50 * USEC_PER_MSEC);
        assert_non_null(child_get_reason(f->child));
        assert_memory_equal(child_get_reason(f->child), "did not answer", 14);
}

static void test_stubborn(void **state) {
        struct fixture *f = *state;
        make(f, "trap '' TERM; while :; do sleep 1; done");
        child_start(f->child);
        run_until(f, CHILD_READY);
        run_for(f, 50 * USEC_PER_MSEC);
        child_stop(f->child);
        run_for(f, 500 * USEC_PER_MSEC);
        assert_int_not_equal(child_get_pid(f->child), 0);
        run_for(f, 1800 * USEC_PER_MSEC);
        assert_int_equal(child_get_pid(f->child), 0);
}

static void test_restart(void **state) {
        struct fixture *f = *state;
        make(f, "exec sleep 100");
        child_start(f->child);
        run_until(f, CHILD_READY);
        pid_t first = child_get_pid(f->child);
        child_restart(f->child);
        assert_int_equal(child_get_state(f->child), CHILD_STARTING);
        run_until(f, CHILD_READY);
        assert_int_not_equal(child_get_pid(f->child), first);
        assert_null(child_get_reason(f->child));
}

static void test_free_kills_and_reaps(void **state) {
        struct fixture *f = *state;
        make(f, "exec sleep 100");
        child_start(f->child);
        pid_t pid = child_get_pid(f->child);
        f->child = child_free(f->child);
        run_for(f, 100 * USEC_PER_MSEC);
        assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

/* A daemon that is killed takes its program along. */
static void test_dies_with_daemon(void **state) {
        int ends[2];
        assert_return_code(pipe(ends), errno);
        pid_t daemon = fork();
        if (daemon == 0) {
                struct fixture f = { .answer = 1 };
                sd_event_new(&f.event);
                make(&f, "exec sleep 100");
                child_start(f.child);
                pid_t pid = child_get_pid(f.child);
                if (write(ends[1], &pid, sizeof pid) != sizeof pid)
                        _exit(1);
                for (;;)
                        sd_event_run(f.event, UINT64_MAX);
        }
        pid_t pid = 0;
        assert_int_equal(read(ends[0], &pid, sizeof pid), sizeof pid);
        run_for(*state, 50 * USEC_PER_MSEC);
        assert_int_equal(kill(pid, 0), 0);

        kill(daemon, SIGKILL);
        waitpid(daemon, NULL, 0);
        bool gone = false;
        for (int i = 0; i < 100 && !gone; i++) {
                char path[64], stat[256] = "";
                snprintf(path, sizeof path, "/proc/%d/stat", (int) pid);
                FILE *file = fopen(path, "re");
                gone = !file || !fgets(stat, sizeof stat, file) || strstr(stat, ") Z ");
                if (file)
                        fclose(file);
                usleep(10000);
        }
        close(ends[0]);
        close(ends[1]);
        assert_true(gone);
}

int main(void) {
        log_open("test_child");
        log_set_level(LOG_ERR - 1);
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_life),
                cmocka_unit_test(test_crash_loop_and_recovery),
                cmocka_unit_test(test_does_not_answer),
                cmocka_unit_test(test_spacing),
                cmocka_unit_test(test_lines),
                cmocka_unit_test_setup_teardown(test_process, setup, teardown),
                cmocka_unit_test_setup_teardown(test_comes_back, setup, teardown),
                cmocka_unit_test_setup_teardown(test_crash_loop, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cannot_execute, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refusal_kills, setup, teardown),
                cmocka_unit_test_setup_teardown(test_stubborn, setup, teardown),
                cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
                cmocka_unit_test_setup_teardown(test_free_kills_and_reaps, setup, teardown),
                cmocka_unit_test_setup_teardown(test_dies_with_daemon, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
