/*
 * The desired state of a worker's role on disk, so that a daemon which starts while pxed is down serves what it served before.
 *
 * A file of lines: the header, then entries and, where a revision is whole, its mark. What comes later goes before what came
 * earlier; what comes after the last mark does not count. Changes are appended; the file is written anew (by rename) when the whole
 * state has come, and when it has grown to more than twice what it needs. Mode 0600: the secret of boot tokens is in it.
 *
 *     pxed-state 1 ROLE
 *     KEY <tab> ENTRY         JSON, type Entry of org.pxed.Worker
 *     KEY <tab>               the key is gone
 *     <tab> REVISION          the mark
 */
#pragma once

#include <stdint.h>

#include "lib/json.h"

struct kept_state;

int kept_state_new(const char *path, const char *role, struct kept_state **ret);
struct kept_state *kept_state_free(struct kept_state *kept);
DEFINE_CLEANUP(struct kept_state *, kept_state_free);

/* Delivers the entries of the last whole revision, each key once. Nothing was delivered where it fails: -ENOENT: nothing was kept;
 * -EBADMSG: damaged, or not of this role; -EPROTONOSUPPORT: written by a newer version. */
int kept_state_load(struct kept_state *kept, void (*entry)(const char *key, const json_t *entry, void *userdata), void *userdata);

/* The whole state follows. Changes that come before the first of these are not kept: there is nothing that they could be added to. */
void kept_state_begin(struct kept_state *kept);
/* An entry of the revision that comes; one without a value is gone. */
void kept_state_take(struct kept_state *kept, const char *key, const json_t *entry);
/* The revision is whole: as kept_state_write. */
int kept_state_commit(struct kept_state *kept, uint64_t revision);
/* Writes what could not be written before; what fails again stays to be written. Negative errno of the write; -ENOMEM: too much waits,
 * the file is removed rather than left behind the state, until the whole state comes again. */
int kept_state_write(struct kept_state *kept);
