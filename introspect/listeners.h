/*
 * The listening sockets: one per network, on its address and Settings.introspectPort. What cannot be had (the port is taken) is a problem
 * of the daemon and tried again every second. An address that no interface has yet is bound all the same (IP_FREEBIND).
 */
#pragma once

#include "introspect/http.h"
#include "introspect/state.h"
#include "lib/daemon.h"

struct listeners;

int listeners_new(struct daemon *daemon, struct http_threads *http, struct listeners **ret);
struct listeners *listeners_free(struct listeners *listeners);
DEFINE_CLEANUP(struct listeners *, listeners_free);

/* Opens what is wanted now and closes what is not; what stays is not touched. */
void listeners_set(struct listeners *listeners, const struct state_network *networks, size_t size, uint16_t port);
