/* Boots of machines, as the steps of several workers make them: however late and in whatever order the workers tell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json.h"
#include "pxed/ageing.h"
#include "tests/unit/pxed_fixture.h"

#define STEP(time, kind, more) "{\"time\":" time ",\"step\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"kind\":\"" kind "\"" more "}}"

static void test_boots(void **state) {
        struct fixture *f = *state;
        for (int i = 0; i < 5; i++) {
                char text[512];
                snprintf(text, sizeof text,
                         "[{\"time\":%d000000,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"kind\":\"discover\",\"stage\":\"firmware\"}},"
                         "{\"time\":%d000001,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"kind\":\"script\",\"profile\":\"local\"}}]", i + 1, i + 1);
                assert_int_equal(report(f, NOW, text, NULL), 0);
        }
        _cleanup_json_ json_t *boots = boots_of(f, 1);
        assert_int_equal(json_array_size(boots), 3);
        assert_string_equal(json_get_string(json_array_get(boots, 0), "outcome"), "running");
        assert_string_equal(json_get_string(json_array_get(boots, 1), "outcome"), "silent");
        assert_int_equal(json_get_int(json_array_get(boots, 0), "id", 0), 5);
        /* Told late, of the attempt before the latest. */
        assert_int_equal(report(f, NOW, "[" STEP("4000002", "started", ",\"profile\":\"local\"") "]", NULL), 0);
        _cleanup_json_ json_t *told = boots_of(f, 1);
        assert_string_equal(json_get_string(json_array_get(told, 0), "outcome"), "running");
        assert_string_equal(json_get_string(json_array_get(told, 1), "outcome"), "booted");
        /* A restart of pxed: the one in flight goes on, and its silence counts from then. */
        reopen(f);
        assert_int_equal(f->state->boots.count, 1);
        assert_int_equal(ageing_tick(f->state, NOW + 60 * USEC_PER_SEC), 0);
        assert_int_equal(f->state->boots.count, 1);
        assert_int_equal(ageing_tick(f->state, NOW + BOOT_SILENT_LATE_USEC), 0);
        assert_int_equal(ageing_tick(f->state, NOW + BOOT_SILENT_LATE_USEC + 61 * USEC_PER_SEC), 0);
        assert_int_equal(f->state->boots.count, 0);
        /* What is told late comes to the attempt that it belongs to, though it is not in memory any more. */
        assert_int_equal(report(f, NOW, "[" STEP("5000002", "started", ",\"profile\":\"local\"") "]", NULL), 0);
        _cleanup_json_ json_t *after = boots_of(f, 1);
        assert_string_equal(json_get_string(json_array_get(after, 0), "outcome"), "booted");
        assert_int_equal(json_get_int(json_array_get(after, 0), "id", 0), 5);
}

static void afresh(struct fixture *f) {
        char command[128];
        f->state = state_free(f->state);
        snprintf(command, sizeof command, "rm -rf %s/*", f->folder);
        assert_int_equal(system(command), 0);
        open_state(f);
}

static void report_of(struct fixture *f, uint64_t now, uint64_t time, unsigned n, const char *kind) {
        char text[256];
        snprintf(text, sizeof text, "[{\"time\":%llu,\"step\":{\"mac\":\"52:54:00:00:%02x:%02x\",\"kind\":\"%s\",\"stage\":\"firmware\"}}]",
                 (unsigned long long) time, n >> 8, n & 255, kind);
        assert_int_equal(report(f, now, text, NULL), 0);
}

static void started_at(struct fixture *f, uint64_t now, uint64_t time) {
        char text[256];
        snprintf(text, sizeof text, "[{\"time\":%llu,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"kind\":\"started\",\"profile\":\"local\"}}]", (unsigned long long) time);
        assert_int_equal(report(f, now, text, NULL), 0);
}

static void assert_both_booted(struct fixture *f) {
        _cleanup_json_ json_t *boots = boots_of(f, 1);
        assert_int_equal(json_array_size(boots), 2);
        for (size_t i = 0; i < 2; i++)
                assert_string_equal(json_get_string(json_array_get(boots, i), "outcome"), "booted");
}

