/* When a boot has fetched all its files; what was consumed; who has a port. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/file.h"
#include "tftp/boots.h"
#include "tftp/consumed.h"

static struct profile *make_profile(const char *text) {
        _cleanup_json_ json_t *json = json_loads(text, 0, NULL);
        struct profile *profile;

        assert_int_equal(profile_new(json, &profile), 0);
        return profile;
}

static const struct mac mac = { { 2, 0, 0, 0, 0, 1 } };

static struct boots *begin(const struct profile *profile, const char *fetched) {
        const struct report started = { .kind = REPORT_STARTED, .mac = mac, .assignment = 9, .once = true };
        struct boots *boots;

        assert_int_equal(boots_new(&boots), 0);
        boots_begin(boots, profile, &started, fetched);
        return boots;
}

static void test_all_files(void **state) {
        _cleanup_(profile_unrefp) struct profile *profile = make_profile(
                "{\"name\":\"p\",\"kind\":\"kernel\",\"kernel\":\"k\",\"initrds\":[\"a\",\"http://h/b\",\"c\"],\"arguments\":\"\"}");
        _cleanup_(boots_freep) struct boots *boots = begin(profile, NULL);

        assert_int_equal(profile_own_files(profile), 3);
        assert_true(boots_has(boots, &mac, 9));
        assert_false(boots_has(boots, &mac, 8));
        assert_null(boots_fetched(boots, &mac, 9, "k"));
        assert_null(boots_fetched(boots, &mac, 9, "k"));
        assert_null(boots_fetched(boots, &mac, 9, "other"));
        assert_null(boots_fetched(boots, &mac, 8, "a"));
        assert_null(boots_fetched(boots, &mac, 9, "c"));
        _cleanup_(report_freep) struct report *started = boots_fetched(boots, &mac, 9, "a");
        assert_non_null(started);
        assert_int_equal(started->assignment, 9);
        assert_true(started->once && started->time > 0);
        /* once */
        assert_null(boots_fetched(boots, &mac, 9, "a"));
}

/* The daemon was started again after the first files. */
static void test_recalled(void **state) {
        _cleanup_(profile_unrefp) struct profile *profile = make_profile(
                "{\"name\":\"p\",\"kind\":\"kernel\",\"kernel\":\"k\",\"initrds\":[\"a\",\"b\"],\"arguments\":\"\"}");
        _cleanup_(boots_freep) struct boots *boots = begin(profile, "a");

        assert_null(boots_fetched(boots, &mac, 9, "a"));
        _cleanup_(report_freep) struct report *started = boots_fetched(boots, &mac, 9, "b");
        assert_non_null(started);
}

static void test_same_file_twice(void **state) {
        _cleanup_(profile_unrefp) struct profile *profile = make_profile(
                "{\"name\":\"p\",\"kind\":\"kernel\",\"kernel\":\"k\",\"initrds\":[\"a\",\"a\"],\"arguments\":\"\"}");
        _cleanup_(boots_freep) struct boots *boots = begin(profile, NULL);

        assert_null(boots_fetched(boots, &mac, 9, "k"));
        _cleanup_(report_freep) struct report *started = boots_fetched(boots, &mac, 9, "a");
        assert_non_null(started);
}

static void test_most_files(void **state) {
        _cleanup_json_ json_t *json = json_pack("{s:s,s:s,s:s,s:[],s:s}", "name", "p", "kind", "kernel", "kernel", "k", "initrds", "arguments", "");
        struct profile *profile;
        char name[16];

        for (int i = 0; i < PROFILE_INITRDS_MAX; i++) {
                snprintf(name, sizeof(name), "i%d", i);
                json_array_append_new(json_get_array(json, "initrds"), json_string(name));
        }
        assert_int_equal(profile_new(json, &profile), 0);
        _cleanup_(boots_freep) struct boots *boots = begin(profile, NULL);
        assert_null(boots_fetched(boots, &mac, 9, "k"));
        for (int i = 0; i < PROFILE_INITRDS_MAX; i++) {
                snprintf(name, sizeof(name), "i%d", i);
                _cleanup_(report_freep) struct report *started = boots_fetched(boots, &mac, 9, name);
                assert_int_equal(started != NULL, i == PROFILE_INITRDS_MAX - 1);
        }
        profile_unref(profile);
        json_array_append_new(json_get_array(json, "initrds"), json_string("one more"));
        assert_int_equal(profile_new(json, &profile), -EINVAL);
}

