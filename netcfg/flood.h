/*
 * Whether a network is flooded with MACs that were never seen before, and what a person can be told of it. Pure: `now` is passed in,
 * microseconds of realtime.
 *
 * It is when in each of FLOOD_SECONDS seconds in a row more than FLOOD_RATE new MACs were seen, or when for a new one another had to be
 * forgotten that was still heard (SIGHTING_SQUEEZED). It is over after FLOOD_QUIET without either. So a rack that is switched on, or an
 * appliance that starts on a network of some thousand machines, is no flood.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"

#define FLOOD_RATE 100
#define FLOOD_SECONDS 10
#define FLOOD_QUIET (60 * USEC_PER_SEC)
#define FLOOD_EXAMPLES 3

struct flood {
        bool on;
        bool squeezed;   /* MACs that were still heard had to be forgotten */
        uint64_t second; /* that the count is of */
        unsigned count;  /* new MACs in it */
        unsigned row;    /* seconds in a row that were over the limit */
        unsigned most;   /* new MACs in one of them */
        uint64_t last;   /* when it was seen last */
        struct mac macs[FLOOD_EXAMPLES], senders[FLOOD_EXAMPLES]; /* of the second; senders: each once */
        unsigned mac_count, sender_count;                         /* sender_count: one more than there is room for: there are many */
};

/* A new MAC was seen in a frame that `sender` sent. */
void flood_note(struct flood *flood, const struct mac *mac, const struct mac *sender, bool squeezed, uint64_t now);

/* Whether it goes on. */
bool flood_is_on(struct flood *flood, uint64_t now);

/* What is to be told of it, and what to do; for a person. */
void flood_describe(const struct flood *flood, const char *interface, char *buffer, size_t size);
