/*
 * HTTP for controllers, by libmicrohttpd: two threads of its own on one listening socket, which wait for pxed, so that no machine ever does. One request per
 * connection, bounded in connections, time and bytes.
 */
#pragma once

#include "introspect/inspector_api.h"
#include "lib/macro.h"

struct inspector_http;

/* Serves the listening socket; takes over the descriptor on success. `api` must outlive it. */
int inspector_http_new(struct inspector_api *api, int fd, struct inspector_http **ret);
/* Ends all connections and threads: waits for calls on the bus that are on their way. */
struct inspector_http *inspector_http_free(struct inspector_http *http);
DEFINE_CLEANUP(struct inspector_http *, inspector_http_free);

/* Ends connections that have lasted for too long, however busy they seem. NULL-safe. */
void inspector_http_end_old(struct inspector_http *http);
