/*
 * Steps that are told late. Workers tell of a machine each in their own order, and after a time without pxed one of them has told of
 * several attempts before another tells of the first: which step belongs to which attempt is then decided anew, so that the attempts
 * are in the end those that would have been found with each step told at its time. Pure.
 */
#pragma once

#include "lib/boot_fit.h"

/* So many attempts are looked at, and may come out of it. */
#define BOOT_ORDER_MAX 24

enum { BOOT_ORDER_NOISE = -1, BOOT_ORDER_OTHERS = -2 };

/*
 * boots: attempts of one machine, the oldest first and the latest last, at most BOOT_ORDER_MAX; the first is the newest that began before
 * the step, or there is none that did. Returns the index of the one that the step belongs to when all other steps stay where they are;
 * BOOT_ORDER_NOISE: it belongs to none; BOOT_ORDER_OTHERS: others move with it.
 */
int boot_order_place(struct boot *const *boots, size_t n, const struct boot_step *step);

/*
 * The attempts that there are with the step, in ret, to be freed by boot_free. The first ones have the place of those given (id and what else is
 * not of the steps); what is more is new, with the id 0. What is in flight and not the last has ended as it began again. Returns how many they are: at least n and
 * at most BOOT_ORDER_MAX; -ENOMEM, or -E2BIG: there would be more or fewer, the step is to go where it is by its time.
 */
int boot_order_arrange(struct boot *const *boots, size_t n, const struct boot_step *step, boot_inspects_t *inspects, void *userdata, uint64_t now,
                       struct boot *ret[static BOOT_ORDER_MAX]);
