/* The leases of one network in memory, sorted by address. Pure but for the memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dhcp/lease.h"
#include "lib/macro.h"

/* More leases than this are refused: a /14 full of them. */
#define LEASE_TABLE_MAX 262144

struct lease_table;

int lease_table_new(struct lease_table **ret);
struct lease_table *lease_table_free(struct lease_table *table);
DEFINE_CLEANUP(struct lease_table *, lease_table_free);

/* Takes a copy in place of what holds the address. 1: something changed, 0: it was the same already; -ENOMEM, -ENOSPC. */
int lease_table_set(struct lease_table *table, const struct lease *lease);
/* 1: removed, 0: there was none. */
int lease_table_remove(struct lease_table *table, uint32_t address);

size_t lease_table_size(const struct lease_table *table);
/* Sorted by address; NULL past the last. Holds until the table changes. */
const struct lease *lease_table_at(const struct lease_table *table, size_t index);
const struct lease *lease_table_find(const struct lease_table *table, uint32_t address);

/* Removes leases that ended at or before `now` (seconds since 1970). Returns how many. */
size_t lease_table_expire(struct lease_table *table, uint64_t now);

/* Takes what a journal says, line by line; a last line without newline was being written when the host failed and does not count.
 * `text` is cut up. Returns the number of whole lines; *ret_bad says how many bytes of lines meant nothing or were cut. -ENOMEM. */
int lease_table_replay(struct lease_table *table, char *text, size_t size, size_t *ret_lines, size_t *ret_bad);
