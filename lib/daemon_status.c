#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/daemon_internal.h"
#include "lib/log.h"

static struct problem *find_problem(const struct daemon *daemon, const char *subject) {
        for (size_t i = 0; i < daemon->problems_size; i++)
                if (strcmp(daemon->problems[i].subject, subject) == 0)
                        return &daemon->problems[i];
        return NULL;
}

static struct problem *add_problem(struct daemon *daemon, const char *subject) {
        struct problem *larger = reallocarray(daemon->problems, daemon->problems_size + 1, sizeof(*larger));
        if (!larger)
                return NULL;
        daemon->problems = larger;

        struct problem *problem = &larger[daemon->problems_size];
        *problem = (struct problem) { .subject = strdup(subject), .since = realtime_us() };
        if (!problem->subject)
                return NULL;
        daemon->problems_size++;
        return problem;
}

const char *daemon_problem(const struct daemon *daemon, const char *subject) {
        const struct problem *problem = find_problem(daemon, subject);

        return problem ? problem->reason : NULL;
}

void daemon_set_problem(struct daemon *daemon, const char *subject, const char *format, ...) {
        struct problem *problem = find_problem(daemon, subject);
        char *reason;
        va_list arguments;

        va_start(arguments, format);
        int r = vasprintf(&reason, format, arguments);
        va_end(arguments);
        if (r < 0)
                return;
        if (problem && problem->reason && strcmp(problem->reason, reason) == 0) {
                free(reason);
                return;
        }
        if (!problem && !(problem = add_problem(daemon, subject))) {
                free(reason);
                return;
        }
        free(problem->reason);
        problem->reason = reason;
        log_error("%s: %s", subject, reason);
        daemon_status_changed(daemon);
}

void daemon_clear_problem(struct daemon *daemon, const char *subject) {
        struct problem *problem = find_problem(daemon, subject);

        if (!problem)
                return;
        log_notice("%s: no problem any more (it was: %s)", subject, problem->reason);
        free(problem->subject);
        free(problem->reason);
        size_t after = daemon->problems_size - 1 - (size_t) (problem - daemon->problems);
        memmove(problem, problem + 1, after * sizeof(*problem));
        daemon->problems_size--;
        daemon_status_changed(daemon);
}

int daemon_add_child(struct daemon *daemon, struct child *child) {
        struct child **larger = reallocarray(daemon->children, daemon->children_size + 1, sizeof(struct child *));

        if (!larger)
                return -ENOMEM;
        daemon->children = larger;
        larger[daemon->children_size++] = child;
        return 0;
}

void daemon_remove_child(struct daemon *daemon, struct child *child) {
        for (size_t i = 0; i < daemon->children_size; i++) {
                if (daemon->children[i] != child)
                        continue;
                memmove(&daemon->children[i], &daemon->children[i + 1], (daemon->children_size - i - 1) * sizeof(struct child *));
                daemon->children_size--;
                return;
        }
}

void daemon_status_changed(struct daemon *daemon) {
        if (daemon->options.status_changed)
                daemon->options.status_changed(daemon->status_userdata);
}

static const char *state_name(const struct daemon *daemon) {
        if (daemon->state != DAEMON_READY)
                return daemon->state == DAEMON_STARTING ? "starting" : "stopping";
        if (daemon->problems_size > 0)
                return "degraded";
        for (size_t i = 0; i < daemon->children_size; i++) {
                enum child_state state = child_get_state(daemon->children[i]);
                if (state != CHILD_READY && state != CHILD_STOPPED)
                        return "degraded";
        }
        return "ready";
}

static json_t *problems_to_json(const struct daemon *daemon) {
        json_t *problems = json_array();

        for (size_t i = 0; i < daemon->problems_size; i++) {
                const struct problem *problem = &daemon->problems[i];
                json_array_append_new(problems, json_pack("{s:o, s:o, s:I}", "subject", json_text(problem->subject), "reason",
                                                          json_text(problem->reason), "since", (json_int_t) problem->since));
        }
        return problems;
}

json_t *daemon_status(struct daemon *daemon) {
        json_t *children = json_array();

        for (size_t i = 0; i < daemon->children_size; i++)
                json_array_append_new(children, child_to_json(daemon->children[i]));
        json_t *status = json_pack("{s:s, s:s, s:i, s:I, s:s, s:o, s:o}", "name", daemon->options.name, "version", PXED_VERSION, "pid",
                                   (int) getpid(), "started", (json_int_t) daemon->started, "state", state_name(daemon), "children",
                                   children, "problems", problems_to_json(daemon));
        if (daemon->options.add_status)
                daemon->options.add_status(status, daemon->status_userdata);
        return status;
}
