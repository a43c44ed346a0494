/* Who may call what on the bus and on the monitor socket. Pure. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "pxed/settings.h"

enum listener { LISTENER_BUS, LISTENER_MONITOR };

/* The users that are somebody. (uid_t) -1: there is no such user on this host. */
struct access_users {
        uid_t own;                 /* pxed's */
        uid_t workers[ROLE_COUNT]; /* several roles may share one */
};

/*
 * bus       root and pxed's own user: everything
 *           a worker's user: the Worker interface, and there its own role only (access_role); that of role introspect also the
 *           methods that its gateway for controllers calls
 *           who else can open the socket: everything but the Worker interface
 * monitor   methods that only read
 * `flags` are those of the method (lib/varlink_server.h).
 */
bool access_method(const struct access_users *users, enum listener listener, uid_t uid, unsigned flags);
/* Whether the user may watch and report as this role. */
bool access_role(const struct access_users *users, uid_t uid, enum role role);
