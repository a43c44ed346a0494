/* The two clocks. Pure code takes `now` as an argument and calls neither. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(clockid_t id) {
        struct timespec ts;
        clock_gettime(id, &ts);
        return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}

/* Microseconds since 1970-01-01 UTC: what goes out on the bus. */
static inline uint64_t realtime_us(void) {
        return clock_us(CLOCK_REALTIME);
}

/* Microseconds that never go back: for intervals and timers. */
static inline uint64_t monotonic_us(void) {
        return clock_us(CLOCK_MONOTONIC);
}
