#include "pxed/index.h"

#include <errno.h>
#include <stdlib.h>

uint64_t index_hash(const void *data, size_t size) {
        const uint8_t *bytes = data;
        uint64_t hash = 0xcbf29ce484222325;
        for (size_t i = 0; i < size; i++)
                hash = (hash ^ bytes[i]) * 0x100000001b3;
        hash ^= hash >> 32;
        return hash * 0x9e3779b97f4a7c15;
}

/* FNV's upper bits are mixed best; and 12 bytes for a place instead of 16 count with some ten thousand machines. */
static uint32_t tag_of(uint64_t hash) {
        return (uint32_t) (hash >> 20);
}

static size_t home(const struct index *index, uint32_t tag) {
        return tag & (index->size - 1);
}

static void place(struct index *index, uint32_t tag, void *value) {
        size_t at = home(index, tag);
        while (index->values[at])
                at = (at + 1) & (index->size - 1);
        index->values[at] = value;
        index->tags[at] = tag;
        index->used++;
}

int index_reserve(struct index *index, size_t count) {
        size_t size = index->size ? index->size : 16;
        while ((index->used + count) * 4 > size * 3)
                size *= 2;
        if (size == index->size)
                return 0;
        struct index larger = { .values = calloc(size, sizeof *larger.values), .tags = calloc(size, sizeof *larger.tags), .size = size };
        if (!larger.values || !larger.tags) {
                index_clear(&larger);
                return -ENOMEM;
        }
        for (size_t i = 0; i < index->size; i++)
                if (index->values[i])
                        place(&larger, index->tags[i], index->values[i]);
        index_clear(index);
        *index = larger;
        return 0;
}

int index_add(struct index *index, uint64_t hash, void *value) {
        int r = index_reserve(index, 1);
        if (r == 0)
                place(index, tag_of(hash), value);
        return r;
}

/* Closes the gap at `at`: moves back those after it that are not at home. */
static void close_gap(struct index *index, size_t at) {
        size_t mask = index->size - 1;
        for (size_t next = (at + 1) & mask; index->values[next]; next = (next + 1) & mask) {
                size_t distance = (next - home(index, index->tags[next])) & mask;
                if (distance >= ((next - at) & mask)) {
                        index->values[at] = index->values[next];
                        index->tags[at] = index->tags[next];
                        at = next;
                }
        }
        index->values[at] = NULL;
}

bool index_remove(struct index *index, uint64_t hash, const void *value) {
        if (index->size == 0)
                return false;
        uint32_t tag = tag_of(hash);
        for (size_t at = home(index, tag); index->values[at]; at = (at + 1) & (index->size - 1))
                if (index->tags[at] == tag && index->values[at] == value) {
                        close_gap(index, at);
                        index->used--;
                        return true;
                }
        return false;
}

void *index_next(const struct index *index, uint64_t hash, size_t *position) {
        if (index->size == 0)
                return NULL;
        uint32_t tag = tag_of(hash);
        for (size_t at = (home(index, tag) + *position) & (index->size - 1); index->values[at];
             at = (at + 1) & (index->size - 1)) {
                (*position)++;
                if (index->tags[at] == tag)
                        return index->values[at];
        }
        return NULL;
}

void index_clear(struct index *index) {
        free(index->values);
        free(index->tags);
        *index = (struct index) { 0 };
}

void *const *index_sorted(const struct index *index, struct sorted *sorted, int (*compare)(const void *, const void *),
                          size_t *ret_count) {
        *ret_count = 0;
        if (index->used == 0)
                return NULL;
        if (sorted->size < index->used) {
                void **larger = reallocarray(sorted->values, index->used, sizeof *larger);
                if (!larger)
                        return NULL;
                sorted->values = larger;
                sorted->size = index->used;
                sorted->valid = false;
        }
        if (!sorted->valid) {
                size_t count = 0;
                for (size_t i = 0; i < index->size; i++)
                        if (index->values[i])
                                sorted->values[count++] = index->values[i];
                qsort(sorted->values, count, sizeof *sorted->values, compare);
                sorted->valid = true;
        }
        *ret_count = index->used;
        return sorted->values;
}

void sorted_clear(struct sorted *sorted) {
        free(sorted->values);
        *sorted = (struct sorted) { 0 };
}
