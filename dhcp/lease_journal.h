/*
 * The leases of one network on disk: a journal that each change appends one line to, written anew when it has grown to several times
 * what lives. What was appended survives the daemon at once, and the host after the next lease_journal_sync.
 */
#pragma once

#include <stdbool.h>

#include "dhcp/lease_table.h"

struct lease_journal;

/* Reads `path`, where there is one, into `table`; a journal that is damaged, or mostly history, is written anew at once.
 * *ret_bad: bytes that meant nothing. Negative errno: it cannot be read; one that cannot be written is dirty from the start. */
int lease_journal_open(const char *path, struct lease_table *table, struct lease_journal **ret, size_t *ret_bad);
struct lease_journal *lease_journal_free(struct lease_journal *journal);
DEFINE_CLEANUP(struct lease_journal *, lease_journal_free);

/* Appends a change that `table` has taken already; may write the journal anew. On failure nothing is lost as long as
 * the daemon runs: lease_journal_sync then writes the whole table. */
int lease_journal_append(struct lease_journal *journal, enum lease_event event, const struct lease *lease);

/* Whether something has been appended since the last sync, or could not be. */
bool lease_journal_is_dirty(const struct lease_journal *journal);
/* Puts it on disk; after a failed append tries to write the journal anew. Negative errno: stays dirty. */
int lease_journal_sync(struct lease_journal *journal);
