/* What a ramdisk that waits for orders is told to do. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "introspect/state.h"
#include "lib/token.h"

/* What pxed stored is known here as no longer asked for only a moment after it was acknowledged. */
#define ORDER_SETTLE_US (2 * USEC_PER_SEC)

enum order { ORDER_WAIT, ORDER_REBOOT, ORDER_ABORT };

struct order_input {
        const struct token *token;
        const struct state_node *node; /* as it is wanted now; NULL: not known */
        bool waiting;                  /* the ramdisk says that it waits, i.e. that its work is over */
        bool troubled;                 /* and that something went wrong: its inventory did not come */
        bool unsettled;                /* its inventory is not stored yet, or was less than ORDER_SETTLE_US ago */
};

/*
 * Abort: the inspection was taken back, whatever the ramdisk is at. Reboot: the node was assigned something since the machine's script was made, or an inspection is asked for anew
 * after this one's inventory has come. A machine without an assignment has nothing to reboot for.
 */
enum order order_decide(const struct order_input *input);
const char *order_name(enum order order);
