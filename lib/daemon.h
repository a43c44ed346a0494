/*
 * What each daemon has: arguments, event loop, signals, readiness and watchdog of systemd, log, the socket that answers
 * org.pxed.Daemon, problems and children. A daemon's main():
 *
 *     daemon_new, its own ..._new, ..._start, daemon_run
 *
 * Arguments: --runtime-dir DIR (default $RUNTIME_DIRECTORY, then /run/pxed), --state-dir DIR (default $STATE_DIRECTORY, then
 * /var/lib/pxed; where systemd or the argument gives no folder of the daemon's own, NAME's last word is added: /var/lib/pxed/dhcp),
 * --log-level LEVEL, --version, --help, and the daemon's own.
 */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "lib/child.h"
#include "lib/json.h"
#include "lib/varlink_server.h"

/* Priorities of event sources: children and the bus go before machines. */
enum { PRIORITY_CHILD = -20, PRIORITY_BUS = -10, PRIORITY_NORMAL = 0, PRIORITY_IDLE = 10 };

/* Results of daemon_new besides 0 and negative errno: --help or --version was answered, exit with success. */
#define DAEMON_DONE 1

struct daemon;

struct daemon_option {
        const char *name;     /* "config" */
        const char *argument; /* "FILE"; NULL: a flag, value is "" */
        const char *help;
        const char **value;   /* set to the value given; borrowed from argv */
};

struct daemon_options {
        const char *name;    /* "pxed-dhcp" */
        const char *summary; /* one line, of --help */
        const struct daemon_option *arguments; /* ends with a NULL name; NULL: none */
        /* SIGHUP, between RELOADING=1 and READY=1. NULL: SIGHUP is ignored. */
        void (*reload)(struct daemon *daemon, void *userdata);
        /* SIGTERM or SIGINT: finish what must be; the loop ends when this returns. May be NULL. */
        void (*stop)(struct daemon *daemon, void *userdata);
        void *userdata;
        /* Added to the methods of org.pxed.Daemon on the daemon's socket; NULL: none. Their handlers get the struct daemon as userdata and
         * ask it for daemon_userdata. */
        const struct varlink_method *methods;
        /* Adds members (connected, applied, queued, dropped) to a Status. May be NULL. */
        void (*add_status)(json_t *status, void *userdata);
        /* A child or a problem changed: a worker reports it. May be NULL. */
        void (*status_changed)(void *userdata);
};

/* Parses arguments, opens the log, blocks signals, creates the folders. Prints what is wrong with an argument itself. */
int daemon_new(const struct daemon_options *options, int argc, char **argv, struct daemon **ret);
struct daemon *daemon_free(struct daemon *daemon);
DEFINE_CLEANUP(struct daemon *, daemon_free);

/* Replaces options->userdata, add_status and status_changed, for what is created only after the daemon. */
void daemon_set_userdata(struct daemon *daemon, void *userdata);
void *daemon_userdata(const struct daemon *daemon);
void daemon_set_status_hooks(struct daemon *daemon, void (*add_status)(json_t *status, void *userdata),
                             void (*status_changed)(void *userdata), void *userdata);

sd_event *daemon_event(struct daemon *daemon);
const char *daemon_runtime_dir(const struct daemon *daemon); /* /run/pxed: sockets */
const char *daemon_state_dir(const struct daemon *daemon);   /* the daemon's own: /var/lib/pxed/dhcp */

/* Listens on RUNTIME/SHORT.sock (SHORT: the name without "pxed-", "pxed" itself stays), says READY=1 and runs the loop until a
 * signal. Returns the exit status for main. */
int daemon_run(struct daemon *daemon);

/*
 * Problems: one per subject; set again with another reason it keeps its place, with the same it changes nothing. Logged
 * when it comes and when it goes. daemon_clear_problem for a subject without a problem does nothing.
 */
void daemon_set_problem(struct daemon *daemon, const char *subject, const char *format, ...) _printf_(3, 4);
void daemon_clear_problem(struct daemon *daemon, const char *subject);
/* The reason of the subject's problem; NULL: it has none. Borrowed until it changes. */
const char *daemon_problem(const struct daemon *daemon, const char *subject);

/* Children whose state is part of the status; daemon does not own them. Call daemon_status_changed from their `changed`. */
int daemon_add_child(struct daemon *daemon, struct child *child);
void daemon_remove_child(struct daemon *daemon, struct child *child);
void daemon_status_changed(struct daemon *daemon);

/* As type Status of org.pxed.Daemon; a new reference. */
json_t *daemon_status(struct daemon *daemon);
