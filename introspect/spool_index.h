/* What the spool knows of its posts: in the order they came, found by MAC. Pure; the spool locks it. */
#pragma once

#include "introspect/segments.h"

/* WRITING: not on disk yet. TAKEN: handed out. DONE: acknowledged, and no longer kept. */
enum spool_state { SPOOL_WRITING, SPOOL_WAITING, SPOOL_TAKEN, SPOOL_DONE };

struct spool_entry {
        struct spool_entry *next, *previous, *next_of_bucket;
        struct spool_post post;
        enum spool_state state;
        struct segment_place place; /* WAITING, TAKEN */
        uint64_t done; /* when, by the monotonic clock */
};

#define SPOOL_BUCKETS 1024
/* How long, and of how many, it is remembered that they are done. */
#define SPOOL_REMEMBER_US (60 * USEC_PER_SEC)
#define SPOOL_REMEMBER_MAX 10000

struct spool_index {
        struct spool_entry *first, *last;           /* not done */
        struct spool_entry *first_done, *last_done; /* by `done` */
        struct spool_entry *buckets[SPOOL_BUCKETS];
        size_t posts, dones;
        uint64_t bytes; /* of the posts that are not done */
};

/* Adds one that is not in it, at the end. NULL without memory. */
struct spool_entry *spool_index_add(struct spool_index *index, const struct spool_post *post);
/* The one of the same MAC and name; NULL. */
struct spool_entry *spool_index_find(struct spool_index *index, const struct spool_post *post);
/* How many of a MAC are not done. */
size_t spool_index_count(struct spool_index *index, const struct mac *mac);
/* The first of the bucket that the posts of a MAC are in, among others. */
struct spool_entry *spool_index_bucket(struct spool_index *index, const struct mac *mac);
void spool_index_remove(struct spool_index *index, struct spool_entry *entry);
/* Behind all others that are not done. */
void spool_index_move_last(struct spool_index *index, struct spool_entry *entry);
/* Its post is acknowledged; forgets those that were long ago. */
void spool_index_done(struct spool_index *index, struct spool_entry *entry, uint64_t now);
void spool_index_clear(struct spool_index *index);
