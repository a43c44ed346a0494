#include "pxed/flight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/boot_order.h"
#include "lib/text.h"
#include "pxed/flight_tell.h"

#define UNKNOWN_MAX 5000

static int keep_one(struct boot *boot, void *userdata) {
        struct boot **found = userdata;
        boot_free(*found);
        *found = boot;
        return 0;
}

/* The machine's newest attempt with an id below `below`, from memory or from the store: where an attempt is in memory, all newer ones of its machine are. */
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

/* Anybody on a network can make up MACs: of machines that nobody knows so many are followed at a time. */
static bool has_room(const struct state *s, const struct node *node) {
        return node || s->boots.count < UNKNOWN_MAX;
}

/* Puts an attempt that is new; its id comes with it. */
static int put_new(struct state *s, struct change *c, struct boot *boot, const struct node *node) {
        boot->id = ++s->boot_newest;
        int r = change_put_boot(c, boot, true);
        if (r == 0)
                r = flight_tell_start(c, boot, node);
        return r < 0 || boot->ended == 0 ? r : flight_tell_end(s, c, boot, node);
}

static bool profile_inspects(const char *name, void *userdata) {
        const struct state *s = userdata;
        const struct profile *profile = name ? profiles_find(&s->profiles, name) : NULL;
        return profile && profile->kind == PROFILE_INSPECT;
}

/* What was in flight ended at `time`, when the machine began again. */
static int supersede(struct state *s, struct change *c, struct boot *latest, uint64_t time, const struct node *node) {
        if (latest->ended != 0)
                return 0;
        struct boot *edited = change_edit_boot(c, latest);
        if (!edited)
                return -ENOMEM;
        int r = boot_supersede(edited, time);
        if (r < 0) {
                change_drop_boot(edited, latest);
                return r;
        }
        r = change_put_boot(c, edited, true);
        return r < 0 ? r : flight_tell_end(s, c, edited, node);
}

static int begin_attempt(struct state *s, struct change *c, struct boot *latest, const struct mac *mac,
                         const char *network, const struct node *node, const struct boot_step *step) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        int r = latest ? supersede(s, c, latest, step->time, node) : 0;
        if (r == 0)
                r = boot_new(mac, step->time, &boot);
        if (r == 0)
                r = text_set_max(&boot->network, network, 63);
        if (r == 0 && node) {
                boot->has_node = true;
                boot->node = node->id;
        }
        if (r == 0)
                r = boot_add(boot, step, profile_inspects(step->profile, s), change_now(c));
        return r < 0 ? r : put_new(s, c, TAKE_POINTER(boot), node);
}

/* `next`: the attempt after it, NULL: it is the latest. */
static int add_to(struct state *s, struct change *c, struct boot *boot, const struct boot *next, const char *network, const struct node *node,
                  const struct boot_step *step) {
        struct boot *edited = change_edit_boot(c, boot);
        if (!edited)
                return -ENOMEM;
        bool copied = edited != boot, was_running = boot->ended == 0;
        enum boot_outcome before = boot->outcome;

        int r = boot_add(edited, step, profile_inspects(step->profile, s), change_now(c));
        int changed = r;
        if (r >= 0 && next)
                r = boot_supersede(edited, next->started);
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
                change_drop_boot(edited, boot);
                return r < 0 ? r : 0;
        }
        /* It goes on, or there is more to say. */
        if ((edited->diagnosis || flight_is_over(edited)) && flight_set_diagnosis(s, edited, change_now(c)))
                changed = BOOT_CHANGED;
        r = change_put_boot(c, edited, changed == BOOT_CHANGED);
        if (r == 0 && edited->ended != 0 && (was_running || edited->outcome != before))
                r = flight_tell_end(s, c, edited, node);
        return r < 0 ? r : flight_set_last_boot(c, edited, node);
}

/* The machine's attempts that a step of `time` may be of or may change, as boot_order_place wants them. */
static int find_since(struct state *s, struct boot *latest, uint64_t time, struct boot *ret[static BOOT_ORDER_MAX], size_t *ret_n) {
        struct boot *boots[BOOT_ORDER_MAX] = { latest };
        size_t n = 1;
        while (n < BOOT_ORDER_MAX && boots[n - 1]->started > time) {
                struct boot *before = NULL;
                int r = find_latest(s, &latest->mac, boots[n - 1]->id, &before);
                if (r < 0)
                        return r;
                /* There is none, or its times are of a clock that was set back since. */
                if (!before || before->started > boots[n - 1]->started)
                        break;
                boots[n++] = before;
        }
        for (size_t i = 0; i < n; i++)
                ret[i] = boots[n - 1 - i];
        *ret_n = n;
        return 0;
}

static int put_arranged(struct state *s, struct change *c, struct boot *boot, const struct boot *before, const struct node *node) {
        if (!before)
                return put_new(s, c, boot, node);
        bool tell = boot->ended != 0 && (before->ended == 0 || before->outcome != boot->outcome);
        if (boot->diagnosis || flight_is_over(boot))
                (void) flight_set_diagnosis(s, boot, change_now(c));
        int r = change_put_boot(c, boot, true);
        if (r == 0 && tell)
                r = flight_tell_end(s, c, boot, node);
        return r < 0 ? r : flight_set_last_boot(c, boot, node);
}

