#include "pxed/captures.h"

#include <string.h>

static size_t position(const struct captures *c, uint64_t boot) {
        size_t at = c->count;
        while (at > 0 && c->list[at - 1].boot >= boot)
                at--;
        return at;
}

const struct capture *captures_find(const struct captures *c, uint64_t boot) {
        size_t at = position(c, boot);
        return at < c->count && c->list[at].boot == boot ? &c->list[at] : NULL;
}

static void take_out(struct captures *c, size_t at) {
        memmove(&c->list[at], &c->list[at + 1], (c->count - at - 1) * sizeof *c->list);
        c->count--;
}

bool captures_note(struct captures *c, const struct boot *boot, uint64_t *ret_added, uint64_t *ret_removed) {
        bool wanted = boot->outcome == BOOT_FAILED || boot->outcome == BOOT_SILENT;
        size_t at = position(c, boot->id);
        bool there = at < c->count && c->list[at].boot == boot->id;

        *ret_added = *ret_removed = 0;
        if (wanted == there)
                return false;
        if (there) {
                take_out(c, at);
                *ret_removed = boot->id;
                return true;
        }
        if (c->count == CAPTURES_MAX) {
                /* Older than all that are kept. */
                if (at == 0)
                        return false;
                *ret_removed = c->list[0].boot;
                take_out(c, 0);
                at--;
        }
        memmove(&c->list[at + 1], &c->list[at], (c->count - at) * sizeof *c->list);
        c->list[at] = (struct capture) { boot->id, boot->mac };
        c->count++;
        *ret_added = boot->id;
        return true;
}
