/*
 * What has changed, in order, each key once: the source of every stream that may be slower than the changes (desired state of
 * workers, boots in flight). A reader holds nothing but the sequence number up to which it has read; what changed
 * several times since is read once, as it is then. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pxed/index.h"

struct feed_item {
        struct feed_item *previous, *next;
        uint64_t sequence; /* grows; changed with each touch */
        unsigned kind;     /* a bit, for masks of readers */
        bool exists;       /* false: the object is gone */
        char key[];
};

/* All zeros is an empty feed. */
struct feed {
        struct index by_key;
        struct feed_item *first, *last; /* by sequence */
        uint64_t sequence;              /* of the newest change */
        size_t gone;                    /* items that do not exist */
};

/* The object with this key is new, has changed, or (exists false) is gone. -ENOMEM: readers will not learn of it. */
int feed_touch(struct feed *feed, unsigned kind, const char *key, bool exists);
/* The object is of no more interest, though nothing of it has changed: its item goes when every reader has read of it. */
void feed_retire(struct feed *feed, const char *key);
/* The first item of a kind in `mask` that changed after `sequence`; NULL: none. O(1) for those near either end. */
const struct feed_item *feed_after(const struct feed *feed, uint64_t sequence, unsigned mask);
/* The next such item. */
const struct feed_item *feed_next(const struct feed_item *item, unsigned mask);
/* Forgets the gone objects that every reader has read of: those up to `sequence`. */
void feed_prune(struct feed *feed, uint64_t sequence);
void feed_clear(struct feed *feed);