/* Each of `boots` and what is new takes its place, with the steps that it has with this one. */
static int arrange(struct state *s, struct change *c, struct boot *const *boots, size_t n, const struct node *node, const struct boot_step *step) {
        struct boot *arranged[BOOT_ORDER_MAX];
        int attempts = boot_order_arrange(boots, n, step, profile_inspects, s, change_now(c), arranged), r = 0;
        for (int i = 0; i < attempts; i++) {
                if (r == 0)
                        r = put_arranged(s, c, arranged[i], (size_t) i < n ? boots[i] : NULL, node);
                else
                        boot_free(arranged[i]);
        }
        return attempts < 0 ? attempts : r;
}

/* The attempt after it began earlier than was known. */
static int move_end(struct change *c, struct boot *boot, uint64_t time) {
        if (boot->outcome != BOOT_SILENT || boot->ended <= time)
                return 0;
        struct boot *edited = change_edit_boot(c, boot);
        if (!edited)
                return -ENOMEM;
        edited->ended = time;
        return change_put_boot(c, edited, true);
}

/* A step that is older than others of its machine. */
static int place_late(struct state *s, struct change *c, struct boot *latest, const char *network, const struct node *node,
                      const struct boot_step *step) {
        struct boot *boots[BOOT_ORDER_MAX];
        size_t n;
        int r = find_since(s, latest, step->time, boots, &n);
        if (r < 0)
                return r;
        /* Of more attempts ago than are looked at. */
        if (n == BOOT_ORDER_MAX && boots[0]->started > step->time)
                return 0;
        int at = boot_order_place(boots, n, step);
        if (at == BOOT_ORDER_NOISE)
                return 0;
        if (at == BOOT_ORDER_OTHERS) {
                r = arrange(s, c, boots, n, node, step);
                if (r != -E2BIG)
                        return r;
                if (boots[0]->started > step->time + BOOT_GAP_USEC)
                        return 0;
                at = 0;
        }
        r = at > 0 ? move_end(c, boots[at - 1], step->time) : 0;
        return r < 0 ? r : add_to(s, c, boots[at], (size_t) at + 1 < n ? boots[at + 1] : NULL, network, node, step);
}

/* Puts a step where it belongs. */
static int place(struct state *s, struct change *c, struct boot *latest, const struct mac *mac, const char *network,
                 const struct node *node, const struct boot_step *step) {
        if (latest && latest->n_steps > 0 && step->time < latest->steps[latest->n_steps - 1].time)
                return place_late(s, c, latest, network, node, step);
        enum boot_fit fit = boot_fit(latest, step);
        /* What begins its boot is still to be told by others. */
        if (fit == BOOT_FIT_NOISE && step->kind == STEP_AGENT && change_now(c) >= step->time + TOLD_LATE_USEC)
                fit = BOOT_FIT_NEW;
        switch (fit) {
        case BOOT_FIT_NOISE:
                return 0;
        case BOOT_FIT_NEW:
                return latest || has_room(s, node) ? begin_attempt(s, c, latest, mac, network, node, step) : 0;
        case BOOT_FIT_THIS:
                break;
        }
        return add_to(s, c, latest, NULL, network, node, step);
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
        /* By its own clock. */
        int r = supersede(s, c, latest, latest->started, node);
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
        struct boot *boot, *boots[BOOT_ORDER_MAX];
        size_t n;
        int r = flight_step(s, c, mac, NULL, node, &step);
        if (r == 0)
                r = find_latest(s, mac, UINT64_MAX, &boot);
        if (r == 0 && boot)
                r = find_since(s, boot, time, boots, &n);
        if (r < 0 || !boot || (boot = boots[0])->outcome == BOOT_FAILED)
                return r;
        struct boot *edited = change_edit_boot(c, boot);
        if (!edited)
                return -ENOMEM;
        r = boot_fail(edited, reason, time);
        if (r < 0) {
                change_drop_boot(edited, boot);
                return r;
        }
        r = change_put_boot(c, edited, true);
        return r < 0 ? r : flight_tell_end(s, c, edited, node);
}

/* A boot that may not be in memory; NULL: it is not known, or has that path. */
static int find_captured(struct state *s, uint64_t id, const char *path, struct boot **ret) {
        _cleanup_(boot_freep) struct boot *stored = NULL;
        struct boot *boot = boots_find(&s->boots, id);
        int r = boot ? 0 : store_read_boot(s->store, id, &stored);
        if (r == -ENOENT)
                return 0;
        if (r < 0 || text_equal((boot ? boot : stored)->capture, path))
                return r;
        for (uint64_t below = UINT64_MAX; r == 0 && (!boot || boot->id > id); below = boot->id)
                if ((r = find_latest(s, &stored->mac, below, &boot)) == 0 && !boot)
                        return 0;
        *ret = boot;
        return r;
}

int flight_captured(struct state *s, struct change *c, uint64_t id, const char *path) {
        struct boot *boot = NULL;
        int r = find_captured(s, id, path, &boot);
        if (r < 0 || !boot)
                return r;
        struct boot *copy = change_edit_boot(c, boot);
        if (!copy || text_set_max(&copy->capture, path, 4096) < 0) {
                change_drop_boot(copy, boot);
                return -ENOMEM;
        }
        return change_put_boot(c, copy, true);
}
