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

static size_t home(const struct index *index, uint64_t hash) {
        return (size_t) (hash >> 20) & (index->size - 1);
}

static void place(struct index *index, uint64_t hash, void *value) {
        size_t at = home(index, hash);
        while (index->slots[at].value)
                at = (at + 1) & (index->size - 1);
        index->slots[at] = (struct index_slot) { hash, value };
        index->used++;
}

int index_reserve(struct index *index, size_t count) {
        size_t size = index->size ? index->size : 16;
        while ((index->used + count) * 4 > size * 3)
                size *= 2;
        if (size == index->size)
                return 0;
        struct index larger = { .slots = calloc(size, sizeof *larger.slots), .size = size };
        if (!larger.slots)
                return -ENOMEM;
        for (size_t i = 0; i < index->size; i++)
                if (index->slots[i].value)
                        place(&larger, index->slots[i].hash, index->slots[i].value);
        free(index->slots);
        *index = larger;
        return 0;
}

int index_add(struct index *index, uint64_t hash, void *value) {
        int r = index_reserve(index, 1);
        if (r == 0)
                place(index, hash, value);
        return r;
}

/* Closes the gap at `at`: moves back those after it that are not at home. */
static void close_gap(struct index *index, size_t at) {
        size_t mask = index->size - 1;
        for (size_t next = (at + 1) & mask; index->slots[next].value; next = (next + 1) & mask) {
                size_t distance = (next - home(index, index->slots[next].hash)) & mask;
                if (distance >= ((next - at) & mask)) {
                        index->slots[at] = index->slots[next];
                        at = next;
                }
        }
        index->slots[at].value = NULL;
}

bool index_remove(struct index *index, uint64_t hash, const void *value) {
        if (index->size == 0)
                return false;
        for (size_t at = home(index, hash); index->slots[at].value; at = (at + 1) & (index->size - 1))
                if (index->slots[at].hash == hash && index->slots[at].value == value) {
                        close_gap(index, at);
                        index->used--;
                        return true;
                }
        return false;
}

void *index_next(const struct index *index, uint64_t hash, size_t *position) {
        if (index->size == 0)
                return NULL;
        for (size_t at = (home(index, hash) + *position) & (index->size - 1); index->slots[at].value;
             at = (at + 1) & (index->size - 1)) {
                (*position)++;
                if (index->slots[at].hash == hash)
                        return index->slots[at].value;
        }
        return NULL;
}

void index_clear(struct index *index) {
        free(index->slots);
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
                        if (index->slots[i].value)
                                sorted->values[count++] = index->slots[i].value;
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