/* Two boots, long over and not in memory; a worker that was away tells more of each, or pxed-netcfg of the packets of the first. */
static void test_late_from_the_store(void **state) {
        struct fixture *f = *state;
        const uint64_t second = USEC_PER_SEC, first = NOW, next = NOW + 1000 * second, late = NOW + 5000 * second;
        for (int captured = 0; captured < 2; captured++) {
                report_of(f, first, first, 1, "script");
                report_of(f, next, next, 1, "script");
                assert_int_equal(ageing_tick(f->state, next + BOOT_SILENT_LATE_USEC), 0);
                for (int i = 0; i < 3; i++)
                        assert_int_equal(ageing_tick(f->state, next + BOOT_SILENT_LATE_USEC + 61 * second), 0);
                assert_int_equal(f->state->boots.count, 0);
                if (captured)
                        assert_int_equal(report(f, late, "[{\"time\":1,\"captureFile\":{\"boot\":1,\"path\":\"/1.pcapng\"}}]", NULL), 0);
                else {
                        started_at(f, late, first + second);
                        assert_int_equal(ageing_tick(f->state, late), 0);
                }
                started_at(f, late, next + second);
                started_at(f, late, first + second);
                assert_both_booted(f);
                for (int i = 0; i < 3; i++)
                        assert_int_equal(ageing_tick(f->state, late + 61 * second), 0);
                assert_int_equal(f->state->boots.count, 0);
                afresh(f);
        }
}

/* Those that may be silent for longer do not keep others from being ended, however many they are. */
static void test_many_in_flight(void **state) {
        struct fixture *f = *state;
        for (unsigned n = 0; n < 600; n++)
                report_of(f, NOW, NOW, n, n < 500 ? "script" : "discover");
        assert_int_equal(ageing_tick(f->state, NOW + BOOT_SILENT_EARLY_USEC), 0);
        for (unsigned n = 0; n < 600; n++) {
                _cleanup_json_ json_t *boots = boots_of(f, n);
                assert_string_equal(json_get_string(json_array_get(boots, 0), "outcome"), n < 500 ? "running" : "silent");
        }
}

static void test_clock_set_back(void **state) {
        struct fixture *f = *state;
        const uint64_t second = USEC_PER_SEC, before = NOW - 24 * 3600 * second;
        report_of(f, NOW, NOW, 1, "discover");
        /* A little: it is the same attempt. */
        report_of(f, NOW - 5 * second, NOW - 5 * second, 1, "script");
        _cleanup_json_ json_t *one = boots_of(f, 1);
        assert_int_equal(json_array_size(one), 1);
        assert_int_equal(json_get_int(json_array_get(one, 0), "steps", 0), 2);
        /* By a day: what comes now is another one, and the silence of the first counts from now. */
        report_of(f, NOW, NOW, 2, "discover");
        assert_int_equal(ageing_tick(f->state, before), 0);
        report_of(f, before, before, 1, "discover");
        _cleanup_json_ json_t *two = boots_of(f, 1);
        assert_int_equal(json_array_size(two), 2);
        assert_string_equal(json_get_string(json_array_get(two, 0), "outcome"), "running");
        assert_string_equal(json_get_string(json_array_get(two, 1), "outcome"), "silent");
        assert_int_equal(ageing_tick(f->state, before + BOOT_SILENT_EARLY_USEC), 0);
        _cleanup_json_ json_t *other = boots_of(f, 2);
        assert_string_equal(json_get_string(json_array_get(other, 0), "outcome"), "silent");
        assert_int_equal(ageing_tick(f->state, before + BOOT_SILENT_EARLY_USEC + 61 * second), 0);
        assert_int_equal(f->state->boots.count, 0);
}

/* ---- the order in which workers tell. Of a machine that nobody knows the first thing told is not what its ramdisk says: that begins no boot. */

enum teller { NETCFG, TFTP, INTROSPECT, TELLERS };

/* A boot as it is seen of a simulated machine: who saw it, after how many milliseconds. */
static const struct seen {
        enum teller teller;
        unsigned at;
        const char *kind, *stage;
} boot_seen[] = {
        { NETCFG, 0, "discover", "firmware" }, { NETCFG, 1, "offer", "firmware" },   { NETCFG, 2, "request", "firmware" },
        { NETCFG, 3, "acknowledge", "firmware" }, { NETCFG, 4, "tftp", NULL },       { NETCFG, 6, "discover", "ipxe" },
        { NETCFG, 7, "offer", "ipxe" },        { NETCFG, 8, "request", "ipxe" },     { NETCFG, 9, "acknowledge", "ipxe" },
        { TFTP, 12, "script", NULL },          { TFTP, 14, "file", NULL },           { TFTP, 16, "started", NULL },
        { NETCFG, 20, "discover", "os" },      { NETCFG, 21, "offer", "os" },        { NETCFG, 22, "request", "os" },
        { NETCFG, 23, "acknowledge", "os" },   { INTROSPECT, 25, "agent", NULL },    { INTROSPECT, 30, "inventory", NULL },
};
#define BOOT_MSEC 40
#define BOOTS_TOLD 3
/* Each of the boots may end after any step but these: a firmware that asks again soon has not begun anew. */
#define STEPS_TO_TFTP 5

