/* Boot attempts: which steps make one, where the next begins, and how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/boot_fit.h"
#include "lib/json.h"
#include "lib/boot_order.h"
#include "tests/unit/boot_fixture.h"

static void test_what_begins(void **state) {
        static const struct {
                enum step_kind kind;
                enum step_stage stage;
                enum boot_fit fit;
        } cases[] = {
                { STEP_DISCOVER, STAGE_FIRMWARE, BOOT_FIT_NEW }, { STEP_DISCOVER, STAGE_IPXE, BOOT_FIT_NEW },
                { STEP_DISCOVER, STAGE_OS, BOOT_FIT_NOISE },     { STEP_DISCOVER, STAGE_NONE, BOOT_FIT_NOISE },
                { STEP_REQUEST, STAGE_OS, BOOT_FIT_NOISE },      { STEP_REQUEST, STAGE_IPXE, BOOT_FIT_NEW },
                { STEP_OFFER, STAGE_FIRMWARE, BOOT_FIT_NOISE },  { STEP_ACKNOWLEDGE, STAGE_FIRMWARE, BOOT_FIT_NOISE },
                { STEP_NAK, STAGE_FIRMWARE, BOOT_FIT_NOISE },    { STEP_TFTP, STAGE_NONE, BOOT_FIT_NEW },
                { STEP_SCRIPT, STAGE_NONE, BOOT_FIT_NEW },       { STEP_AGENT, STAGE_NONE, BOOT_FIT_NOISE },
                { STEP_INVENTORY, STAGE_NONE, BOOT_FIT_NEW },    { STEP_REFUSED, STAGE_NONE, BOOT_FIT_NEW },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct boot_step s = step(0, cases[i].kind, cases[i].stage);
                if (boot_fit(NULL, &s) != cases[i].fit)
                        fail_msg("case %zu", i);
        }
}

static void test_next_attempt(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script();
        struct boot_step s = step(12, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_NEW);
        s = step(12, STEP_DISCOVER, STAGE_IPXE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_NEW);
        /* iPXE tries the script again. */
        s = step(12, STEP_SCRIPT, STAGE_NONE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_THIS);
        s = step(12, STEP_DISCOVER, STAGE_OS);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_THIS);
        s = step(10 + 601, STEP_SCRIPT, STAGE_NONE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_NEW);
        /* The ramdisk of a large machine takes its time. */
        s = step(10 + 1200, STEP_AGENT, STAGE_NONE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_THIS);
        assert_int_equal(add(boot, step(14, STEP_STARTED, STAGE_NONE), true), BOOT_CHANGED);
        s = step(20, STEP_SCRIPT, STAGE_NONE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_NEW);
}

static void test_firmware_asks_again(void **state) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        assert_int_equal(boot_new(&mac, T, &boot), 0);
        add(boot, step(0, STEP_DISCOVER, STAGE_FIRMWARE), false);
        /* UEFI asks for PXE, then for HTTP boot. */
        add(boot, step(3, STEP_ACKNOWLEDGE, STAGE_FIRMWARE), false);
        struct boot_step s = step(30, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_THIS);
        s = step(64, STEP_DISCOVER, STAGE_FIRMWARE);
        assert_int_equal(boot_fit(boot, &s), BOOT_FIT_NEW);
}

static void test_outcomes(void **state) {
        _cleanup_(boot_freep) struct boot *inspected = booted_to_script(), *booted = booted_to_script(), *refused = booted_to_script();

        add(inspected, step(14, STEP_STARTED, STAGE_NONE), true);
        assert_int_equal(inspected->ended, 0);
        add(inspected, step(30, STEP_INVENTORY, STAGE_NONE), true);
        assert_int_equal(inspected->outcome, BOOT_INSPECTED);
        assert_int_equal(inspected->ended, T + 30 * S);
        /* What the agent says afterwards opens nothing. */
        add(inspected, step(31, STEP_AGENT, STAGE_NONE), true);
        assert_int_equal(inspected->outcome, BOOT_INSPECTED);

        add(booted, step(14, STEP_STARTED, STAGE_NONE), false);
        assert_int_equal(booted->outcome, BOOT_BOOTED);

        struct boot_step s = step(14, STEP_REFUSED, STAGE_NONE);
        s.detail = (char *) "no such file";
        add(refused, s, false);
        assert_int_equal(refused->outcome, BOOT_FAILED);
        assert_string_equal(refused->reason, "no such file");
        add(refused, step(20, STEP_SCRIPT, STAGE_NONE), false);
        assert_int_equal(refused->outcome, BOOT_RUNNING);
        assert_int_equal(refused->ended, 0);
        assert_null(refused->reason);
}

