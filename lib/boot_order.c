#include "lib/boot_order.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/text.h"

/* A step, where it is, and where it is to be. */
struct placed {
        const struct boot_step *step;
        size_t from; /* index of its attempt; `n`: it is the one that is told */
        int to;      /* index, or BOOT_ORDER_NOISE */
};

/* All steps by time; the one that is told after those of the same time. */
static size_t collect(struct boot *const *boots, size_t n, const struct boot_step *step, struct placed *ret) {
        size_t count = 0;
        bool told = false;
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < boots[i]->n_steps; j++) {
                        if (!told && boots[i]->steps[j].time > step->time) {
                                ret[count++] = (struct placed) { .step = step, .from = n };
                                told = true;
                        }
                        ret[count++] = (struct placed) { .step = &boots[i]->steps[j], .from = i };
                }
        if (!told)
                ret[count++] = (struct placed) { .step = step, .from = n };
        return count;
}

/* Returns how many attempts they make. */
static size_t order(struct boot *const *boots, size_t n, struct placed *steps, size_t count) {
        struct boot_progress progress = { 0 };
        size_t attempts = 0;
        for (size_t i = 0; i < count; i++) {
                struct placed *p = &steps[i];
                bool is_new = p->from == n;
                enum boot_fit fit = boot_progress_fit(&progress, p->step);
                if (is_new && i > 0 && fit == BOOT_FIT_THIS && boot_is_renewal(boots[steps[i - 1].from], progress.last, p->step))
                        fit = BOOT_FIT_NOISE;
                p->to = BOOT_ORDER_NOISE;
                if (fit == BOOT_FIT_NOISE && is_new)
                        continue;
                /* What was found to belong to an attempt goes on belonging to one, and what was found to begin one to begin one. */
                bool began = fit == BOOT_FIT_NOISE && p->step == boots[p->from]->steps;
                if (fit == BOOT_FIT_NEW || began || attempts == 0) {
                        attempts++;
                        progress = (struct boot_progress) { 0 };
                }
                p->to = (int) attempts - 1;
                boot_progress_add(&progress, p->step);
        }
        return attempts;
}

int boot_order_place(struct boot *const *boots, size_t n, const struct boot_step *step) {
        struct placed steps[BOOT_ORDER_MAX * STEPS_MAX + 1];
        size_t count = collect(boots, n, step, steps), attempts = order(boots, n, steps, count);
        int place = BOOT_ORDER_NOISE;
        for (size_t i = 0; i < count; i++)
                if (steps[i].from == n)
                        place = steps[i].to;
                else if (steps[i].to != (int) steps[i].from)
                        return BOOT_ORDER_OTHERS;
        return attempts == n ? place : BOOT_ORDER_OTHERS;
}

/* As it is, without its steps. */
static struct boot *emptied(const struct boot *boot) {
        struct boot *copy = boot_copy(boot);
        if (!copy)
                return NULL;
        for (size_t i = 0; i < copy->n_steps; i++)
                boot_step_clear(&copy->steps[i]);
        copy->n_steps = 0;
        copy->change = 0;
        return copy;
}

/* One that nobody knew, of the same machine. */
static struct boot *unknown(const struct boot *latest) {
        struct boot *boot;
        if (boot_new(&latest->mac, latest->started, &boot) < 0)
                return NULL;
        boot->has_node = latest->has_node;
        boot->node = latest->node;
        return text_set(&boot->network, latest->network) < 0 ? boot_free(boot) : boot;
}

/* The steps of an attempt, each of which was told before but one. */
static int fill(struct boot *boot, int number, const struct placed *steps, size_t count, size_t n, uint64_t now) {
        const struct boot_step *told = NULL;
        boot->started = UINT64_MAX;
        boot->heard = 0;
        for (size_t i = 0; i < count; i++) {
                if (steps[i].to != number)
                        continue;
                if (steps[i].step->time < boot->started)
                        boot->started = steps[i].step->time;
                if (boot_step_last(steps[i].step) > boot->heard)
                        boot->heard = boot_step_last(steps[i].step);
                if (steps[i].from == n)
                        told = steps[i].step;
                else if (boot_insert(boot, steps[i].step) < 0)
                        return -ENOMEM;
        }
        int r = told ? boot_add(boot, told, false, now) : 0;
        return r < 0 ? r : 0;
}

/* The ramdisk's own word that it failed came with its inventory. */
static int keep_failure(struct boot *boot, struct boot *const *boots, size_t n) {
        int r = 0;
        for (size_t i = 0; i < n && r == 0; i++)
                if (boots[i]->outcome == BOOT_FAILED && boot->outcome == BOOT_INSPECTED && boots[i]->ended == boot->ended)
                        r = boot_fail(boot, boots[i]->reason, boots[i]->ended);
        return r;
}

/* `before`: as it was (NULL: it is new); `next`: when the next one began (0: there is none). */
static int end(struct boot *boot, const struct boot *before, uint64_t next) {
        if (boot->ended != 0)
                return 0;
        if (before && before->outcome == BOOT_SILENT && (next == 0 || before->ended < next)) {
                boot->outcome = BOOT_SILENT;
                boot->ended = before->ended;
                return text_set(&boot->reason, before->reason);
        }
        int r = next ? boot_supersede(boot, next) : 0;
        return r < 0 ? r : 0;
}

int boot_order_arrange(struct boot *const *boots, size_t n, const struct boot_step *step, boot_inspects_t *inspects, void *userdata, uint64_t now,
                       struct boot *ret[static BOOT_ORDER_MAX]) {
        struct placed steps[BOOT_ORDER_MAX * STEPS_MAX + 1];
        size_t count = collect(boots, n, step, steps), attempts = order(boots, n, steps, count);
        if (attempts < n || attempts > BOOT_ORDER_MAX)
                return -E2BIG;

        struct boot *made[BOOT_ORDER_MAX] = { NULL };
        int r = 0;
        for (size_t i = 0; i < attempts && r == 0; i++) {
                made[i] = i < n ? emptied(boots[i]) : unknown(boots[n - 1]);
                r = made[i] ? fill(made[i], (int) i, steps, count, n, now) : -ENOMEM;
                if (r == 0)
                        r = boot_conclude(made[i], inspects, userdata);
                if (r == 0)
                        r = keep_failure(made[i], boots, n);
        }
        for (size_t i = 0; i < attempts && r == 0; i++)
                r = end(made[i], i < n ? boots[i] : NULL, i + 1 < attempts ? made[i + 1]->started : 0);
        if (r == 0 && made[attempts - 1]->heard < boots[n - 1]->heard)
                made[attempts - 1]->heard = boots[n - 1]->heard;
        for (size_t i = 0; i < attempts; i++)
                if (r == 0)
                        ret[i] = made[i];
                else
                        boot_free(made[i]);
        return r < 0 ? r : (int) attempts;
}
