#include "pxed/inspection.h"

#include <errno.h>

#include "lib/text.h"

static int begin(struct inspection *i, uint64_t now) {
        if (i->state == INSPECTION_WAITING && i->asked)
                return 0;
        if (i->state != INSPECTION_WAITING)
                i->started = now;
        i->state = INSPECTION_WAITING;
        i->asked = true;
        i->finished = 0;
        text_set(&i->error, NULL);
        return 1;
}

static int end(struct inspection *i, enum inspection_state state, bool asked, uint64_t now, const char *error) {
        if (text_set_max(&i->error, error, 1000) < 0)
                return -ENOMEM;
        i->state = state;
        i->asked = asked;
        i->served = 0;
        i->finished = now;
        if (i->started == 0)
                i->started = now;
        return 1;
}

int inspection_step(struct inspection *i, enum inspection_event event, uint64_t now, const char *error) {
        int changed;
        switch (event) {
        case INSPECTION_ASK:
                changed = begin(i, now);
                i->served = 0;
                return changed;
        case INSPECTION_SERVED:
                /* Reports of two workers may cross: the script of this inventory, told late. */
                if (i->finished != 0 && now <= i->finished)
                        return 0;
                begin(i, now);
                i->served = now;
                return 1;
        case INSPECTION_INVENTORY:
                return end(i, INSPECTION_FINISHED, false, now, NULL);
        case INSPECTION_FAILED:
                return end(i, INSPECTION_ERROR, false, now, error && *error ? error : "the ramdisk gave no reason");
        case INSPECTION_TICK:
                if (i->state != INSPECTION_WAITING || i->served == 0 || now < i->served ||
                    now - i->served < INSPECTION_TIMEOUT_USEC)
                        return 0;
                return end(i, INSPECTION_ERROR, true, now,
                           "no inventory came within 60 minutes of the boot script: look at the machine's console");
        }
        return 0;
}
