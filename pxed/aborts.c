#include "pxed/aborts.h"

#include "pxed/inspection_change.h"

#define BATCH 256

static bool is_over(const struct manager *m, const struct node *node) {
        return node->inspection.state == INSPECTION_ABORTING && node->inspection.served == 0 && workers_serve(m, node->revision);
}

int aborts_tick(struct manager *m, uint64_t now) {
        const struct inspection_input input = { .event = INSPECTION_ABORTED, .time = now, .now = now, .reason = "no ramdisk was served" };
        const struct index *nodes = &m->state->nodes.by_id;
        _cleanup_(change_freep) struct change *change = NULL;
        struct node *over[BATCH];
        size_t count = 0;

        /* Putting one changes the index that is walked. */
        for (size_t i = 0; i < nodes->size && count < BATCH; i++) {
                struct node *node = nodes->values[i];
                if (node && is_over(m, node))
                        over[count++] = node;
        }
        int r = count > 0 ? change_begin(m->state, now, &change) : 0;
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = inspection_change(change, &over[i], &input, NULL);
        return r < 0 || !change ? r : change_commit(change);
}
