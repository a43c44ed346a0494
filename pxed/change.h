/*
 * One change of the state: whole or not at all. What is put is in memory at once, so that what follows in the same change sees
 * it; the store gets it at the commit; when the store refuses, or the change is given up, memory is as it was. Only after the
 * commit do workers and watchers learn of it.
 */
#pragma once

#include "pxed/state.h"

struct change;

/* One at a time. */
int change_begin(struct state *state, uint64_t now, struct change **ret);
/* Gives up what was not committed; NULL-safe; returns NULL. */
struct change *change_free(struct change *change);
DEFINE_CLEANUP(struct change *, change_free);

uint64_t change_now(const struct change *change);
/* The revision that the state will have: the change is one of objects, not only of observations. */
uint64_t change_revision(struct change *change);
/* The store, in a transaction that is part of the change: for what is not in memory. NULL when it could not be begun; the commit then
 * fails with that error. */
struct store *change_store(struct change *change);

/* Each takes over what it is given, also on failure. A node gets the new revision where `revise` says so. */
int change_put_node(struct change *change, struct node *node, bool revise);
int change_remove_node(struct change *change, struct node *node);
int change_put_profile(struct change *change, struct profile *profile);
int change_remove_profile(struct change *change, struct profile *profile);
/* durable false: the step of progress that it has more than what is stored may be lost. */
int change_put_boot(struct change *change, struct boot *boot, bool durable);
/* A copy of the boot that may be edited and put: the same one when this change made it. */
struct boot *change_edit_boot(struct change *change, struct boot *boot);
/* Gives up what change_edit_boot made of `boot`, instead of putting it; NULL-safe. */
void change_drop_boot(struct boot *edited, const struct boot *boot);
int change_put_sighting(struct change *change, struct sighting *sighting);
int change_remove_sighting(struct change *change, struct sighting *sighting);
int change_put_lease(struct change *change, struct lease *lease);
int change_remove_lease(struct change *change, struct lease *lease);

/* An event that is stored with the change. `node`, `mac`, `network`, `daemon` may be NULL. */
int change_event(struct change *change, const char *kind, const struct node *node, const struct mac *mac,
                 const char *network, const char *daemon, const char *format, ...) _printf_(7, 8);

/* Whether the commit will write anything. */
bool change_has_writes(const struct change *change);

/* -ENOSPC, -EIO, ...: the store refused (state.stored has been told why); nothing has happened. */
int change_commit(struct change *change);
