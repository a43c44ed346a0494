/* What time does to attempts: they go silent, get stuck, and are forgotten. */
#include <errno.h>
#include <stdio.h>

#include "lib/boot_fit.h"
#include "lib/json.h"
#include "pxed/diagnose.h"
#include "pxed/flight.h"
#include "pxed/flight_tell.h"

/* Boots that are found stuck in one look: the others in the next one. */
#define STUCK_BATCH 64
/* Within so long after one worker has told late the others have told, too. */
#define ALL_TOLD_USEC (10 * USEC_PER_SEC)

static int end_silent(struct state *s, struct change *c, struct boot *boot) {
        struct boot *copy = change_edit_boot(c, boot);
        if (!copy)
                return -ENOMEM;
        int r = boot_check_silence(copy, change_now(c));
        if (r <= 0) {
                change_drop_boot(copy, boot);
                return r;
        }
        r = change_put_boot(c, copy, true);
        return r < 0 ? r : flight_tell_end(s, c, copy, registry_by_mac(&s->nodes, &copy->mac));
}

int flight_check_silence(struct state *s, struct change *c) {
        struct boot *silent[256];
        size_t count = 0;
        int r = 0;
        /* Putting one changes the index that is walked. */
        for (size_t i = 0; i < s->boots.by_id.size && count < ELEMENTS(silent); i++) {
                struct boot *boot = s->boots.by_id.values[i];
                if (!boot)
                        continue;
                /* The clock was set back: its silence counts from now. */
                if (boot->heard > change_now(c))
                        boot->heard = change_now(c);
                if (boot_is_silent(boot, change_now(c)))
                        silent[count++] = boot;
        }
        for (size_t i = 0; r == 0 && i < count; i++)
                r = end_silent(s, c, silent[i]);
        return r;
}

static int tell_stuck(struct state *s, struct change *c, struct boot *boot) {
        char mac[MAC_TEXT_SIZE];
        const struct node *node = registry_by_mac(&s->nodes, &boot->mac);
        struct boot *copy = change_edit_boot(c, boot);
        if (!copy)
                return -ENOMEM;
        (void) flight_set_diagnosis(s, copy, change_now(c));
        bool told = copy->told_stuck;
        copy->told_stuck = true;
        int r = change_put_boot(c, copy, true);
        if (r < 0 || told)
                return r;
        return change_event(c, "boot.stuck", node, &copy->mac, copy->network, NULL, "The boot of %s is stuck: %s",
                            node ? node->name : mac_format(&copy->mac, mac), json_get_string(copy->diagnosis, "reason"));
}

/* What followed may be with another worker still: it was told late, or pxed has started since. */
static bool may_have_gone_on(const struct boot *boot, uint64_t now) {
        return now < boot->heard + ALL_TOLD_USEC && boot->heard >= boot_progress_until(boot, UINT64_MAX).last + TOLD_LATE_USEC;
}

/* One that is known to be stuck is looked at again when there is more of it. */
static bool is_stuck_now(const struct state *s, const struct boot *boot, uint64_t now) {
        if (!boot || boot->ended != 0 || boot->diagnosis || may_have_gone_on(boot, now))
                return false;
        _cleanup_json_ json_t *diagnosis = diagnose_boot(s, boot, now);
        return diagnosis != NULL;
}

int flight_check_stuck(struct state *s, struct change *c) {
        struct boot *stuck[STUCK_BATCH];
        size_t count = 0;
        int r = 0;
        for (size_t i = 0; i < s->boots.by_id.size && count < ELEMENTS(stuck); i++) {
                struct boot *boot = s->boots.by_id.values[i];
                if (is_stuck_now(s, boot, change_now(c)))
                        stuck[count++] = boot;
        }
        for (size_t i = 0; r == 0 && i < count; i++)
                r = tell_stuck(s, c, stuck[i]);
        return r;
}

/* Also when that was in what is the future again, since the clock was set back. */
static bool is_long_ago(uint64_t time, uint64_t now) {
        return time > now || now - time > 60 * USEC_PER_SEC;
}

void flight_forget(struct state *s, uint64_t now) {
        struct boot *gone[256];
        size_t count = 0;
        for (size_t i = 0; i < s->boots.by_id.size && count < ELEMENTS(gone); i++) {
                struct boot *boot = s->boots.by_id.values[i];
                /* The oldest of a machine first: what is in memory is taken for its newest. */
                if (boot && boot->ended != 0 && is_long_ago(boot->ended, now) && is_long_ago(boot->heard, now) &&
                    !boots_latest(&s->boots, &boot->mac, boot->id))
                        gone[count++] = boot;
        }
        for (size_t i = 0; i < count; i++) {
                char key[24];
                snprintf(key, sizeof key, "%llu", (unsigned long long) gone[i]->id);
                feed_retire(&s->flights, key);
                boots_remove(&s->boots, gone[i]);
                boot_free(gone[i]);
        }
}
