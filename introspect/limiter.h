/* So many per second and no more; the rest is counted. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/macro.h"

struct limiter {
        unsigned per_second;
        unsigned used;   /* in this second */
        unsigned missed; /* not told of yet */
        uint64_t second;
};

static inline struct limiter limiter_new(unsigned per_second) {
        return (struct limiter) { .per_second = per_second };
}

/* `now` in microseconds. Where it allows, *ret_missed is how many it did not since it last did. */
static inline bool limiter_allows(struct limiter *limiter, uint64_t now, unsigned *ret_missed) {
        if (now / USEC_PER_SEC != limiter->second) {
                limiter->second = now / USEC_PER_SEC;
                limiter->used = 0;
        }
        if (limiter->used >= limiter->per_second) {
                limiter->missed++;
                return false;
        }
        limiter->used++;
        *ret_missed = limiter->missed;
        limiter->missed = 0;
        return true;
}
