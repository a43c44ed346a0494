/*
 * A ramdisk that waits says so every few seconds; only what differs from what it said before is news. Remembers the last words
 * of some thousands of machines in a fixed amount of memory: where it has forgotten, news comes once more. A machine that has always
 * something else to say is heard now and then, so that it does not push out what is to be reported of others.
 * Any thread may use it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"

struct beats;

int beats_new(struct beats **ret);
struct beats *beats_free(struct beats *beats);
DEFINE_CLEANUP(struct beats *, beats_free);

/* Of one machine, within BEATS_TIME. */
#define BEATS_NEWS_MAX 30
#define BEATS_TIME (60 * USEC_PER_SEC)

/*
 * Whether the machine's last words, under this token, were others; they are these from now on. What comes after BEATS_NEWS_MAX is no news and is not
 * remembered: who goes on saying it is heard when the time is over. `now` in microseconds of the monotonic clock.
 */
bool beats_is_news(struct beats *beats, const struct mac *mac, const char *token, const char *words, uint64_t now);
