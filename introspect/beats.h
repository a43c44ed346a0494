/*
 * A ramdisk that waits says so every few seconds; only what differs from what it said before is news. Remembers the last words
 * of some thousands of machines in a fixed amount of memory: where it has forgotten, news comes once more.
 * Any thread may use it.
 */
#pragma once

#include <stdbool.h>

#include "lib/address.h"
#include "lib/macro.h"

struct beats;

int beats_new(struct beats **ret);
struct beats *beats_free(struct beats *beats);
DEFINE_CLEANUP(struct beats *, beats_free);

/* Whether the machine's last words, under this token, were others; they are these from now on. */
bool beats_is_news(struct beats *beats, const struct mac *mac, const char *token, const char *words);
