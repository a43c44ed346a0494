/*
 * Posts on disk, one after the other in files of some megabytes, the segments: what several threads append at once is on disk after one
 * fsync. A segment goes when its last post does. Any thread may use it.
 *
 * A post is a line of its head (struct spool_post, the size and the checksum of its text) and a line of its text. The first letter of the head says
 * whether the post is still wanted: it is overwritten in place.
 */
#pragma once

#include <stdint.h>

#include "introspect/spool.h"

/* Above this size no more is appended to a segment. */
#define SEGMENT_SIZE (4 * 1024 * 1024)

struct segments;
struct segment;

/* Where a post is. */
struct segment_place {
        struct segment *segment;
        uint64_t offset;
};

/* A post that was found, in the order they were appended. 0: it is wanted; 1: it is not; -ENOMEM ends the reading. */
typedef int (*segments_found)(const struct spool_post *post, const struct segment_place *place, void *userdata);

/*
 * Reads what is in the folder. A post whose writing was cut off was never acknowledged and is left out; a segment that is damaged
 * otherwise is moved to the folder `refused` when the posts before the damage are gone.
 */
int segments_new(const char *folder, const char *refused, segments_found found, void *userdata, struct segments **ret);
struct segments *segments_free(struct segments *segments);
DEFINE_CLEANUP(struct segments *, segments_free);

/* 0: it is on disk. Negative errno of writing: nothing of it is. */
int segments_append(struct segments *segments, const struct spool_post *post, const void *data, struct segment_place *ret);
/* The text of a post, which the caller frees. -EBADMSG: it is not what was appended; *ret is set then too. */
int segments_read(struct segments *segments, const struct spool_post *post, const struct segment_place *place, char **ret);
/* The post is wanted no more: its place is no longer one. */
void segments_forget(struct segments *segments, const struct segment_place *place);
