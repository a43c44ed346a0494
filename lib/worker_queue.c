#include "lib/worker_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t bucket_of(const char *key) {
        size_t hash = 5381;

        for (; *key; key++)
                hash = hash * 33 + (unsigned char) *key;
        return hash % WORKER_BUCKETS;
}

struct worker_item *worker_item_free(struct worker_item *item) {
        if (!item)
                return NULL;
        free(item->key);
        json_decref(item->value);
        free(item->text);
        free(item);
        return NULL;
}

static struct worker_item *find(struct worker_queue *queue, const char *key) {
        struct worker_item *item = queue->buckets[bucket_of(key)];

        while (item && strcmp(item->key, key) != 0)
                item = item->next_of_bucket;
        return item;
}

static void remove_item(struct worker_queue *queue, struct worker_item *item) {
        *(item->previous ? &item->previous->next : &queue->first) = item->next;
        *(item->next ? &item->next->previous : &queue->last) = item->previous;
        if (item->key) {
                struct worker_item **link = &queue->buckets[bucket_of(item->key)];
                while (*link != item)
                        link = &(*link)->next_of_bucket;
                *link = item->next_of_bucket;
        }
        item->next = item->previous = item->next_of_bucket = NULL;
        queue->size--;
}

static void drop_oldest(struct worker_queue *queue) {
        struct worker_item *item = queue->first;

        remove_item(queue, item);
        worker_item_free(item);
        queue->dropped++;
}

bool worker_queue_add(struct worker_queue *queue, struct worker_item *item) {
        struct worker_item *old = item->key ? find(queue, item->key) : NULL;

        if (old) {
                json_decref(old->value);
                old->value = TAKE_POINTER(item->value);
                worker_item_free(item);
                return true;
        }
        bool full = queue->size >= queue->max;
        if (full)
                drop_oldest(queue);
        item->previous = queue->last;
        *(queue->last ? &queue->last->next : &queue->first) = item;
        queue->last = item;
        if (item->key) {
                struct worker_item **bucket = &queue->buckets[bucket_of(item->key)];
                item->next_of_bucket = *bucket;
                *bucket = item;
        }
        queue->size++;
        return !full;
}

struct worker_item *worker_queue_take(struct worker_queue *queue) {
        struct worker_item *item = queue->first;

        if (item)
                remove_item(queue, item);
        return item;
}

void worker_queue_clear(struct worker_queue *queue) {
        struct worker_item *item;

        while ((item = worker_queue_take(queue)))
                worker_item_free(item);
}

bool worker_refusal_key(const struct mac *mac, uint64_t time, const char *detail, char *buffer, size_t size) {
        char text[MAC_TEXT_SIZE];

        return snprintf(buffer, size, "refused/%s/%" PRIu64 "/%s", mac_format(mac, text), time / (60 * USEC_PER_SEC), detail ? detail : "") < (int) size;
}
