/* Steps that are told late: which attempt they belong to, and what moves with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/boot_order.h"
#include "tests/unit/boot_fixture.h"

static void test_late_reports(void **state) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        struct boot_step s = step(10, STEP_SCRIPT, STAGE_NONE);
        assert_int_equal(boot_new(&mac, s.time, &boot), 0);
        add(boot, s, true);
        /* What the capture saw before it, told after it. */
        s = step(0, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(&boot, 1, &s), 0);
        add(boot, s, false);
        assert_int_equal(boot->started, T);
        assert_int_equal(boot->steps[0].kind, STEP_DISCOVER);
        s = step(4, STEP_TFTP, STAGE_NONE);
        assert_int_equal(boot_order_place(&boot, 1, &s), 0);
        add(boot, s, false);
        assert_int_equal(boot->steps[1].kind, STEP_TFTP);
        assert_int_equal(boot->steps[2].kind, STEP_SCRIPT);
}

static bool inspects(const char *profile, void *userdata) {
        return profile && strcmp(profile, "inspect") == 0;
}

/* What the step does to the attempts, the oldest first. */
static int arrange(struct boot **boots, size_t n, struct boot_step s, struct boot *ret[static BOOT_ORDER_MAX]) {
        return boot_order_arrange(boots, n, &s, inspects, NULL, s.time, ret);
}

static void free_all(struct boot **boots, int n) {
        for (int i = 0; i < n; i++)
                boot_free(boots[i]);
}

static void test_late_end_of_the_one_before(void **state) {
        _cleanup_(boot_freep) struct boot *before = booted_to_script(), *boot = NULL;
        struct boot_step s = step(40, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_new(&mac, s.time, &boot), 0);
        add(boot, s, false);
        struct boot *boots[] = { before, boot };
        s = step(14, STEP_STARTED, STAGE_NONE);
        assert_int_equal(boot_order_place(boots, 2, &s), 0);
        s = step(41, STEP_OFFER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(boots, 2, &s), 1);
        /* The running system renews its lease: none of a boot's. */
        add(before, step(14, STEP_STARTED, STAGE_NONE), false);
        s = step(39, STEP_REQUEST, STAGE_OS);
        assert_int_equal(boot_order_place(boots, 2, &s), 0);
        boot->steps[0].time = boot->started = T + 400 * S;
        s = step(300, STEP_REQUEST, STAGE_OS);
        assert_int_equal(boot_order_place(boots, 2, &s), BOOT_ORDER_NOISE);
        /* Older than all that is known. */
        s = step(0, STEP_OFFER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(boots + 1, 1, &s), BOOT_ORDER_NOISE);
}

/* A begin that is told after what followed it. */
static void test_late_begin(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script();
        struct boot *arranged[BOOT_ORDER_MAX];
        add(boot, step(15, STEP_STARTED, STAGE_NONE), false);
        assert_int_equal(boot->outcome, BOOT_BOOTED);
        boot->id = 7;
        /* It turns out that the script at 10 was of another attempt, which began at 9. */
        struct boot_step s = step(9, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(&boot, 1, &s), BOOT_ORDER_OTHERS);
        assert_int_equal(arrange(&boot, 1, s, arranged), 2);
        assert_int_equal(arranged[0]->id, 7);
        assert_int_equal(arranged[0]->n_steps, 7);
        assert_int_equal(arranged[0]->outcome, BOOT_SILENT);
        assert_int_equal(arranged[0]->ended, T + 9 * S);
        assert_non_null(strstr(arranged[0]->reason, "began again after iPXE got its address"));
        assert_int_equal(arranged[1]->id, 0);
        assert_int_equal(arranged[1]->n_steps, 3);
        assert_int_equal(arranged[1]->started, T + 9 * S);
        assert_int_equal(arranged[1]->outcome, BOOT_BOOTED);
        assert_int_equal(arranged[1]->ended, T + 15 * S);
        free_all(arranged, 2);
}

/* What an attempt had of the next one goes there when that turns out to have begun earlier. */
static void test_begin_moves(void **state) {
        _cleanup_(boot_freep) struct boot *before = booted_to_script(), *boot = NULL;
        struct boot *arranged[BOOT_ORDER_MAX];
        add(before, step(14, STEP_STARTED, STAGE_NONE), false);
        add(before, step(22, STEP_TFTP, STAGE_NONE), false);
        struct boot_step s = step(30, STEP_SCRIPT, STAGE_NONE);
        assert_int_equal(boot_new(&mac, s.time, &boot), 0);
        add(boot, s, false);
        struct boot *boots[] = { before, boot };
        s = step(20, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(boots, 2, &s), BOOT_ORDER_OTHERS);
        assert_int_equal(arrange(boots, 2, s, arranged), 2);
        assert_int_equal(arranged[0]->n_steps, 9);
        assert_int_equal(arranged[0]->outcome, BOOT_BOOTED);
        assert_int_equal(arranged[1]->n_steps, 3);
        assert_int_equal(arranged[1]->started, T + 20 * S);
        assert_int_equal(arranged[1]->outcome, BOOT_RUNNING);
        free_all(arranged, 2);
}

