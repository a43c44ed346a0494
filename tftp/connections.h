/*
 * HTTP connections, watched for clients that never finish a request: the server library's own timeout starts anew with each
 * byte, so that a byte now and then would hold a connection for ever.
 */
#pragma once

#include <stdint.h>

#include "lib/macro.h"

struct connections;
struct connection;

int connections_new(struct connections **ret);
struct connections *connections_free(struct connections *connections);
DEFINE_CLEANUP(struct connections *, connections_free);

/* HTTP threads. A connection was accepted; from now on it is waited for its request. NULL: no memory, it is not watched.
 * Times are microseconds of the monotonic clock. */
struct connection *connection_opened(struct connections *connections, int fd, uint64_t now);
/* A request has come whole; the next one is waited for. NULL is ignored. */
void connection_busy(struct connections *connections, struct connection *connection);
void connection_waiting(struct connections *connections, struct connection *connection, uint64_t now);
/* Before the socket is closed. */
void connection_closed(struct connections *connections, struct connection *connection);

/* Main thread: shuts down those that have waited for longer than `limit`. Returns how many. */
unsigned connections_sweep(struct connections *connections, uint64_t now, uint64_t limit);
