#include "pxed/flight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/diagnose.h"

#define UNKNOWN_MAX 5000
/* Boots that are found stuck in one look: the others in the next one. */
#define STUCK_BATCH 64

static int keep_one(struct boot *boot, void *userdata) {
        struct boot **found = userdata;
        boot_free(*found);
        *found = boot;
        return 0;
}

/* The machine's newest attempt with an id below `below`, from memory or from the store. */
static int find_latest(struct state *s, const struct mac *mac, uint64_t below, struct boot **ret) {
        *ret = boots_latest(&s->boots, mac, below);
        if (*ret)
                return 0;
        struct boot *stored = NULL, *old;
        int r = store_read_boots(s->store, NULL, mac, below == UINT64_MAX ? 0 : below, 1, keep_one, &stored);
        if (r < 0 || !stored)
                return r;
        /* It is as it is stored: having it in memory changes nothing. */
        r = boots_put(&s->boots, stored, &old);
        if (r < 0) {
                boot_free(stored);
                return r;
        }
        *ret = stored;
        return 0;
}

static bool is_over(const struct boot *boot) {
        return boot->outcome == BOOT_FAILED || boot->outcome == BOOT_SILENT;
}

/* Looks at it anew. Returns whether there is another diagnosis than before, or none any more. */
static bool set_diagnosis(const struct state *s, struct boot *boot, uint64_t now) {
        json_t *before = boot->diagnosis;
        boot->diagnosis = diagnose_boot(s, boot, now);
        bool differs = !text_equal(json_get_string(before, "signature"), json_get_string(boot->diagnosis, "signature"));
        json_decref(before);
        return differs;
}

/* `boot` is in the change. */
static int tell_end(const struct state *s, struct change *c, struct boot *boot, const struct node *node) {
        char mac[MAC_TEXT_SIZE];
        const char *how = !is_over(boot) ? "ended" : boot->outcome == BOOT_FAILED ? "failed" : "went silent";

        (void) set_diagnosis(s, boot, change_now(c));
        const char *why = json_get_string(boot->diagnosis, "reason"), *what = is_over(boot) ? boot->reason : boot_outcome_names[boot->outcome];
        /* What was said to the machine may be the whole of the reason. */
        bool both = why && what && !strstr(why, what);
        return change_event(c, "boot.ended", node, &boot->mac, boot->network, NULL, "The boot of %s %s%s%s%s%s%s",
                            node ? node->name : mac_format(&boot->mac, mac), how, why || what ? ": " : "", why ? why : what ? what : "",
                            both ? " (" : "", both ? what : "", both ? ")" : "");
}

static int set_last_boot(struct change *c, const struct boot *boot, const struct node *node) {
        if (!node || node->last_boot >= boot->started)
                return 0;
        struct node *copy = node_copy(node);
        if (!copy)
                return -ENOMEM;
        copy->last_boot = boot->started;
        return change_put_node(c, copy, false);
}

static int tell_start(struct change *c, const struct boot *boot, const struct node *node) {
        char mac[MAC_TEXT_SIZE];
        int r = change_event(c, "boot.started", node, &boot->mac, boot->network, NULL, "%s boots%s%s",
                             node ? node->name : mac_format(&boot->mac, mac), boot->network ? " on network " : "",
                             boot->network ? boot->network : "");
        return r < 0 ? r : set_last_boot(c, boot, node);
}

/* Anybody on a network can make up MACs: of machines that nobody knows so many are followed at a time. */
static bool has_room(const struct state *s, const struct node *node) {
        return node || s->boots.count < UNKNOWN_MAX;
}

/* Puts an attempt that is new; its id comes with it. */
static int put_new(struct state *s, struct change *c, struct boot *boot, const struct node *node) {
        boot->id = ++s->boot_newest;
        int r = change_put_boot(c, boot, true);
        return r < 0 ? r : tell_start(c, boot, node);
}

/* The machine began anew: what was in flight has ended. Steps of the new attempt that were reported before its begin move to it. */
static int end_before(struct state *s, struct change *c, struct boot *latest, uint64_t time, const struct node *node,
                      struct boot **ret_later) {
        struct boot *edited = change_edit_boot(c, latest);
        if (!edited)
                return -ENOMEM;
        int r = boot_split(edited, time, ret_later);
        int ended = r < 0 ? r : boot_supersede(edited, time);
        if (ended < 0 || (ended == 0 && !*ret_later)) {
                if (edited != latest)
                        boot_free(edited);
                return ended;
        }
        r = change_put_boot(c, edited, true);
        return r < 0 || ended == 0 ? r : tell_end(s, c, edited, node);
}

static bool profile_inspects(const struct state *s, const char *name) {
        const struct profile *profile = name ? profiles_find(&s->profiles, name) : NULL;
        return profile && profile->kind == PROFILE_INSPECT;
}