/* How many steps each boot has, and of these which one of each worker is told next. */
struct telling {
        size_t steps;
        size_t next[TELLERS];
};

static const struct seen *next_of(const struct telling *telling, enum teller teller, unsigned *ret_at) {
        size_t of_boot = 0;
        for (size_t i = 0; i < telling->steps; i++)
                of_boot += boot_seen[i].teller == teller;
        size_t boot = of_boot > 0 ? telling->next[teller] / of_boot : BOOTS_TOLD, left = of_boot > 0 ? telling->next[teller] % of_boot : 0;
        if (boot >= BOOTS_TOLD)
                return NULL;
        for (size_t i = 0; i < telling->steps; i++)
                if (boot_seen[i].teller == teller && left-- == 0) {
                        *ret_at = (unsigned) boot * BOOT_MSEC + boot_seen[i].at;
                        return &boot_seen[i];
                }
        return NULL;
}

/* Tells the next `count` steps of a worker. */
static void tell(struct fixture *f, struct telling *telling, enum teller teller, size_t count) {
        _cleanup_json_ json_t *batch = json_array();
        const struct seen *seen;
        unsigned at;
        while (count-- > 0 && (seen = next_of(telling, teller, &at))) {
                json_t *step = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*}", "mac", "52:54:00:00:00:01", "network", "lab", "kind", seen->kind, "stage",
                                         seen->stage, "profile", teller == TFTP ? "inspect" : NULL, "file",
                                         strcmp(seen->kind, "file") == 0 ? "vmlinuz" : strcmp(seen->kind, "tftp") == 0 ? "undionly.kpxe" : NULL);
                json_array_append_new(batch, json_pack("{s:I, s:o}", "time", (json_int_t) (NOW + at * 1000), "step", step));
                telling->next[teller]++;
        }
        char *text = json_dumps(batch, 0);
        assert_int_equal(report(f, NOW + USEC_PER_SEC, text, NULL), 0);
        free(text);
}

static void assert_told(struct fixture *f, size_t steps, const char *how) {
        bool whole = steps == ELEMENTS(boot_seen);
        _cleanup_json_ json_t *boots = boots_of(f, 1);
        char *text = json_dumps(boots, 0);
        if (json_array_size(boots) != BOOTS_TOLD)
                fail_msg("%s: %s", how, text);
        json_t *boot;
        size_t i;
        json_array_foreach(boots, i, boot)
                if (json_get_int(boot, "steps", 0) != (int64_t) steps || (strcmp(json_get_string(boot, "outcome"), "inspected") == 0) != whole)
                        fail_msg("%s: %s", how, text);
        free(text);
}

/* In the order of time, up to so many boots. */
static void tell_in_order(struct fixture *f, struct telling *telling, size_t boots) {
        unsigned at;
        for (unsigned msec = 0; msec < boots * BOOT_MSEC; msec++)
                for (enum teller t = 0; t < TELLERS; t++)
                        if (next_of(telling, t, &at) && at == msec)
                                tell(f, telling, t, 1);
}

/* After pxed was away each worker tells all of what it saw meanwhile, one after the other. */
static void test_workers_one_after_the_other(void **state) {
        static const enum teller orders[][TELLERS] = {
                { NETCFG, TFTP, INTROSPECT }, { NETCFG, INTROSPECT, TFTP }, { TFTP, NETCFG, INTROSPECT },
                { TFTP, INTROSPECT, NETCFG }, { INTROSPECT, NETCFG, TFTP }, { INTROSPECT, TFTP, NETCFG },
        };
        struct fixture *f = *state;
        for (size_t steps = STEPS_TO_TFTP; steps <= ELEMENTS(boot_seen); steps++)
                for (size_t i = 0; i < ELEMENTS(orders) * (BOOTS_TOLD - 1); i++) {
                        struct telling telling = { .steps = steps };
                        size_t before = 1 + i / ELEMENTS(orders);
                        char how[80];
                        tell_in_order(f, &telling, before);
                        for (size_t t = 0; t < TELLERS; t++)
                                tell(f, &telling, orders[i % ELEMENTS(orders)][t], SIZE_MAX);
                        snprintf(how, sizeof how, "%zu steps, after %zu boots in order %zu", steps, before, i % ELEMENTS(orders));
                        assert_told(f, steps, how);
                        afresh(f);
                }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_boots),
                TEST(test_late_from_the_store),
                TEST(test_many_in_flight),
                TEST(test_clock_set_back),
                TEST(test_workers_one_after_the_other),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
