/*
 * How often something may be repaired that does not stay so: at once, then after 1, 2, 4 ... 60 seconds. Pure. Times are microseconds
 * of one clock that does not jump.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct repair_pace {
        unsigned repairs; /* since it was last in order for a while */
        uint64_t last;    /* when the last one was made */
};

/* A repair was made, or tried. */
void repair_pace_count(struct repair_pace *pace, uint64_t now);

/* When the next one may be made; 0: at once. */
uint64_t repair_pace_next(const struct repair_pace *pace);

/* All is in order: once that has lasted twice the spacing, and 10 seconds at least, the repairs are forgotten. */
void repair_pace_settle(struct repair_pace *pace, uint64_t now);
/* When repair_pace_settle will forget them; 0: there are none. */
uint64_t repair_pace_forgets(const struct repair_pace *pace);

/* Whether so many repairs were undone that something else must be at it. */
bool repair_pace_is_fight(const struct repair_pace *pace);
/* Seconds between the last repair and the next one. */
unsigned repair_pace_spacing(const struct repair_pace *pace);
