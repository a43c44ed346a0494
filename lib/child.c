#include "lib/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "lib/child_exec.h"
#include "lib/child_lines.h"
#include "lib/child_machine.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"

#define POLL_FAST (10 * USEC_PER_MSEC)
#define POLL_SLOW (50 * USEC_PER_MSEC)
#define POLL_FAST_FOR (500 * USEC_PER_MSEC)

struct child {
        sd_event *event;
        char *name;
        char **argv, **environment;
        struct child_options options; /* its pointers to text are not used */

        struct child_machine machine;
        uint64_t since, next;  /* realtime */
        uint64_t forked;       /* monotonic */
        char reason[CHILD_LINE_SIZE + 128];

        pid_t pid;
        int output;
        struct child_lines lines;
        sd_event_source *process, *reader, *deadline, *poll;
};

static void feed(struct child *child, enum child_event event);

/* ---- output ---- */

/* What a program says before it is ready explains why it does not become so; later lines are its routine. */
static void log_line(const char *line, void *userdata) {
        struct child *child = userdata;
        log_fields(child->machine.phase == PHASE_READY ? LOG_DEBUG : LOG_INFO, (const char *[]){ "CHILD", child->name, NULL }, "%s: %s",
                   child->name, line);
}

/* Reads what there is, a bounded amount at a time. Returns false when the output has ended. */
static bool read_output(struct child *child) {
        char buffer[4096];
        for (int i = 0; i < 16; i++) {
                ssize_t n = read(child->output, buffer, sizeof buffer);
                if (n < 0)
                        return errno == EAGAIN || errno == EINTR;
                if (n == 0)
                        return false;
                child_lines_feed(&child->lines, buffer, (size_t) n, log_line, child);
        }
        return true;
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct child *child = userdata;
        if (!read_output(child))
                sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static void close_output(struct child *child) {
        child->reader = sd_event_source_disable_unref(child->reader);
        if (child->output >= 0)
                close(child->output);
        child->output = -1;
}

/* ---- the process ---- */

static void __attribute__((format(printf, 2, 3))) set_reason(struct child *child, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(child->reason, sizeof child->reason, format, arguments);
        va_end(arguments);
}

static void describe_end(struct child *child, const siginfo_t *end) {
        const char *last = child_lines_last(&child->lines);
        const char *colon = last ? ": " : "", *text = last ? last : "";

        if (child->machine.phase == PHASE_FAILING)
                set_reason(child, "did not answer and was killed%s%s", colon, text);
        else if (child->options.explain && child->options.explain(child, child->reason, sizeof child->reason, child->options.userdata))
                return;
        else if (end->si_code != CLD_EXITED)
                set_reason(child, "killed by SIG%s", sigabbrev_np(end->si_status) ?: "?");
        else if (end->si_status == CHILD_EXEC_FAILED && last)
                set_reason(child, "%s", last);
        else
                set_reason(child, "exited with status %d%s%s", end->si_status, colon, text);
}

static int on_end(sd_event_source *source, const siginfo_t *end, void *userdata) {
        struct child *child = userdata;

        if (child->output >= 0)
                read_output(child);
        child_lines_finish(&child->lines, log_line, child);
        close_output(child);
        child->process = sd_event_source_unref(child->process);

        bool wanted = child->machine.phase != PHASE_STOPPING && child->machine.phase != PHASE_RESTARTING;
        if (wanted) {
                describe_end(child, end);
                log_fields(LOG_WARNING, (const char *[]){ "CHILD", child->name, NULL }, "%s (pid %d) ended: %s.", child->name, (int) child->pid,
                           child->reason);
        }
        child->pid = 0;
        feed(child, CHILD_EVENT_END);
        return 0;
}

static int make_process(struct child *child) {
        int output = -1;
        pid_t pid = child_exec((const char *const *) child->argv, child->environment, &output);
        if (pid < 0)
                return pid;

        child->pid = pid;
        child->output = output;
        child->forked = monotonic_us();

        int r = sd_event_add_child(child->event, &child->process, pid, WEXITED, on_end, child);
        if (r >= 0)
                r = sd_event_add_io(child->event, &child->reader, output, EPOLLIN, on_output, child);
        if (r < 0) {
                kill(-pid, SIGKILL);
                waitpid(pid, NULL, 0);
                child->process = sd_event_source_disable_unref(child->process);
                close_output(child);
                child->pid = 0;
                return r;
        }
        sd_event_source_set_priority(child->process, PRIORITY_CHILD);
        sd_event_source_set_priority(child->reader, PRIORITY_CHILD);
        log_debug("%s: started with pid %d.", child->name, (int) pid);
        return 0;
}

/* ---- timers ---- */

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        struct child *child = userdata;
        if (child->machine.phase == PHASE_STARTING)
                log_warning("%s has not answered for %u s; killing it.", child->name, (unsigned) (CHILD_READY_TIMEOUT / USEC_PER_SEC));
        feed(child, CHILD_EVENT_TIMER);
        return 0;
}

