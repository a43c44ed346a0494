/*
 * The HTTP server of one address (libmicrohttpd: epoll, two threads of its own). Its threads read only what cannot change under them:
 * a reference to the published snapshot, and the few shared objects named here, each with its own lock.
 */
#pragma once

#include "tftp/boots.h"
#include "tftp/consumed.h"
#include "tftp/published.h"
#include "tftp/transfer.h"

struct http_context {
        struct published *published;
        struct consumed *consumed;
        struct reports *reports;
        struct transfers *transfers;
        struct boots *boots;
        const char *loader_directory;
};

struct http_server;

/* Listens; the context must outlive the server. -EADDRINUSE; an address that is not on this host yet is no error. */
int http_server_new(const struct http_context *context, const struct ip *address, uint16_t port, struct http_server **ret);
/* Ends its connections, waits for its threads. NULL-safe; returns NULL. */
struct http_server *http_server_free(struct http_server *server);
DEFINE_CLEANUP(struct http_server *, http_server_free);
/* http_threads_end_stuck. NULL-safe. */
void http_server_end_stuck(struct http_server *server);
