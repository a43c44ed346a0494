/*
 * HTTP by libmicrohttpd (epoll) in threads of its own: begins and ends them, bounds what clients may take of the daemon, and watches their connections. What a request
 * means is its user's, whose callbacks are libmicrohttpd's.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/connections.h"

struct http_threads_options {
        unsigned threads;
        size_t thread_stack;
        size_t connection_memory; /* bytes of a request's line and headers; larger ones are answered 414 or 431 */
        unsigned connections, connections_per_address; /* at once; 0: of one address as many as of all */
        unsigned idle_seconds;    /* without a byte */
        unsigned wait_seconds;    /* for a request to come whole, however busy its connection seems; of the connection in all where nobody calls connection_busy */
        void *(*on_line)(void *userdata, const char *line, struct MHD_Connection *connection); /* before the line is taken apart; makes what a request keeps */
        MHD_AccessHandlerCallback on_request;
        MHD_RequestCompletedCallback on_completed;
        size_t (*unescape)(void *userdata, struct MHD_Connection *connection, char *text); /* NULL: libmicrohttpd's own */
        void *userdata; /* of all four; must outlive the threads */
};

struct http_threads;

/* Serves the listening socket `fd`, which it takes over on success; -1: only what http_threads_add brings. Requests may come before this returns. */
int http_threads_new(const struct http_threads_options *options, int fd, struct http_threads **ret);
/* Ends all connections and waits for the threads. NULL-safe; returns NULL. */
struct http_threads *http_threads_free(struct http_threads *threads);
DEFINE_CLEANUP(struct http_threads *, http_threads_free);

/* Serves an accepted connection; takes over the descriptor, also on failure (-EBUSY: there are as many as there may be). */
int http_threads_add(struct http_threads *threads, int fd, const struct sockaddr *peer, socklen_t size);
/* Whether there is room for one more. */
bool http_threads_have_room(struct http_threads *threads);
/* Ends connections that have waited for too long, or send a file that was cut (connections_sweep). To be called every few seconds. NULL-safe. */
void http_threads_end_stuck(struct http_threads *threads);

/* A connection as it is watched; NULL: it is not. */
struct connection *http_threads_watched(struct MHD_Connection *connection);
