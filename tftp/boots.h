/*
 * Which files of its script each machine has fetched: when it has all, it starts what was assigned. One boot per MAC, the
 * newest; bounded, the longest untouched goes first. Any thread.
 */
#pragma once

#include "tftp/decide.h"
#include "tftp/report.h"

struct boots;

int boots_new(struct boots **ret);
struct boots *boots_free(struct boots *boots);
DEFINE_CLEANUP(struct boots *, boots_free);

/* How many files of the profile's script come from this server. */
unsigned profile_own_files(const struct profile *profile);

/*
 * A script was served: its files are waited for. `started` is the report that is made when all have come; it is copied, without
 * file and detail. `fetched`: NULL, or a file that is known to be fetched now although this boot is not known: those
 * before it must have been (a script loads its files in order), by the daemon before its restart.
 */
void boots_begin(struct boots *boots, const struct profile *profile, const struct report *started, const char *fetched);
/* Whether the MAC's boot of that assignment is known. */
bool boots_has(struct boots *boots, const struct mac *mac, uint64_t assignment);
/* A file was served to its end. Returns the report to make when it was the last one missing, else NULL. */
struct report *boots_fetched(struct boots *boots, const struct mac *mac, uint64_t assignment, const char *file);
