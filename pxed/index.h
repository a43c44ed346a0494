/*
 * A hash index from whatever the caller hashes to pointers that stay the caller's. Several values may share
 * a key; one value may be there under several hashes. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros is an empty index. */
struct index {
        void **values;  /* NULL: the place is free */
        uint32_t *tags; /* of each value, what is kept of its hash */
        size_t size;    /* of both; power of two */
        size_t used;
};

/* FNV-1a with a final mix. */
uint64_t index_hash(const void *data, size_t size);

/* -ENOMEM leaves the index as it was. */
int index_add(struct index *index, uint64_t hash, void *value);
/* Makes room for `count` more values, so that adding these cannot fail. */
int index_reserve(struct index *index, size_t count);
/* Takes out the value that was added with this hash; false when it was not there. */
bool index_remove(struct index *index, uint64_t hash, const void *value);
/*
 * The next value with this hash. *position is 0 at first and is the walk's own; NULL at the end. The caller compares the keys
 * (two keys may share a hash). The index must not change during the walk.
 */
void *index_next(const struct index *index, uint64_t hash, size_t *position);
/* A list of an index's values in an order, made when it is asked for. All zeros is an empty one. */
struct sorted {
        void **values;
        size_t size;
        bool valid; /* to be cleared when the index changes */
};

/*
 * The values of an index that has each under one hash, by `compare` (as qsort's); valid until the index changes. NULL with *ret_count 0 when there
 * are none, or without memory.
 */
void *const *index_sorted(const struct index *index, struct sorted *sorted, int (*compare)(const void *, const void *),
                          size_t *ret_count);
void sorted_clear(struct sorted *sorted);

/* Frees the table, not the values. */
void index_clear(struct index *index);
