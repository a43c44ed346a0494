/*
 * HTTP by libmicrohttpd, in a few threads of its own: one request per connection, bounded in connections (of all and of one address),
 * in time and in bytes. Carries requests to api.h and its answers back.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "introspect/api.h"

struct http;

/* `api` must outlive it. */
int http_new(struct api *api, struct http **ret);
/* Ends all connections and threads. */
struct http *http_free(struct http *http);
DEFINE_CLEANUP(struct http *, http_free);

/* Serves an accepted connection; takes over the descriptor, also on failure (-EBUSY: there are as many as there may be). */
int http_add(struct http *http, int fd, const struct sockaddr *peer, socklen_t size);
/* Whether there is room for one more. */
bool http_has_room(struct http *http);
/* Ends connections that have lasted for too long, however busy they seem. To be called every few seconds. */
void http_end_old(struct http *http);
