/*
 * Inspections that were taken back before a ramdisk was served: they end when no script can be served any more that begins one. What was served before is
 * known by then, since pxed-tftp reports that no later than what it has applied.
 */
#pragma once

#include "pxed/manager.h"

/* To be called every second or so. Returns 0, or what kept the change from being stored: the next call tries again. */
int aborts_tick(struct manager *manager, uint64_t now);