static void test_failure_by_two_ways(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script();
        add(boot, step(30, STEP_INVENTORY, STAGE_NONE), true);
        assert_int_equal(boot_fail(boot, "no disk", T + 30 * S), 0);
        assert_int_equal(add(boot, step(30, STEP_INVENTORY, STAGE_NONE), true), BOOT_UNCHANGED);
        assert_int_equal(boot->outcome, BOOT_FAILED);
        assert_string_equal(boot->reason, "no disk");
}

static void test_silence(void **state) {
        _cleanup_(boot_freep) struct boot *early = NULL, *late = booted_to_script();
        assert_int_equal(boot_new(&mac, T, &early), 0);
        add(early, step(0, STEP_DISCOVER, STAGE_FIRMWARE), false);
        assert_int_equal(boot_check_silence(early, T + 179 * S), 0);
        assert_int_equal(boot_check_silence(early, T + 180 * S), 1);
        assert_int_equal(early->outcome, BOOT_SILENT);
        assert_string_equal(early->reason, "nothing for 3 minutes after the firmware asked for an address");
        assert_int_equal(boot_check_silence(early, T + 400 * S), 0);
        /* What came last is told late, by another worker. */
        assert_int_equal(add(early, step(2, STEP_TFTP, STAGE_NONE), false), BOOT_CHANGED);
        assert_string_equal(early->reason, "nothing for 3 minutes after the machine asked for a loader by TFTP");
        assert_int_equal(add(early, step(1, STEP_OFFER, STAGE_FIRMWARE), false), BOOT_CHANGED);
        assert_string_equal(early->reason, "nothing for 3 minutes after the machine asked for a loader by TFTP");
        assert_int_equal(early->ended, T + 180 * S);

        struct boot_step s = step(12, STEP_FILE, STAGE_NONE);
        s.file = (char *) "ramdisk/initrd";
        s.bytes = 10;
        s.total = 100;
        add(late, s, true);
        assert_int_equal(boot_check_silence(late, T + (12 + 899) * S), 0);
        assert_int_equal(boot_check_silence(late, T + (12 + 900) * S), 1);
        assert_string_equal(late->reason, "nothing for 15 minutes after the machine had fetched 10 of 100 bytes of ramdisk/initrd");
}

static void test_progress(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script();
        size_t before = boot->n_steps;
        struct boot_step s = step(12, STEP_FILE, STAGE_NONE);
        s.file = (char *) "k";
        s.bytes = 1;
        s.total = 100;
        assert_int_equal(boot_add(boot, &s, true, s.time), BOOT_CHANGED);
        s.bytes = 50;
        assert_int_equal(boot_add(boot, &s, true, s.time + S), BOOT_PROGRESS);
        s.bytes = 40;
        assert_int_equal(boot_add(boot, &s, true, s.time + S), BOOT_UNCHANGED);
        s.bytes = 100;
        assert_int_equal(boot_add(boot, &s, true, s.time + 2 * S), BOOT_CHANGED);
        assert_int_equal(boot->n_steps, before + 1);
        assert_int_equal(boot->steps[before].bytes, 100);
        /* Another file, and the same one again, are steps of their own. */
        s.file = (char *) "i";
        assert_int_equal(boot_add(boot, &s, true, s.time), BOOT_CHANGED);
        s.time += 3 * S;
        assert_int_equal(boot_add(boot, &s, true, s.time), BOOT_CHANGED);
        assert_int_equal(boot->n_steps, before + 3);
}

