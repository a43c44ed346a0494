/* A change that the store refuses leaves nothing behind, and a store that cannot be used is refused in words. */
#include <errno.h>

#include "lib/json.h"
#include "pxed/store_sqlite.h"
#include "tests/unit/store_fixture.h"

static int told_error;

static void stored(int error, const char *reason, void *userdata) {
        told_error = error;
}

static void set_page_limit(struct fixture *f, const char *limit) {
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA max_page_count = %s", limit);
        assert_int_equal(sqlite3_exec(f->state->store->database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_full_disk(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, "[" STEP("1", "script", ",\"profile\":\"inspect\"") "]", NULL), 0);
        struct node *node = node_at(f, 1);
        assert_non_null(node);
        uint64_t revision = f->state->revision, newest = f->state->event_newest;
        f->state->stored = stored;

        set_page_limit(f, "1"); /* not below what there is: no page more */
        int r = 0;
        unsigned n;
        for (n = 0; r == 0 && n < 1000; n++) {
                char text[512];
                revision = f->state->revision;
                newest = f->state->event_newest;
                snprintf(text, sizeof text, "[{\"time\":1,\"step\":{\"mac\":\"52:54:00:01:%02x:%02x\",\"network\":\"lab\",\"kind\":\"script\","
                                            "\"profile\":\"inspect\"}}]", n / 256, n % 256);
                r = report(f, NOW, text, NULL);
        }
        assert_int_equal(r, -ENOSPC);
        assert_int_equal(told_error, -ENOSPC);
        /* Nothing of the change is there. */
        assert_int_equal(f->state->revision, revision);
        assert_int_equal(f->state->event_newest, newest);
        struct mac mac = { { 0x52, 0x54, 0, 1, (uint8_t) ((n - 1) / 256), (uint8_t) (n - 1) } };
        assert_null(registry_by_mac(&f->state->nodes, &mac));
        assert_null(boots_latest(&f->state->boots, &mac, UINT64_MAX));
        assert_ptr_equal(node_at(f, 1), node);
        /* What was there is still read. */
        assert_true(count_events(f, "node.created") >= 1);
        /* There is room again. */
        set_page_limit(f, "1000000");
        assert_int_equal(report(f, NOW, "[" STEP("2", "started", ",\"profile\":\"inspect\"") "]", NULL), 0);
        assert_int_equal(told_error, 0);
        reopen(f);
        assert_null(registry_by_mac(&f->state->nodes, &mac));
        count_events(f, NULL);
}

static void test_given_up(void **state) {
        struct fixture *f = *state;
        struct observe_error error;
        assert_int_equal(report(f, NOW, "[" STEP("1", "script", ",\"profile\":\"inspect\"") "]", NULL), 0);
        struct node *node = node_at(f, 1);
        uint64_t sequence = f->state->desired.sequence;
        /* The second observation is bad: the first has not happened either. */
        int r = report(f, NOW, "[" INVENTORY("2", "p", "52:54:00:00:00:01", U1, "S", "") ",{\"time\":3,\"step\":{\"mac\":\"x\",\"kind\":\"tftp\"}}]",
                       &error);
        assert_int_equal(r, -EINVAL);
        assert_string_equal(error.field, "observations[1].step.mac");
        assert_ptr_equal(node_at(f, 1), node);
        assert_int_equal(node->inspection.state, INSPECTION_WAITING);
        assert_int_equal(store_has_post(f->state->store, "p"), 0);
        assert_int_equal(f->state->desired.sequence, sequence);
        assert_int_equal(count_events(f, "node.inspected"), 0);
}

static void test_second_instance(void **state) {
        struct fixture *f = *state;
        struct store *store = NULL;
        char reason[200];
        /* Another process holds it: here another connection does. */
        assert_int_equal(store_open(f->folder, &store, reason, sizeof reason), -EBUSY);
        assert_non_null(strstr(reason, "another pxed"));
}

static void test_newer_version(void **state) {
        struct fixture *f = *state;
        struct store *store = NULL;
        char reason[200];
        assert_int_equal(sqlite3_exec(f->state->store->database, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
        f->state = state_free(f->state);
        assert_int_equal(store_open(f->folder, &store, reason, sizeof reason), -EPROTO);
        assert_non_null(strstr(reason, "newer pxed"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_full_disk),
                TEST(test_given_up),
                TEST(test_second_instance),
                TEST(test_newer_version),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
