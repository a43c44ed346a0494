/* Steps by the second, and an attempt that they make. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/boot_fit.h"

#define T ((uint64_t) 1000 * USEC_PER_SEC)
#define S USEC_PER_SEC

static const struct mac mac = { { 0x52, 0x54, 0, 0, 0, 1 } };

static inline struct boot_step step(uint64_t seconds, enum step_kind kind, enum step_stage stage) {
        return (struct boot_step) { .time = T + seconds * S, .kind = kind, .stage = stage, .architecture = -1, .bytes = -1, .total = -1 };
}

static inline int add(struct boot *boot, struct boot_step s, bool inspects) {
        return boot_add(boot, &s, inspects, s.time);
}

/* An attempt that has got up to its boot script at second 10. */
static inline struct boot *booted_to_script(void) {
        static const struct {
                unsigned at;
                enum step_kind kind;
                enum step_stage stage;
        } steps[] = {
                { 0, STEP_DISCOVER, STAGE_FIRMWARE }, { 1, STEP_OFFER, STAGE_FIRMWARE }, { 2, STEP_REQUEST, STAGE_FIRMWARE },
                { 3, STEP_ACKNOWLEDGE, STAGE_FIRMWARE }, { 4, STEP_TFTP, STAGE_NONE }, { 6, STEP_DISCOVER, STAGE_IPXE },
                { 7, STEP_ACKNOWLEDGE, STAGE_IPXE }, { 10, STEP_SCRIPT, STAGE_NONE },
        };
        struct boot *boot;
        assert_int_equal(boot_new(&mac, T, &boot), 0);
        for (size_t i = 0; i < ELEMENTS(steps); i++) {
                struct boot_step s = step(steps[i].at, steps[i].kind, steps[i].stage);
                if (i > 0)
                        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_THIS);
                assert_int_equal(add(boot, s, true), BOOT_CHANGED);
        }
        return boot;
}