static void test_repetitions(void **state) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        assert_int_equal(boot_new(&mac, T, &boot), 0);
        add(boot, step(0, STEP_DISCOVER, STAGE_FIRMWARE), false);
        assert_int_equal(add(boot, step(4, STEP_DISCOVER, STAGE_FIRMWARE), false), BOOT_PROGRESS);
        assert_int_equal(add(boot, step(12, STEP_DISCOVER, STAGE_FIRMWARE), false), BOOT_PROGRESS);
        assert_int_equal(boot->n_steps, 1);
        assert_int_equal(boot->steps[0].repeats, 2);
        assert_int_equal(boot->steps[0].last, T + 12 * S);
        struct boot_step s = step(20, STEP_AGENT, STAGE_NONE);
        s.detail = (char *) "waiting";
        assert_int_equal(add(boot, s, false), BOOT_CHANGED);
        /* So many may be of attempts of their own. */
        for (unsigned i = 1; i < BOOT_ORDER_MAX; i++) {
                s.time += 30 * S;
                assert_int_equal(add(boot, s, false), BOOT_CHANGED);
        }
        for (unsigned i = 0; i < 100; i++) {
                s.time += 30 * S;
                assert_int_equal(add(boot, s, false), BOOT_UNCHANGED);
        }
        assert_int_equal(boot->n_steps, 1 + BOOT_ORDER_MAX);
        assert_int_equal(boot->heard, s.time);
        /* Whenever that is told. */
        assert_int_equal(boot->steps[BOOT_ORDER_MAX].last, s.time);
        s.time += 10 * S;
        assert_int_equal(boot_add(boot, &s, false, s.time + 3600 * S), BOOT_UNCHANGED);
        assert_int_equal(boot->steps[BOOT_ORDER_MAX].last, s.time);
        /* A boot later it is no repetition. */
        s.time += 201 * S;
        assert_int_equal(boot_add(boot, &s, false, s.time + 3600 * S), BOOT_CHANGED);
        assert_int_equal(boot->n_steps, 2 + BOOT_ORDER_MAX);
}

/* Scripts of attempts of which pxed-netcfg has not told yet: each is told of when it was served. */
static void test_scripts_in_a_row(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script();
        size_t before = boot->n_steps;
        for (unsigned i = 1; i < BOOT_ORDER_MAX; i++)
                assert_int_equal(add(boot, step(10 + i, STEP_SCRIPT, STAGE_NONE), true), BOOT_CHANGED);
        assert_int_equal(boot->n_steps, before + BOOT_ORDER_MAX - 1);
        assert_int_equal(add(boot, step(10 + BOOT_ORDER_MAX, STEP_SCRIPT, STAGE_NONE), true), BOOT_UNCHANGED);
        /* The same one, told again. */
        assert_int_equal(add(boot, step(12, STEP_SCRIPT, STAGE_NONE), true), BOOT_UNCHANGED);
        assert_int_equal(boot->n_steps, before + BOOT_ORDER_MAX - 1);
}

/* A server that is not heard answers each DISCOVER: two steps, not sixty. */
static void test_one_exchange(void **state) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        assert_int_equal(boot_new(&mac, T, &boot), 0);
        for (unsigned i = 0; i < 30; i++) {
                struct boot_step discover = step(16 * i, STEP_DISCOVER, STAGE_FIRMWARE), offer = step(16 * i + 1, STEP_OFFER, STAGE_FIRMWARE);
                discover.protocol = offer.protocol = STEP_DHCP4;
                discover.has_xid = offer.has_xid = true;
                discover.xid = offer.xid = 7;
                add(boot, discover, false);
                offer.server = (char *) "192.0.2.1";
                add(boot, offer, false);
                if (i < 2) {
                        offer.server = (char *) "192.0.2.9";
                        add(boot, offer, false);
                }
        }
        assert_int_equal(boot->n_steps, 3);
        assert_int_equal(boot->steps[0].repeats, 29);
        assert_int_equal(boot->steps[1].repeats, 29);
        assert_int_equal(boot->steps[2].repeats, 1);
        /* After it was given up it begins again. */
        assert_int_equal(boot_check_silence(boot, T + 1000 * S), 1);
        struct boot_step discover = step(1001, STEP_DISCOVER, STAGE_FIRMWARE);
        discover.protocol = STEP_DHCP4;
        discover.has_xid = true;
        discover.xid = 7;
        assert_int_equal(add(boot, discover, false), BOOT_CHANGED);
        assert_int_equal(boot->outcome, BOOT_RUNNING);
}

static void test_options(void **state) {
        char options[64] = "", value[STEP_OPTION_VALUE_SIZE];

        step_options_add(options, sizeof options, "60", "PXEClient\nx=\377");
        step_options_add(options, sizeof options, "93", "7");
        step_options_add(options, sizeof options, "bad=", "7");
        step_options_add(options, sizeof options, "12", "a value that does not fit what is left of it");
        assert_string_equal(options, "60=PXEClient?x=?\n93=7\n");
        assert_string_equal(step_option(options, "93", value), "7");
        assert_string_equal(step_option(options, "60", value), "PXEClient?x=?");
        assert_null(step_option(options, "9", value));
        assert_null(step_option(NULL, "9", value));
        _cleanup_json_ json_t *json = step_options_to_json(options);
        assert_int_equal(json_object_size(json), 2);
        assert_string_equal(json_string_value(json_object_get(json, "60")), "PXEClient?x=?");
}