static void set_timer(sd_event_source *source, uint64_t time) {
        if (time > 0)
                sd_event_source_set_time(source, time);
        sd_event_source_set_enabled(source, time > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_poll(sd_event_source *source, uint64_t usec, void *userdata) {
        struct child *child = userdata;
        int r = child->options.ready ? child->options.ready(child, child->pid, child->options.userdata) : 1;
        if (r != 0) {
                feed(child, r > 0 ? CHILD_EVENT_ANSWER : CHILD_EVENT_REFUSAL);
                return 0;
        }
        uint64_t now = monotonic_us();
        set_timer(source, now + (now - child->forked < POLL_FAST_FOR ? POLL_FAST : POLL_SLOW));
        return 0;
}

/* ---- the machine ---- */

static void act(struct child *child, unsigned actions) {
        if (actions & CHILD_TERMINATE)
                kill(child->pid, SIGTERM);
        if (actions & CHILD_KILL)
                kill(-child->pid, SIGKILL);
        if (actions & CHILD_FORK) {
                int r = make_process(child);
                if (r < 0) {
                        set_reason(child, "cannot make a process: %s", strerror(-r));
                        log_warning("%s: %s.", child->name, child->reason);
                        act(child, child_step(&child->machine, CHILD_EVENT_END, monotonic_us()));
                }
        }
}

/* `changed` comes last, for it may free the child. */
static void feed(struct child *child, enum child_event event) {
        struct child_machine before = child->machine;
        uint64_t now = monotonic_us();

        act(child, child_step(&child->machine, event, now));

        const struct child_machine *m = &child->machine;
        set_timer(child->deadline, m->deadline);
        set_timer(child->poll, m->phase == PHASE_STARTING ? now + POLL_FAST : 0);

        if (m->phase == before.phase && m->starts == before.starts && m->crash_loop == before.crash_loop)
                return;
        if (child_phase_state(m->phase) != child_phase_state(before.phase) || m->starts != before.starts)
                child->since = realtime_us();
        child->next = m->phase == PHASE_WAITING ? realtime_us() + (m->deadline > now ? m->deadline - now : 0) : 0;
        if (m->crash_loop != before.crash_loop)
                log_full(m->crash_loop ? LOG_ERR : LOG_NOTICE, "%s %s", child->name,
                         m->crash_loop ? "ends again and again; trying on." : "stays up again.");
        if (child->options.changed)
                child->options.changed(child, child->options.userdata);
}

int child_start(struct child *child) {
        feed(child, CHILD_EVENT_START);
        return 0;
}

void child_stop(struct child *child) {
        feed(child, CHILD_EVENT_STOP);
}

void child_restart(struct child *child) {
        feed(child, CHILD_EVENT_RESTART);
}

int child_signal(struct child *child, int number) {
        if (child->pid <= 0)
                return -ESRCH;
        return kill(child->pid, number) < 0 ? -errno : 0;
}

/* ---- its life ---- */

int child_new(sd_event *event, const struct child_options *options, struct child **ret) {
        _cleanup_(child_freep) struct child *child = calloc(1, sizeof *child);
        if (!child)
                return -ENOMEM;

        child->event = sd_event_ref(event);
        child->options = *options;
        child->output = -1;
        child->since = realtime_us();
        child->name = strdup(options->name);
        child->argv = strv_copy(options->argv);
        child->environment = child_environment(options->environment);
        if (!child->name || !child->argv || !child->environment)
                return -ENOMEM;

        int r = sd_event_add_time(event, &child->deadline, CLOCK_MONOTONIC, 0, 1, on_deadline, child);
        if (r >= 0)
                r = sd_event_add_time(event, &child->poll, CLOCK_MONOTONIC, 0, 1, on_poll, child);
        if (r < 0)
                return r;
        sd_event_source_set_priority(child->deadline, PRIORITY_CHILD);
        sd_event_source_set_priority(child->poll, PRIORITY_CHILD);
        set_timer(child->deadline, 0);
        set_timer(child->poll, 0);

        *ret = TAKE_POINTER(child);
        return 0;
}

static int on_orphan_end(sd_event_source *source, const siginfo_t *end, void *userdata) {
        sd_event_source_set_floating(source, false); /* was its last reference */
        return 0;
}

/* The loop reaps the process when it has ended; without a loop that goes on, init does. */
static void abandon_process(struct child *child) {
        kill(-child->pid, SIGKILL);
        child->process = sd_event_source_disable_unref(child->process);

        sd_event_source *orphan = NULL;
        if (sd_event_add_child(child->event, &orphan, child->pid, WEXITED, on_orphan_end, NULL) >= 0) {
                sd_event_source_set_floating(orphan, true);
                sd_event_source_unref(orphan);
        }
}

struct child *child_free(struct child *child) {
        if (!child)
                return NULL;
        if (child->process)
                abandon_process(child);
        close_output(child);
        sd_event_source_disable_unref(child->deadline);
        sd_event_source_disable_unref(child->poll);
        sd_event_unref(child->event);
        strv_free(child->argv);
        strv_free(child->environment);
        free(child->name);
        free(child);
        return NULL;
}

/* ---- what it tells ---- */

enum child_state child_get_state(const struct child *child) {
        return child_phase_state(child->machine.phase);
}

pid_t child_get_pid(const struct child *child) {
        return child->pid;
}

bool child_is_crash_loop(const struct child *child) {
        return child->machine.crash_loop;
}

const char *child_get_reason(const struct child *child) {
        return child->reason[0] ? child->reason : NULL;
}

json_t *child_to_json(const struct child *child) {
        static const char *const states[] = {
                [CHILD_STOPPED] = "stopped", [CHILD_STARTING] = "starting", [CHILD_READY] = "ready", [CHILD_WAITING] = "waiting",
        };
        json_t *lines = json_array();
        for (unsigned i = 0; i < child_lines_size(&child->lines); i++)
                json_array_append_new(lines, json_string(child_lines_at(&child->lines, i)));

        unsigned starts = child->machine.starts;
        return json_pack("{s:s s:s s:o s:I s:i s:b s:o s:o s:o}", "name", child->name, "state", states[child_get_state(child)], "pid",
                         json_int_or_null(child->pid > 0, child->pid), "since", (json_int_t) child->since, "restarts",
                         starts > 0 ? (int) starts - 1 : 0, "crashLoop", child->machine.crash_loop, "reason", json_text(child_get_reason(child)),
                         "next", json_int_or_null(child->next > 0, (int64_t) child->next), "lastLines", lines);
}