static void test_many_boots(void **state) {
        _cleanup_(profile_unrefp) struct profile *profile = make_profile("{\"name\":\"p\",\"kind\":\"kernel\",\"kernel\":\"k\",\"arguments\":\"\"}");
        _cleanup_(boots_freep) struct boots *boots = NULL;
        struct report started = { .kind = REPORT_STARTED };

        assert_int_equal(boots_new(&boots), 0);
        for (unsigned i = 0; i < 20000; i++) {
                started.mac = (struct mac) { { 2, 0, 0, 0, (uint8_t) (i >> 8), (uint8_t) i } };
                boots_begin(boots, profile, &started, NULL);
        }
        assert_true(boots_has(boots, &started.mac, 0));
        started.mac = (struct mac) { { 2, 0, 0, 0, 0, 0 } };
        assert_false(boots_has(boots, &started.mac, 0));
}

static void set_assignment(struct snapshot *snapshot, const struct uuid *id, int assignment) {
        char text[UUID_TEXT_SIZE], key[64];

        uuid_format(id, text);
        snprintf(key, sizeof(key), "node/%s", text);
        _cleanup_json_ json_t *entry = json_pack("{s:{s:s,s:s,s:i}}", "node", "id", text, "name", "n", "assignment", assignment);
        assert_int_equal(snapshot_apply(snapshot, key, entry), 0);
}

static void store(struct consumed *consumed, const struct uuid *node, uint64_t assignment) {
        const struct report report = { .node = *node, .assignment = assignment, .mac = { { 0x52, 0x54, 0, 0, 0, 1 } }, .time = 1234567, .network = "lab" };

        assert_int_equal(consumed_store(consumed, &report), 0);
}

static void test_consumed(void **state) {
        char folder[] = "/tmp/pxed-consumed-XXXXXX";
        _cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
        _cleanup_(consumed_freep) struct consumed *consumed = NULL;
        const struct uuid a = { { 1 } }, b = { { 2 } }, c = { { 3 } };

        assert_non_null(mkdtemp(folder));
        _cleanup_free_ char *path = path_join(folder, "consumed");
        assert_int_equal(consumed_new(path, &consumed), 0);
        assert_int_equal(consumed_mark(consumed, &a, 5), 0);
        assert_int_equal(consumed_mark(consumed, &b, 6), 0);
        assert_int_equal(consumed_mark(consumed, &c, 7), 0);
        assert_true(consumed_is(consumed, &a, 5));
        assert_false(consumed_is(consumed, &a, 6));
        store(consumed, &a, 5);
        store(consumed, &b, 6);
        store(consumed, &c, 99); /* not marked: not stored */

        /* after a restart: what was stored */
        consumed = consumed_free(consumed);
        assert_int_equal(consumed_new(path, &consumed), 0);
        assert_true(consumed_is(consumed, &a, 5));
        assert_true(consumed_is(consumed, &b, 6));
        assert_false(consumed_is(consumed, &c, 7));

        /* the desired state moves on */
        assert_int_equal(snapshot_new(&snapshot), 0);
        set_assignment(snapshot, &a, 5);
        set_assignment(snapshot, &b, 8);
        consumed_prune(consumed, snapshot);

        /* what pxed still wants it has not been told of: told once, as it was */
        _cleanup_(report_freep) struct report *untold = consumed_untold(consumed, snapshot);
        assert_non_null(untold);
        assert_null(untold->next);
        assert_int_equal(untold->kind, REPORT_STARTED);
        assert_memory_equal(&untold->node, &a, sizeof(a));
        assert_int_equal(untold->assignment, 5);
        assert_int_equal(untold->mac.bytes[5], 1);
        assert_int_equal(untold->time, 1234567);
        assert_string_equal(untold->network, "lab");
        assert_null(consumed_untold(consumed, snapshot));

        consumed = consumed_free(consumed);
        assert_int_equal(consumed_new(path, &consumed), 0);
        assert_true(consumed_is(consumed, &a, 5));
        assert_false(consumed_is(consumed, &b, 6));

        snapshot = snapshot_unref(snapshot);
        assert_int_equal(snapshot_new(&snapshot), 0);
        consumed_prune(consumed, snapshot);
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_files),  cmocka_unit_test(test_recalled), cmocka_unit_test(test_same_file_twice),
                cmocka_unit_test(test_most_files), cmocka_unit_test(test_many_boots), cmocka_unit_test(test_consumed),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