/* What is on the wire survives the store; what an older version stored has none of it. */
static void test_wire_fields(void **state) {
        _cleanup_(boot_step_clear) struct boot_step read = {}, old = {};
        struct boot_step s = step(0, STEP_OFFER, STAGE_FIRMWARE);
        s.protocol = STEP_DHCP6;
        s.has_xid = s.has_vlan = true;
        s.xid = UINT32_MAX;
        s.foreign = FOREIGN_NO;
        s.server = (char *) "192.0.2.9";
        s.options = (char *) "54=192.0.2.9\n";
        s.transfer = TRANSFER_AGREED;
        s.repeats = 3;
        s.last = T + S;
        _cleanup_json_ json_t *json = boot_step_to_json(&s);
        assert_int_equal(boot_step_from_json(json, 0, &read), 0);
        assert_true(read.protocol == STEP_DHCP6 && read.has_xid && read.xid == UINT32_MAX && read.has_vlan && read.vlan == 0);
        assert_true(read.foreign == FOREIGN_NO && read.transfer == TRANSFER_AGREED && read.repeats == 3 && read.last == T + S);
        assert_string_equal(read.server, "192.0.2.9");
        assert_string_equal(read.options, "54=192.0.2.9\n");

        _cleanup_json_ json_t *bare = json_pack("{s:I, s:s, s:n}", "time", (json_int_t) T, "kind", "offer", "address");
        assert_int_equal(boot_step_from_json(bare, 0, &old), 0);
        assert_true(old.protocol == STEP_PROTOCOL_NONE && !old.has_xid && !old.has_vlan && old.foreign == FOREIGN_UNKNOWN);
        assert_true(old.transfer == TRANSFER_NONE && old.repeats == 0 && old.architecture == -1 && old.bytes == -1);
        assert_null(old.options);
}

static void test_bound(void **state) {
        _cleanup_(boot_freep) struct boot *boot = NULL;
        char file[16];
        assert_int_equal(boot_new(&mac, T, &boot), 0);
        add(boot, step(0, STEP_DISCOVER, STAGE_FIRMWARE), false);
        add(boot, step(1, STEP_SCRIPT, STAGE_NONE), false);
        for (unsigned i = 0; i < 1000; i++) {
                struct boot_step s = step(2 + i, STEP_TFTP, STAGE_NONE);
                snprintf(file, sizeof file, "%u", i);
                s.file = file;
                add(boot, s, false);
        }
        assert_int_equal(boot->n_steps, STEPS_MAX);
        assert_int_equal(boot->steps[0].kind, STEP_DISCOVER);
        assert_int_equal(boot->steps[1].kind, STEP_SCRIPT);
        assert_string_equal(boot->steps[STEPS_MAX - 1].file, "999");
}

static void test_json(void **state) {
        _cleanup_(boot_freep) struct boot *boot = booted_to_script(), *copy = NULL;
        _cleanup_json_ json_t *steps = boot_steps_to_json(boot);
        assert_int_equal(boot_new(&mac, T, &copy), 0);
        assert_int_equal(boot_steps_from_json(copy, steps), 0);
        _cleanup_json_ json_t *again = boot_steps_to_json(copy);
        assert_true(json_equal(steps, again));
        _cleanup_json_ json_t *bad = json_pack("[{s:i,s:s}]", "time", 1, "kind", "dance");
        _cleanup_(boot_freep) struct boot *other = NULL;
        assert_int_equal(boot_new(&mac, T, &other), 0);
        assert_int_equal(boot_steps_from_json(other, bad), -74);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_begins),
                cmocka_unit_test(test_next_attempt),
                cmocka_unit_test(test_firmware_asks_again),
                cmocka_unit_test(test_outcomes),
                cmocka_unit_test(test_failure_by_two_ways),
                cmocka_unit_test(test_silence),
                cmocka_unit_test(test_progress),
                cmocka_unit_test(test_repetitions),
                cmocka_unit_test(test_scripts_in_a_row),
                cmocka_unit_test(test_one_exchange),
                cmocka_unit_test(test_options),
                cmocka_unit_test(test_wire_fields),
                cmocka_unit_test(test_bound),
                cmocka_unit_test(test_json),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
