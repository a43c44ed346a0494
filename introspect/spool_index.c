#include "introspect/spool_index.h"

#include <string.h>

static struct spool_entry **bucket_of(struct spool_index *index, const struct mac *mac) {
        uint64_t bits = mac_to_u64(mac) * 0x9e3779b97f4a7c15u;

        return &index->buckets[(bits >> 32) % SPOOL_BUCKETS];
}

struct spool_entry *spool_index_bucket(struct spool_index *index, const struct mac *mac) {
        return *bucket_of(index, mac);
}

static void link_last(struct spool_entry **first, struct spool_entry **last, struct spool_entry *entry) {
        entry->next = NULL;
        entry->previous = *last;
        *(*last ? &(*last)->next : first) = entry;
        *last = entry;
}

static void unlink_from(struct spool_entry **first, struct spool_entry **last, struct spool_entry *entry) {
        *(entry->previous ? &entry->previous->next : first) = entry->next;
        *(entry->next ? &entry->next->previous : last) = entry->previous;
}

struct spool_entry *spool_index_add(struct spool_index *index, const struct spool_post *post) {
        struct spool_entry *entry = calloc(1, sizeof(*entry)), **bucket = bucket_of(index, &post->mac);

        if (!entry)
                return NULL;
        entry->post = *post;
        entry->next_of_bucket = *bucket;
        *bucket = entry;
        link_last(&index->first, &index->last, entry);
        index->posts++;
        index->bytes += post->size;
        return entry;
}

struct spool_entry *spool_index_find(struct spool_index *index, const struct spool_post *post) {
        struct spool_entry *entry = *bucket_of(index, &post->mac);

        while (entry && (memcmp(&entry->post.mac, &post->mac, sizeof(post->mac)) != 0 || strcmp(entry->post.post, post->post) != 0))
                entry = entry->next_of_bucket;
        return entry;
}

size_t spool_index_count(struct spool_index *index, const struct mac *mac) {
        size_t count = 0;

        for (struct spool_entry *entry = *bucket_of(index, mac); entry; entry = entry->next_of_bucket)
                count += entry->state != SPOOL_DONE && memcmp(&entry->post.mac, mac, sizeof(*mac)) == 0;
        return count;
}

static void unlink_open(struct spool_index *index, struct spool_entry *entry) {
        unlink_from(&index->first, &index->last, entry);
        index->posts--;
        index->bytes -= entry->post.size;
}

void spool_index_remove(struct spool_index *index, struct spool_entry *entry) {
        struct spool_entry **link = bucket_of(index, &entry->post.mac);

        while (*link != entry)
                link = &(*link)->next_of_bucket;
        *link = entry->next_of_bucket;
        if (entry->state == SPOOL_DONE) {
                unlink_from(&index->first_done, &index->last_done, entry);
                index->dones--;
        } else
                unlink_open(index, entry);
        free(entry);
}

void spool_index_done(struct spool_index *index, struct spool_entry *entry, uint64_t now) {
        if (entry->state == SPOOL_DONE)
                return;
        unlink_open(index, entry);
        entry->state = SPOOL_DONE;
        entry->done = now;
        link_last(&index->first_done, &index->last_done, entry);
        index->dones++;
        while (index->dones > SPOOL_REMEMBER_MAX || now - index->first_done->done > SPOOL_REMEMBER_US)
                spool_index_remove(index, index->first_done);
}

void spool_index_move_last(struct spool_index *index, struct spool_entry *entry) {
        if (entry->state == SPOOL_DONE)
                return;
        unlink_from(&index->first, &index->last, entry);
        link_last(&index->first, &index->last, entry);
}

void spool_index_clear(struct spool_index *index) {
        while (index->first)
                spool_index_remove(index, index->first);
        while (index->first_done)
                spool_index_remove(index, index->first_done);
}
