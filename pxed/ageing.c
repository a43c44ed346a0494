#include "pxed/ageing.h"

#include <errno.h>

#include "pxed/flight.h"
#include "pxed/inspection_change.h"
#include "pxed/port_review.h"

/* An ended lease is still told by name to who looks for it; then it goes. */
#define LEASE_KEPT_USEC (60 * USEC_PER_SEC)
#define BATCH 256

static int expire_inspections(struct state *s, struct change *c) {
        const struct inspection_timeouts *timeouts = &s->settings->timeouts;
        const struct inspection_input input = { .event = INSPECTION_TICK, .now = change_now(c), .timeouts = timeouts };
        struct node *late[BATCH];
        size_t count = 0;
        int r = 0;
        /* Putting one changes the index that is walked. */
        for (size_t i = 0; i < s->nodes.by_id.size && count < BATCH; i++) {
                struct node *node = s->nodes.by_id.values[i];
                if (node && inspection_is_due(&node->inspection, timeouts, input.now))
                        late[count++] = node;
        }
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = inspection_change(c, &late[i], &input, NULL);
        return r < 0 ? r : 0;
}

static int expire_leases(struct state *s, struct change *c) {
        struct lease *late[BATCH];
        size_t count = 0;
        int r = 0;
        for (size_t i = 0; i < s->leases.by_key.size && count < BATCH; i++) {
                struct lease *lease = s->leases.by_key.values[i];
                if (lease && lease->expires != 0 && lease->expires + LEASE_KEPT_USEC <= change_now(c))
                        late[count++] = lease;
        }
        for (size_t i = 0; r == 0 && i < count; i++)
                r = change_remove_lease(c, late[i]);
        return r;
}

int ageing_tick(struct state *s, uint64_t now) {
        _cleanup_(change_freep) struct change *c = NULL;
        int r = change_begin(s, now, &c);
        if (r == 0)
                r = flight_check_silence(s, c);
        if (r == 0)
                r = flight_check_stuck(s, c);
        if (r == 0)
                r = expire_inspections(s, c);
        if (r == 0)
                r = expire_leases(s, c);
        if (r == 0)
                r = port_review_some(s, c);
        if (r == 0 && change_has_writes(c))
                r = change_commit(c);
        flight_forget(s, now);
        return r;
}
