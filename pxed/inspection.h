/*
 * The inspection of a node as a state machine.
 *
 *   none, finished, error  --ask-->       waiting (asked)
 *   any                    --served-->    waiting (asked)
 *   any                    --inventory--> finished
 *   any                    --failed-->    error
 *   waiting and served     --INSPECTION_TIMEOUT--> error, still asked: the machine's next boot tries again
 *
 * Pure: `now` is passed in, microseconds of realtime.
 */
#pragma once

#include "pxed/model.h"

/* From the serving of the ramdisk to its inventory. */
#define INSPECTION_TIMEOUT_USEC (3600 * USEC_PER_SEC)

enum inspection_event { INSPECTION_ASK, INSPECTION_SERVED, INSPECTION_INVENTORY, INSPECTION_FAILED, INSPECTION_TICK };

/* `error`: why, of INSPECTION_FAILED. Returns 1 when something changed, 0 when nothing did, -ENOMEM. */
int inspection_step(struct inspection *inspection, enum inspection_event event, uint64_t now, const char *error);
