/*
 * Inventories that were accepted and that pxed has not acknowledged yet: on disk (introspect/segments.h) before the machine is told that its
 * inventory is taken. Bounded in number and bytes, of all and of one machine. Any thread may use it.
 *
 * A post has a name, by which one that is posted or replayed twice is one. What pxed has acknowledged is remembered by name
 * for a minute more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"

#define SPOOL_POST_SIZE 33

struct spool;

struct spool_post {
        uint64_t time; /* microseconds of realtime: when it came */
        struct mac mac;
        char post[SPOOL_POST_SIZE]; /* 32 hexadecimal digits */
        size_t size;                /* bytes of its text */
        bool unproven;              /* nothing but its text says that it is of that machine; not kept on disk */
};

struct spool_limits {
        size_t posts;
        uint64_t bytes;
        size_t posts_per_machine; /* of those that are unproven, half as many: they leave room for what is proven */
};

/* Creates FOLDER/spool and FOLDER/refused and reads what is in the spool. */
int spool_new(const char *folder, const struct spool_limits *limits, struct spool **ret);
struct spool *spool_free(struct spool *spool);
DEFINE_CLEANUP(struct spool *, spool_free);

/*
 * Stores a post: 0 when it is on disk, 1 when it already was. -ENOBUFS: the spool has as many as it may, -EBUSY: of this MAC; -ENOSPC, -EDQUOT: the disk
 * is full; other negative errno of writing. Nothing is stored then. `post->size` is set.
 */
int spool_add(struct spool *spool, struct spool_post *post, const void *data, size_t size);

/* The post that came first of those that have not been handed out, which it is then. False: none. */
bool spool_take(struct spool *spool, struct spool_post *ret);
/* The text, of `post->size` bytes, of a post that was taken; the caller frees it. -EBADMSG: it is not what was stored. */
int spool_read(struct spool *spool, const struct spool_post *post, char **ret);

/* What became of a post that was taken. `now` in microseconds of the monotonic clock. */
void spool_done(struct spool *spool, const struct spool_post *post, uint64_t now);
void spool_put_back(struct spool *spool, const struct spool_post *post);
/* Likewise, behind all others: it may be the reason why they do not get through. */
void spool_put_last(struct spool *spool, const struct spool_post *post);
/* pxed does not want it, or it cannot be read: put into FOLDER/refused for a person to look at, where the newest 16 are kept. */
void spool_set_aside(struct spool *spool, const struct spool_post *post);

/* Whether a post of that machine is not acknowledged, or was so less than `settle` microseconds before `now`, or since then. */
bool spool_is_unsettled(struct spool *spool, const struct mac *mac, uint64_t now, uint64_t settle);

/* Posts not acknowledged. */
size_t spool_size(struct spool *spool);
/* Whether a usual post would fit now, by its limits and by the disk, which is tried by making a file. */
bool spool_has_room(struct spool *spool);
