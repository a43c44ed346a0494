/* What daemon.c, daemon_arguments.c and daemon_status.c share. */
#pragma once

#include "lib/daemon.h"

enum daemon_state { DAEMON_STARTING, DAEMON_READY, DAEMON_STOPPING };

struct problem {
        char *subject, *reason;
        uint64_t since; /* realtime, microseconds */
};

struct daemon {
        struct daemon_options options;
        void *status_userdata; /* of add_status and status_changed */
        sd_event *event;
        char *runtime_dir, *state_dir;
        struct varlink_server *server;
        struct varlink_method *methods; /* of org.pxed.Daemon and the daemon's own */
        enum daemon_state state;
        uint64_t started; /* realtime, microseconds */
        struct problem *problems;
        size_t problems_size;
        struct child **children;
        size_t children_size;
};

struct daemon_arguments {
        const char *runtime_dir, *state_dir; /* borrowed from argv; NULL: not given */
};

/* 0, DAEMON_DONE, or -EINVAL after saying on stderr what is wrong. */
int daemon_parse_arguments(const struct daemon_options *options, int argc, char **argv, struct daemon_arguments *ret);

/* The name without "pxed-". */
const char *daemon_short_name(const char *name);
