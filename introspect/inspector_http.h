/*
 * HTTP for controllers: two threads of its own on one listening socket, which wait for pxed, so that no machine ever does. One request per connection, bounded in
 * connections, time and bytes.
 */
#pragma once

#include "introspect/inspector_api.h"
#include "lib/http_threads.h"

/* Serves the listening socket; takes over the descriptor on success. `api` must outlive it. To end it waits for calls on the bus that are on their way. */
int inspector_http_new(struct inspector_api *api, int fd, struct http_threads **ret);
