#include "tftp/node_map.h"

#include <errno.h>
#include <string.h>

struct node_entry {
        uint64_t hash;
        struct node *node;
};

struct node_bucket {
        atomic_uint references;
        unsigned count, room;
        struct node_entry entries[];
};

static size_t bucket_size(unsigned room) {
        return sizeof(struct node_bucket) + room * sizeof(struct node_entry);
}

static struct node_bucket *bucket_unref(struct node_bucket *bucket) {
        if (bucket && atomic_fetch_sub_explicit(&bucket->references, 1, memory_order_acq_rel) == 1) {
                for (unsigned i = 0; i < bucket->count; i++)
                        node_unref(bucket->entries[i].node);
                free(bucket);
        }
        return NULL;
}

static bool bucket_is_shared(const struct node_bucket *bucket) {
        return atomic_load_explicit(&bucket->references, memory_order_acquire) > 1;
}

static struct node_bucket **bucket_of(const struct node_map *map, uint64_t hash) {
        /* The upper half of a product mixes all bits of the hash. */
        uint64_t mixed = hash * UINT64_C(0x9e3779b97f4a7c15);
        return (struct node_bucket **) &map->buckets[mixed >> 56];
}

_Static_assert(NODE_MAP_BUCKETS == 1 << 8, "bucket_of takes 8 bits");

/* Puts a bucket that only this map has, with room for `more` entries, in the place of *at. */
static int bucket_make_own(struct node_bucket **at, unsigned more) {
        struct node_bucket *old = *at, *bucket;
        unsigned count = old ? old->count : 0, room = old ? old->room : 0;

        if (old && !bucket_is_shared(old) && room - count >= more)
                return 0;
        if (room < count + more)
                room = count + more + count / 2;

        if (old && !bucket_is_shared(old)) {
                bucket = realloc(old, bucket_size(room));
                if (!bucket)
                        return -ENOMEM;
                bucket->room = room;
                *at = bucket;
                return 0;
        }

        bucket = malloc(bucket_size(room));
        if (!bucket)
                return -ENOMEM;
        atomic_init(&bucket->references, 1);
        bucket->count = count;
        bucket->room = room;
        for (unsigned i = 0; i < count; i++) {
                bucket->entries[i] = old->entries[i];
                node_ref(bucket->entries[i].node);
        }
        bucket_unref(old);
        *at = bucket;
        return 0;
}

void node_map_copy(struct node_map *to, const struct node_map *from) {
        for (unsigned i = 0; i < NODE_MAP_BUCKETS; i++) {
                to->buckets[i] = from->buckets[i];
                if (to->buckets[i])
                        atomic_fetch_add_explicit(&to->buckets[i]->references, 1, memory_order_relaxed);
        }
}

void node_map_clear(struct node_map *map) {
        for (unsigned i = 0; i < NODE_MAP_BUCKETS; i++)
                map->buckets[i] = bucket_unref(map->buckets[i]);
}

int node_map_add(struct node_map *map, uint64_t hash, struct node *node) {
        struct node_bucket **at = bucket_of(map, hash);
        int r = bucket_make_own(at, 1);

        if (r < 0)
                return r;
        (*at)->entries[(*at)->count++] = (struct node_entry) { .hash = hash, .node = node_ref(node) };
        return 0;
}

static bool bucket_find(const struct node_bucket *bucket, uint64_t hash, const struct node *node, unsigned *ret) {
        for (unsigned i = 0; bucket && i < bucket->count; i++)
                if (bucket->entries[i].hash == hash && bucket->entries[i].node == node) {
                        *ret = i;
                        return true;
                }
        return false;
}

int node_map_remove(struct node_map *map, uint64_t hash, const struct node *node) {
        struct node_bucket **at = bucket_of(map, hash);
        unsigned i;

        if (!bucket_find(*at, hash, node, &i))
                return 0;
        int r = bucket_make_own(at, 0);
        if (r < 0)
                return r;

        struct node_bucket *bucket = *at;
        node_unref(bucket->entries[i].node);
        memmove(&bucket->entries[i], &bucket->entries[i + 1], (--bucket->count - i) * sizeof(struct node_entry));
        if (bucket->count == 0)
                *at = bucket_unref(bucket);
        return 0;
}

struct node *node_map_find(const struct node_map *map, uint64_t hash,
                           bool (*matches)(const struct node *node, const void *key), const void *key) {
        const struct node_bucket *bucket = *bucket_of(map, hash);

        for (unsigned i = 0; bucket && i < bucket->count; i++)
                if (bucket->entries[i].hash == hash && matches(bucket->entries[i].node, key))
                        return bucket->entries[i].node;
        return NULL;
}
