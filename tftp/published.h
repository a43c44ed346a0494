/* The place where the newest snapshot is to be had: swapped whole, under a lock that is held for a few instructions. */
#pragma once

#include "tftp/snapshot.h"

struct published;

int published_new(struct published **ret);
struct published *published_free(struct published *published);
DEFINE_CLEANUP(struct published *, published_free);

/* Takes the reference over. Whoever asks after this has returned gets this one. */
void published_set(struct published *published, struct snapshot *snapshot);
/* A reference of the caller's; NULL: none was published yet. */
struct snapshot *published_get(struct published *published);
