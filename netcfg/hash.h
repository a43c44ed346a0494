/* Hashes for tables whose keys strangers choose. Pure. */
#pragma once

#include <stdint.h>

/* Each bit of x counts in each of the upper half (the finalizer of MurmurHash3, with a multiplier of our own). `seed`: drawn at random, so that nobody can
 * choose keys that collide; its lowest bit does not count. */
static inline uint64_t hash_mix(uint64_t x, uint64_t seed) {
        x = (x ^ x >> 33) * 0xff51afd7ed558ccdU;
        return (x ^ x >> 33) * (seed | 1);
}
