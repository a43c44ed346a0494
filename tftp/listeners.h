/*
 * The HTTP servers: one per address of a network. What cannot be had (the port is taken) is a problem of the daemon, and is
 * tried again when listeners_check is called.
 */
#pragma once

#include "lib/daemon.h"
#include "tftp/http.h"

struct listeners;

/* Both must outlive the listeners. */
int listeners_new(struct daemon *daemon, const struct http_context *context, struct listeners **ret);
struct listeners *listeners_free(struct listeners *listeners);
DEFINE_CLEANUP(struct listeners *, listeners_free);

/* Opens what the snapshot wants and is not open yet, closes what it does not want; the others are not touched. */
void listeners_set(struct listeners *listeners, const struct snapshot *snapshot);
/* Why nobody answers at that port; NULL: the server does. Borrowed. */
const char *listeners_silence(struct listeners *listeners, const struct ip *address, uint16_t port);
/* Tries again what could not be had. */
void listeners_check(struct listeners *listeners);
/* Ends connections that hold up (http_threads_end_stuck). To be called every few seconds. */
void listeners_end_stuck(struct listeners *listeners);
