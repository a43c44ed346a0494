/* What time alone changes: boots fall silent, inspections expire, leases end, conflicts of ports are over. */
#pragma once

#include "pxed/change.h"

/* To be called every second or so. Returns 0, or what kept the change from being stored: the next call tries again. */
int ageing_tick(struct state *state, uint64_t now);
