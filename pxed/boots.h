/*
 * The attempts that are in memory: those in flight, and ended ones for a while. A copy takes the place of what it
 * was made from, as with nodes. Pure.
 */
#pragma once

#include "lib/boot.h"
#include "pxed/index.h"

/* All zeros is empty. */
struct boots {
        struct index by_id, by_mac;
        size_t count;
};

int boots_put(struct boots *boots, struct boot *boot, struct boot **ret_old);
void boots_remove(struct boots *boots, struct boot *boot);
struct boot *boots_find(const struct boots *boots, uint64_t id);
/* The newest with this MAC and an id below `below` (UINT64_MAX: the newest of all); NULL: none is in memory. */
struct boot *boots_latest(const struct boots *boots, const struct mac *mac, uint64_t below);
void boots_clear(struct boots *boots);
