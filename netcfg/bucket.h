/* A limit on how often something is done: `rate` times a second, after a pause up to `burst` at once. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/macro.h"

struct bucket {
        uint64_t empty_until; /* when it would be full again, microseconds */
};

/* Whether it may be done at `now`; counts it when it may. */
static inline bool bucket_take(struct bucket *bucket, unsigned rate, unsigned burst, uint64_t now) {
        uint64_t each = USEC_PER_SEC / rate;

        /* also after the clock was set back */
        if (bucket->empty_until < now || bucket->empty_until > now + each * burst)
                bucket->empty_until = now;
        if (bucket->empty_until + each > now + each * burst)
                return false;
        bucket->empty_until += each;
        return true;
}
