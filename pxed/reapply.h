/*
 * The newest inventory of each node in state reapplying goes through hooks and rules again, as they are now: read anew from what was posted, for what reads it may
 * have changed too. The queue is the nodes' states: so it is bounded, stored, and goes on after a restart.
 */
#pragma once

#include "pxed/change.h"

/* How far the queue has been looked through. All zeros is a beginning. */
struct reapply {
        size_t at, passed;
};

/* A piece of it, in one change. 1: there is more; 0: no node is left; what kept the change from being stored: later it may be. */
int reapply_some(struct state *state, struct reapply *reapply, uint64_t now);
