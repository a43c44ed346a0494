#include "pxed/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct feed_item *find(const struct feed *feed, uint64_t hash, const char *key) {
        struct feed_item *item;
        size_t position = 0;
        while ((item = index_next(&feed->by_key, hash, &position)))
                if (strcmp(item->key, key) == 0)
                        return item;
        return NULL;
}

static void unlink_item(struct feed *feed, struct feed_item *item) {
        *(item->previous ? &item->previous->next : &feed->first) = item->next;
        *(item->next ? &item->next->previous : &feed->last) = item->previous;
}

static void set_exists(struct feed *feed, struct feed_item *item, bool exists) {
        feed->gone += !exists;
        feed->gone -= !item->exists;
        item->exists = exists;
}

static void append(struct feed *feed, struct feed_item *item) {
        item->previous = feed->last;
        item->next = NULL;
        *(feed->last ? &feed->last->next : &feed->first) = item;
        feed->last = item;
        item->sequence = ++feed->sequence;
}

int feed_touch(struct feed *feed, unsigned kind, const char *key, bool exists) {
        size_t size = strlen(key);
        uint64_t hash = index_hash(key, size);
        struct feed_item *item = find(feed, hash, key);

        if (item) {
                unlink_item(feed, item);
        } else {
                item = malloc(sizeof *item + size + 1);
                if (!item || index_add(&feed->by_key, hash, item) < 0) {
                        free(item);
                        return -ENOMEM;
                }
                memcpy(item->key, key, size + 1);
                item->exists = true;
        }
        item->kind = kind;
        set_exists(feed, item, exists);
        append(feed, item);
        return 0;
}

void feed_retire(struct feed *feed, const char *key) {
        struct feed_item *item = find(feed, index_hash(key, strlen(key)), key);
        if (item)
                set_exists(feed, item, false);
}

const struct feed_item *feed_next(const struct feed_item *item, unsigned mask) {
        do
                item = item->next;
        while (item && !(item->kind & mask));
        return item;
}

const struct feed_item *feed_after(const struct feed *feed, uint64_t sequence, unsigned mask) {
        const struct feed_item *item = feed->first;
        if (!item || feed->last->sequence <= sequence)
                return NULL;
        if (item->sequence <= sequence) {
                /* Readers are mostly near the newest. */
                item = feed->last;
                while (item->previous->sequence > sequence)
                        item = item->previous;
        }
        return item->kind & mask ? item : feed_next(item, mask);
}

static void drop(struct feed *feed, struct feed_item *item) {
        feed->gone -= !item->exists;
        unlink_item(feed, item);
        index_remove(&feed->by_key, index_hash(item->key, strlen(item->key)), item);
        free(item);
}

void feed_prune(struct feed *feed, uint64_t sequence) {
        for (struct feed_item *item = feed->first, *next; feed->gone > 0 && item && item->sequence <= sequence; item = next) {
                next = item->next;
                if (!item->exists)
                        drop(feed, item);
        }
}

void feed_clear(struct feed *feed) {
        while (feed->first)
                drop(feed, feed->first);
        index_clear(&feed->by_key);
        *feed = (struct feed) { 0 };
}