/* How an attempt ended is not forgotten when another one is found before it. */
static void test_ends_are_kept(void **state) {
        _cleanup_(boot_freep) struct boot *failed = booted_to_script(), *silent = booted_to_script();
        struct boot *arranged[BOOT_ORDER_MAX];
        add(failed, step(15, STEP_INVENTORY, STAGE_NONE), true);
        assert_int_equal(boot_fail(failed, "no disk", T + 15 * S), 0);
        assert_int_equal(arrange(&failed, 1, step(9, STEP_DISCOVER, STAGE_FIRMWARE), arranged), 2);
        assert_int_equal(arranged[1]->outcome, BOOT_FAILED);
        assert_string_equal(arranged[1]->reason, "no disk");
        free_all(arranged, 2);
        /* An attempt that went silent, and the one after it, of which a late begin is told. */
        assert_int_equal(boot_check_silence(silent, T + 3600 * S), 1);
        struct boot *boots[] = { silent, NULL };
        assert_int_equal(boot_new(&mac, T + 4000 * S, &boots[1]), 0);
        add(boots[1], step(4000, STEP_SCRIPT, STAGE_NONE), false);
        assert_int_equal(arrange(boots, 2, step(3990, STEP_DISCOVER, STAGE_FIRMWARE), arranged), 2);
        assert_int_equal(arranged[0]->outcome, BOOT_SILENT);
        assert_int_equal(arranged[0]->ended, T + 3600 * S);
        assert_non_null(strstr(arranged[0]->reason, "nothing for 15 minutes"));
        assert_int_equal(arranged[1]->outcome, BOOT_RUNNING);
        assert_int_equal(arranged[1]->started, T + 3990 * S);
        free_all(arranged, 2);
        boot_free(boots[1]);
}

/* More attempts than are looked at are left as they are. */
static void test_too_many_attempts(void **state) {
        struct boot *boots[BOOT_ORDER_MAX], *arranged[BOOT_ORDER_MAX];
        for (unsigned i = 0; i < BOOT_ORDER_MAX; i++) {
                assert_int_equal(boot_new(&mac, T + i * 100 * S, &boots[i]), 0);
                for (unsigned s = 0; s < STEPS_MAX; s++)
                        assert_true(add(boots[i], step(i * 100 + s, s == 0 ? STEP_DISCOVER : s % 2 ? STEP_SCRIPT : STEP_REFUSED, s == 0 ? STAGE_FIRMWARE : STAGE_NONE), true) >= 0);
                assert_int_equal(boots[i]->n_steps, STEPS_MAX);
        }
        struct boot_step s = step(10, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(boots, BOOT_ORDER_MAX, &s), BOOT_ORDER_OTHERS);
        assert_int_equal(arrange(boots, BOOT_ORDER_MAX, s, arranged), -E2BIG);
        assert_int_equal(arrange(boots + 1, BOOT_ORDER_MAX - 1, step(110, STEP_DISCOVER, STAGE_FIRMWARE), arranged), BOOT_ORDER_MAX);
        for (unsigned i = 0; i + 1 < BOOT_ORDER_MAX; i++)
                assert_true(arranged[i]->n_steps <= STEPS_MAX && arranged[i]->ended != 0);
        free_all(arranged, BOOT_ORDER_MAX);
        free_all(boots, BOOT_ORDER_MAX);
}

/* The inventory of a second boot is reported before all else of it: it is taken for the first one's, and goes over when the second begins. */
static void test_inventory_before_its_boot(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script();
        struct boot *arranged[BOOT_ORDER_MAX];
        add(boot, step(30, STEP_INVENTORY, STAGE_NONE), true);
        add(boot, step(33, STEP_INVENTORY, STAGE_NONE), true);
        assert_int_equal(arrange(&boot, 1, step(31, STEP_SCRIPT, STAGE_NONE), arranged), 2);
        assert_int_equal(arranged[0]->outcome, BOOT_INSPECTED);
        assert_int_equal(arranged[0]->ended, T + 30 * S);
        assert_int_equal(arranged[1]->outcome, BOOT_INSPECTED);
        assert_int_equal(arranged[1]->ended, T + 33 * S);
        free_all(arranged, 2);
}

/* Attempts of which nothing but the ramdisk's words is known stay as many as they are when what began the first is told. */
static void test_words_before_their_boot(void **state) {
        struct boot *boots[2];
        for (unsigned i = 0; i < 2; i++) {
                struct boot_step s = step(300 + i * 7200, STEP_AGENT, STAGE_NONE);
                assert_int_equal(boot_new(&mac, s.time, &boots[i]), 0);
                add(boots[i], s, true);
        }
        struct boot_step s = step(0, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_order_place(boots, 2, &s), 0);
        free_all(boots, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_late_reports),
                cmocka_unit_test(test_late_end_of_the_one_before),
                cmocka_unit_test(test_late_begin),
                cmocka_unit_test(test_begin_moves),
                cmocka_unit_test(test_ends_are_kept),
                cmocka_unit_test(test_too_many_attempts),
                cmocka_unit_test(test_inventory_before_its_boot),
                cmocka_unit_test(test_words_before_their_boot),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