static int begin_attempt(struct state *s, struct change *c, struct boot *latest, const struct mac *mac,
                         const char *network, const struct node *node, const struct boot_step *step) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        int r = latest ? end_before(s, c, latest, step->time, node, &boot) : 0;
        if (r == 0 && !boot)
                r = boot_new(mac, step->time, &boot);
        if (r == 0)
                r = text_set_max(&boot->network, network, 63);
        if (r == 0 && node) {
                boot->has_node = true;
                boot->node = node->id;
        }
        if (r == 0)
                r = boot_add(boot, step, profile_inspects(s, step->profile), change_now(c));
        if (r < 0)
                return r;
        struct boot *put = boot;
        r = put_new(s, c, TAKE_POINTER(boot), node);
        if (r == 0 && put->ended != 0)
                r = tell_end(s, c, put, node);
        return r;
}

static int add_to(struct state *s, struct change *c, struct boot *boot, const char *network, const struct node *node,
                  const struct boot_step *step) {
        struct boot *edited = change_edit_boot(c, boot);
        if (!edited)
                return -ENOMEM;
        bool copied = edited != boot, was_running = boot->ended == 0;
        enum boot_outcome before = boot->outcome;

        int r = boot_add(edited, step, profile_inspects(s, step->profile), change_now(c));
        int changed = r;
        if (r >= 0 && network && !edited->network) {
                r = text_set_max(&edited->network, network, 63);
                changed = BOOT_CHANGED;
        }
        if (r >= 0 && node && (!edited->has_node || memcmp(&edited->node, &node->id, sizeof node->id) != 0)) {
                edited->has_node = true;
                edited->node = node->id;
                changed = BOOT_CHANGED;
        }
        if (r < 0 || changed == BOOT_UNCHANGED) {
                /* Heard of, at least. */
                if (r >= 0 && copied)
                        boot->heard = edited->heard;
                if (copied)
                        boot_free(edited);
                return r < 0 ? r : 0;
        }
        /* It goes on, or there is more to say. */
        if ((edited->diagnosis || is_over(edited)) && set_diagnosis(s, edited, change_now(c)))
                changed = BOOT_CHANGED;
        r = change_put_boot(c, edited, changed == BOOT_CHANGED);
        if (r == 0 && edited->ended != 0 && (was_running || edited->outcome != before))
                r = tell_end(s, c, edited, node);
        return r < 0 ? r : set_last_boot(c, edited, node);
}

/* Puts a step where it belongs. */
static int place(struct state *s, struct change *c, struct boot *latest, const struct mac *mac, const char *network,
                 const struct node *node, const struct boot_step *step) {
        switch (boot_fit(latest, step)) {
        case BOOT_FIT_NOISE:
                return 0;
        case BOOT_FIT_NEW:
                if (!latest && !has_room(s, node))
                        return 0;
                return begin_attempt(s, c, latest, mac, network, node, step);
        case BOOT_FIT_THIS:
                return add_to(s, c, latest, network, node, step);
        case BOOT_FIT_EARLIER:
                break;
        }
        int r = find_latest(s, mac, latest->id, &latest);
        if (r < 0 || !latest || !boot_fits_earlier(latest, step))
                return r;
        return add_to(s, c, latest, network, node, step);
}

/* By its own clock. */
static int end_at_start(struct state *s, struct change *c, struct boot *latest, const struct node *node) {
        struct boot *edited = change_edit_boot(c, latest);
        if (!edited)
                return -ENOMEM;
        int r = boot_supersede(edited, edited->started);
        if (r <= 0) {
                if (edited != latest)
                        boot_free(edited);
                return r;
        }
        r = change_put_boot(c, edited, true);
        return r < 0 ? r : tell_end(s, c, edited, node);
}

/* The clock was set back since the latest attempt began: by their times all steps that come now would be older than that. */
static int place_after_set_back(struct state *s, struct change *c, struct boot *latest, const struct mac *mac, const char *network,
                                const struct node *node, const struct boot_step *step) {
        struct boot_step moved = *step;
        moved.time = latest->started;
        if (latest->started - change_now(c) <= BOOT_GAP_USEC)
                return place(s, c, latest, mac, network, node, &moved);
        if (boot_fit(NULL, step) == BOOT_FIT_NOISE)
                return 0;
        int r = latest->ended == 0 ? end_at_start(s, c, latest, node) : 0;
        return r < 0 ? r : place(s, c, NULL, mac, network, node, step);
}

int flight_step(struct state *s, struct change *c, const struct mac *mac, const char *network, const struct node *node,
                const struct boot_step *step) {
        struct boot *latest;
        int r = find_latest(s, mac, UINT64_MAX, &latest);
        if (r < 0)
                return r;
        if (latest && latest->started > change_now(c))
                return place_after_set_back(s, c, latest, mac, network, node, step);
        return place(s, c, latest, mac, network, node, step);
}

