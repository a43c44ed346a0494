/*
 * Supervision of one foreign program (dnsmasq, in.tftpd). systemd supervises daemons; a daemon supervises
 * only the program that it is there to run.
 *
 * The state machine is a table of state and event (child_step), pure, with `now` passed in. The shell around it
 * forks, watches by pidfd, collects the last lines of output, asks the program whether it is ready, and starts it
 * again: at once after the first end, then spaced from 100 ms doubling to 2 s; after 10 s of being ready the spacing
 * starts anew. Three ends in a row without those 10 s are a crash loop, which is reported and goes on being tried.
 *
 * The child dies with its daemon (PR_SET_PDEATHSIG), gets its own process group, no descriptors but 0-2, and
 * default signals.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "lib/json.h"
#include "lib/macro.h"

enum child_state { CHILD_STOPPED, CHILD_STARTING, CHILD_READY, CHILD_WAITING };

struct child;

struct child_options {
        const char *name;        /* "dnsmasq:lab"; copied */
        const char *const *argv; /* NULL-terminated; argv[0] is a path or looked up in PATH; copied */
        const char *const *environment; /* "NAME=value", added to the daemon's own; NULL: none; copied */
        /*
         * Asks the running program whether it answers: 1 yes, 0 not yet, negative errno: it never will (the
         * program is then killed and started again). Called every 10 ms, then slower, until it says yes; after 5 s
         * of no the program is killed and started again. Must not block.
         */
        int (*ready)(struct child *child, pid_t pid, void *userdata);
        /*
         * Explains an end better than the exit status and the last lines do, e.g. "port 69 of 192.0.2.1 is in use".
         * Writes text into buffer and returns true, or returns false. May be NULL.
         */
        bool (*explain)(struct child *child, char *buffer, size_t size, void *userdata);
        /* Called after each change of state. May be NULL. */
        void (*changed)(struct child *child, void *userdata);
        void *userdata;
};

/* Nothing is started yet. SIGCHLD must be blocked (daemon_new does that). */
int child_new(sd_event *event, const struct child_options *options, struct child **ret);
/* Kills the program without waiting and frees; NULL-safe; returns NULL. */
struct child *child_free(struct child *child);
DEFINE_CLEANUP(struct child *, child_free);

/* Wanted from now on: starts it, or does nothing when it is. */
int child_start(struct child *child);
/* Not wanted any more: SIGTERM, SIGKILL after 2 s. */
void child_stop(struct child *child);
/* Started anew with the same arguments, not counted as an end. */
void child_restart(struct child *child);
/* Sends a signal to a program that runs; -ESRCH otherwise. */
int child_signal(struct child *child, int signal);

enum child_state child_get_state(const struct child *child);
pid_t child_get_pid(const struct child *child); /* 0: not running */
bool child_is_crash_loop(const struct child *child);
/* The reason of its last end, in words; NULL: it never ended unwanted. */
const char *child_get_reason(const struct child *child);
/* As type Child of org.pxed.Daemon; a new reference. */
json_t *child_to_json(const struct child *child);
