/* The calls that one request of a controller makes on pxed's bus: a connection of its own, and a bounded time for all of them. */
#pragma once

#include <stdint.h>

#include "lib/json.h"
#include "lib/macro.h"
#include "lib/varlink_client.h"

/* For all calls of a request. */
#define INSPECTOR_BUS_TIME (10 * USEC_PER_SEC)

struct inspector_bus {
        struct varlink_client *client; /* NULL: not connected yet */
        uint64_t deadline;             /* microseconds of the monotonic clock */
        char *error;                   /* of the last call: the qualified name; NULL: it succeeded */
        json_t *reply;                 /* of the last call: what it returned, or the error's parameters */
};

void inspector_bus_clear(struct inspector_bus *bus);
#define _cleanup_bus_ _cleanup_(inspector_bus_clear)

/* Calls and waits; takes over the reference to `parameters`. 0: bus->error and bus->reply have the answer until the next call. A negative errno: pxed is away
 * (-ENOENT, -ECONNREFUSED), went away, or is not heard in time (-ETIMEDOUT). `path`: of the socket. */
int inspector_bus_call(struct inspector_bus *bus, const char *path, const char *method, json_t *parameters);
