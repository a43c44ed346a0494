/* The streams of observers: events, and boots in flight. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/varlink_server.h"

struct manager;
struct stream;

struct streams {
        struct stream *first;
        uint64_t flights_sent; /* monotonic: when boots were told last */
};

/* Sends the events after `after`, then each new one. Takes over the call. */
int streams_add_events(struct manager *manager, struct varlink_call *call, uint64_t after);
/* Sends the boots in flight, then each that changes. Takes over the call. */
int streams_add_flights(struct manager *manager, struct varlink_call *call);
/* Sends what is new to those that read. Returns the microseconds after which boots are due again, 0: none are. */
uint64_t streams_send(struct manager *manager, uint64_t now_monotonic);
