/*
 * How often a machine may post inventories: some at once, then one in an interval, so that no machine takes the time of all. A ramdisk posts once, and where it fails up
 * to 60 times, 1 to 10 s apart, which is less. What it is told of too many is bounded likewise.
 *
 * Remembers some thousands of machines in a fixed amount of memory. Where more post at once, those are forgotten that are the nearest to posting as they like: so a
 * machine that is over its rate cannot be forgotten for those that are not, and one that is forgotten may only do more. Any thread may use it; times are
 * microseconds of the monotonic clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"

#define POST_RATE_BURST 10
#define POST_RATE_EVERY (5 * USEC_PER_SEC)
#define POST_RATE_TELL_EVERY (10 * USEC_PER_SEC)

/* Who posts. */
struct poster {
        struct mac mac;
        bool proven; /* by a boot token; without one anybody may say that it is his, and counts apart */
};

struct post_rate;

int post_rate_new(struct post_rate **ret);
struct post_rate *post_rate_free(struct post_rate *rate);
DEFINE_CLEANUP(struct post_rate *, post_rate_free);

/* Whether it may post now, which is counted then. False: it may in *ret_wait, and what is refused is not counted. */
bool post_rate_allows(struct post_rate *rate, const struct poster *poster, uint64_t now, uint64_t *ret_wait);
/* A post was refused, for its rate or for another bound. True: the operator is to be told, and *ret_refused is how many were since the last time. */
bool post_rate_tells(struct post_rate *rate, const struct poster *poster, uint64_t now, unsigned *ret_refused);