int flight_failed(struct state *s, struct change *c, const struct mac *mac, const struct node *node, const char *reason,
                  uint64_t time) {
        const struct boot_step step = { .time = time, .kind = STEP_INVENTORY, .architecture = -1, .bytes = -1, .total = -1,
                                        .detail = (char *) reason };
        struct boot *latest;
        int r = flight_step(s, c, mac, NULL, node, &step);
        if (r == 0)
                r = find_latest(s, mac, UINT64_MAX, &latest);
        if (r < 0 || !latest || latest->outcome == BOOT_FAILED)
                return r;
        struct boot *edited = change_edit_boot(c, latest);
        if (!edited)
                return -ENOMEM;
        r = boot_fail(edited, reason, time);
        if (r < 0) {
                if (edited != latest)
                        boot_free(edited);
                return r;
        }
        r = change_put_boot(c, edited, true);
        return r < 0 ? r : tell_end(s, c, edited, node);
}

static int end_silent(struct state *s, struct change *c, struct boot *boot) {
        struct boot *copy = change_edit_boot(c, boot);
        if (!copy)
                return -ENOMEM;
        int r = boot_check_silence(copy, change_now(c));
        if (r <= 0) {
                if (copy != boot)
                        boot_free(copy);
                return r;
        }
        r = change_put_boot(c, copy, true);
        return r < 0 ? r : tell_end(s, c, copy, registry_by_mac(&s->nodes, &copy->mac));
}

int flight_check_silence(struct state *s, struct change *c) {
        struct boot *silent[256];
        size_t count = 0;
        int r = 0;
        /* Putting one changes the index that is walked. */
        for (size_t i = 0; i < s->boots.by_id.size && count < ELEMENTS(silent); i++) {
                struct boot *boot = s->boots.by_id.slots[i].value;
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
        (void) set_diagnosis(s, copy, change_now(c));
        bool told = copy->told_stuck;
        copy->told_stuck = true;
        int r = change_put_boot(c, copy, true);
        if (r < 0 || told)
                return r;
        return change_event(c, "boot.stuck", node, &copy->mac, copy->network, NULL, "The boot of %s is stuck: %s",
                            node ? node->name : mac_format(&copy->mac, mac), json_get_string(copy->diagnosis, "reason"));
}

/* One that is known to be stuck is looked at again when there is more of it. */
static bool is_stuck_now(const struct state *s, const struct boot *boot, uint64_t now) {
        if (!boot || boot->ended != 0 || boot->diagnosis)
                return false;
        _cleanup_json_ json_t *diagnosis = diagnose_boot(s, boot, now);
        return diagnosis != NULL;
}

int flight_check_stuck(struct state *s, struct change *c) {
        struct boot *stuck[STUCK_BATCH];
        size_t count = 0;
        int r = 0;
        for (size_t i = 0; i < s->boots.by_id.size && count < ELEMENTS(stuck); i++) {
                struct boot *boot = s->boots.by_id.slots[i].value;
                if (is_stuck_now(s, boot, change_now(c)))
                        stuck[count++] = boot;
        }
        for (size_t i = 0; r == 0 && i < count; i++)
                r = tell_stuck(s, c, stuck[i]);
        return r;
}

int flight_captured(struct state *s, struct change *c, uint64_t id, const char *path) {
        struct boot *boot = boots_find(&s->boots, id), *stored = NULL, *old;
        int r = boot ? 0 : store_read_boot(s->store, id, &stored);
        if (r == -ENOENT)
                return 0;
        if (r == 0 && stored) {
                /* As it is stored: having it in memory changes nothing. */
                r = boots_put(&s->boots, stored, &old);
                if (r < 0)
                        boot_free(stored);
                boot = stored;
        }
        if (r < 0 || text_equal(boot->capture, path))
                return r;
        struct boot *copy = change_edit_boot(c, boot);
        if (!copy || text_set_max(&copy->capture, path, 4096) < 0) {
                if (copy != boot)
                        boot_free(copy);
                return -ENOMEM;
        }
        return change_put_boot(c, copy, true);
}

/* Also when that was in what is the future again, since the clock was set back. */
static bool is_long_ago(uint64_t time, uint64_t now) {
        return time > now || now - time > 60 * USEC_PER_SEC;
}

void flight_forget(struct state *s, uint64_t now) {
        struct boot *gone[256];
        size_t count = 0;
        for (size_t i = 0; i < s->boots.by_id.size && count < ELEMENTS(gone); i++) {
                struct boot *boot = s->boots.by_id.slots[i].value;
                if (boot && boot->ended != 0 && is_long_ago(boot->ended, now) && is_long_ago(boot->heard, now))
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
