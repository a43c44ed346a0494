/*
 * The HTTP connections of a daemon, watched for what the server library does not end: a client that never finishes its request (the library's
 * timeout starts anew with each byte), and a file that was cut while it is sent (sendfile then gives nothing, for ever).
 */
#pragma once

#include <stddef.h>
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
/* The next four ignore NULL. A request has come whole. */
void connection_busy(struct connection *connection);
/* A response sends the file up to `end`; the descriptor is duplicated. */
void connection_sending(struct connection *connection, int file, uint64_t end);
/* The response has ended, the next request is waited for. */
void connection_waiting(struct connection *connection, uint64_t now);
/* Before the socket is closed. */
void connection_closed(struct connection *connection);
/* Those open now. Any thread. */
size_t connections_size(struct connections *connections);

/* Main thread: shuts down those that have waited for longer than `limit`, and those whose file has become too short. A daemon that never says
 * that a request has come bounds the whole life of its connections so. Returns how many. */
unsigned connections_sweep(struct connections *connections, uint64_t now, uint64_t limit);
