/* The open connections and their age: libmicrohttpd limits how long one may be idle, not how long it may last. Any thread may use it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/address.h"
#include "lib/macro.h"

struct connections;
struct connection;

int connections_new(struct connections **ret);
struct connections *connections_free(struct connections *connections);
DEFINE_CLEANUP(struct connections *, connections_free);

/* NULL without memory: the connection is then not watched. The descriptor stays the caller's, who removes it before closing it. */
struct connection *connections_add(struct connections *connections, int fd, uint64_t now);
/* NULL-safe. */
void connections_remove(struct connections *connections, struct connection *connection);
size_t connections_size(struct connections *connections);
/* Shuts those down that were added before `before`. */
void connections_shut_down(struct connections *connections, uint64_t before);

/* False for what is neither IPv4 nor IPv6. */
bool connections_ip(const struct sockaddr *address, struct ip *ret);
