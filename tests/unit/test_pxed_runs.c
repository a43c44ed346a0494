/* Inspections as workers report them and time ends them: what is stored, what is told, once. */
#include "tests/unit/pxed_fixture.h"

#include <errno.h>
#include <limits.h>

#include "pxed/ageing.h"
#include "pxed/inspection_change.h"
#include "pxed/reapply.h"

#define MAC "52:54:00:00:00:01"

static uint64_t at(int seconds) {
        return (uint64_t) ((int64_t) NOW + seconds * (int64_t) USEC_PER_SEC);
}

/* What is told late is told after all that was told before. */
static int latest;

static int setup_runs(void **state) {
        latest = INT_MIN;
        return setup(state);
}

static int tell(struct fixture *f, int seconds, const char *observations) {
        latest = latest > seconds ? latest : seconds;
        return report(f, at(latest), observations, NULL);
}

static void report_step(struct fixture *f, int seconds, const char *kind, const char *more) {
        char text[512];
        snprintf(text, sizeof text, "[{\"time\":%llu,\"step\":{\"mac\":\"" MAC "\",\"network\":\"lab\",\"kind\":\"%s\"%s}}]",
                 (unsigned long long) at(seconds), kind, more);
        assert_int_equal(tell(f, seconds, text), 0);
}

static void report_served(struct fixture *f, int seconds) {
        report_step(f, seconds, "script", ",\"profile\":\"inspect\"");
}

static void report_inventory(struct fixture *f, int seconds, const char *more) {
        char text[1024];
        snprintf(text, sizeof text,
                 "[{\"time\":%llu,\"inventory\":{\"mac\":\"" MAC "\",\"post\":\"p%d\",%s\"raw\":{},\"normalized\":{\"serial\":\"S%d\",\"cpus\":4,"
                 "\"memory\":1073741824,\"architecture\":\"x86_64\",\"disks\":[],\"errors\":[],"
                 "\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"" MAC "\",\"addresses\":[],\"boots\":true}]}}}]",
                 (unsigned long long) at(seconds), seconds, more, seconds);
        assert_int_equal(tell(f, seconds, text), 0);
}

static void command(struct fixture *f, int seconds, enum inspection_event event, int expected) {
        _cleanup_(change_freep) struct change *change = NULL;
        struct node *node = node_at(f, 1);
        const struct inspection_input input = { .event = event, .now = at(seconds), .reason = "the ramdisk was told" };
        assert_int_equal(change_begin(f->state, input.now, &change), 0);
        assert_int_equal(inspection_change(change, &node, &input, NULL), expected);
        if (expected == 1)
                assert_int_equal(change_commit(change), 0);
}

static void tick(struct fixture *f, int seconds) {
        assert_int_equal(ageing_tick(f->state, at(seconds)), 0);
}

static void assert_inspection(struct fixture *f, enum inspection_state state, const char *event, size_t count) {
        assert_int_equal(node_at(f, 1)->inspection.state, state);
        assert_int_equal(count_events(f, event), count);
}

static void test_run(void **state) {
        struct fixture *f = *state;
        report_served(f, 1);
        report_served(f, 1);
        report_served(f, 5);
        assert_inspection(f, INSPECTION_WAITING, "node.inspection-waiting", 1);
        uint64_t revision = node_at(f, 1)->revision;
        report_step(f, 20, "inventory", "");
        report_step(f, 20, "inventory", "");
        assert_inspection(f, INSPECTION_PROCESSING, "node.inspection-processing", 1);
        assert_true(node_at(f, 1)->revision > revision);
        assert_false(node_at(f, 1)->inspection.asked);
        /* What is stored of it goes on after a restart. */
        reopen(f);
        assert_inspection(f, INSPECTION_PROCESSING, "node.inspected", 0);
        report_inventory(f, 20, "");
        report_step(f, 20, "inventory", "");
        report_served(f, 5);
        assert_inspection(f, INSPECTION_FINISHED, "node.inspected", 1);
        assert_inspection(f, INSPECTION_FINISHED, "node.inspection-waiting", 1);
        assert_inspection(f, INSPECTION_FINISHED, "node.inspection-processing", 1);
        report_inventory(f, 30, "\"failure\":\"no disk\",");
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 1);
        /* That it came was told with it, and once. */
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-processing", 2);
        report_step(f, 30, "inventory", "");
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-processing", 2);
}

/* What is kept of it cannot be used any more. */
/* An inventory that was on its way when the next inspection was asked for says what is so, but ends nothing. */
static void test_older_than_the_run(void **state) {
        struct fixture *f = *state;
        report_served(f, 1);
        report_inventory(f, 10, "");
        command(f, 100, INSPECTION_ASK, 1);
        latest = 101;
        size_t updates = count_events(f, "node.updated");
        report_inventory(f, 50, "");
        assert_inspection(f, INSPECTION_WAITING, "node.inspected", 1);
        assert_int_equal(count_events(f, "node.updated"), updates + 1);
        assert_string_equal(node_at(f, 1)->serial, "S50");
        report_inventory(f, 60, "\"failure\":\"no disk\",");
        assert_inspection(f, INSPECTION_WAITING, "node.inspection-failed", 0);
        report_inventory(f, 110, "");
        assert_inspection(f, INSPECTION_FINISHED, "node.inspected", 2);
}

static void test_reapply_of_what_is_no_inventory(void **state) {
        struct fixture *f = *state;
        struct reapply reapply = {};
        report_inventory(f, 1, "");
        assert_int_equal(reapply_some(f->state, &reapply, at(2)), 0);
        command(f, 3, INSPECTION_REAPPLY, 1);
        command(f, 3, INSPECTION_REAPPLY, -EBUSY);
        reopen(f);
        reapply = (struct reapply) {};
        while (reapply_some(f->state, &reapply, at(4)) > 0)
                ;
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 1);
        assert_string_equal(node_at(f, 1)->serial, "S1");
        assert_non_null(strstr(node_at(f, 1)->inspection.error, "inventory"));
}

static void test_abort(void **state) {
        struct fixture *f = *state;
        report_served(f, 1);
        struct uuid id = node_at(f, 1)->id;
        char key[UUID_TEXT_SIZE + 8] = "node/";
        uuid_format(&id, key + 5);
        uint64_t sequence = f->state->desired.sequence;
        command(f, 5, INSPECTION_ABORT, 1);
        assert_inspection(f, INSPECTION_ABORTING, "node.inspection-aborting", 1);
        assert_non_null(feed_after(&f->state->desired, sequence, DESIRED_NODE));
        /* It was on its way already: stored, not taken over, told once. */
        report_step(f, 6, "inventory", "");
        report_inventory(f, 6, "");
        report_inventory(f, 6, "");
        assert_inspection(f, INSPECTION_ABORTING, "node.inventory-refused", 1);
        assert_null(node_at(f, 1)->serial);
        assert_int_equal(node_at(f, 1)->last_inventory, 1);
        /* Told of an earlier abort, late; then of this one. */
        report_step(f, 4, "agent", ",\"aborted\":true");
        assert_inspection(f, INSPECTION_ABORTING, "node.inspection-aborted", 0);
        reopen(f);
        report_step(f, 7, "agent", ",\"aborted\":true");
        report_step(f, 7, "agent", ",\"aborted\":true");
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-aborted", 1);
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 0);
        report_inventory(f, 8, "");
        assert_inspection(f, INSPECTION_ERROR, "node.inventory-refused", 2);
        /* Told late: before the abort. */
        report_served(f, 4);
        assert_inspection(f, INSPECTION_ERROR, "node.inspected", 0);
        report_served(f, 9);
        report_inventory(f, 10, "");
        assert_inspection(f, INSPECTION_FINISHED, "node.inspected", 1);
        assert_string_equal(node_at(f, 1)->serial, "S10");
        command(f, 11, INSPECTION_ABORT, -EBUSY);
}

static void test_timeouts(void **state) {
        struct fixture *f = *state;
        report_served(f, 1);
        tick(f, 3600);
        assert_inspection(f, INSPECTION_WAITING, "node.inspection-failed", 0);
        tick(f, 3601);
        tick(f, 3602);
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 1);
        report_served(f, 4000);
        command(f, 4001, INSPECTION_ABORT, 1);
        tick(f, 4060);
        assert_inspection(f, INSPECTION_ABORTING, "node.inspection-aborted", 0);
        tick(f, 4061);
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-aborted", 1);
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 1);
}

/* What workers could not tell while pxed was away comes in the first moments after a start. */
static void test_restart_after_the_deadline(void **state) {
        struct fixture *f = *state;
        report_served(f, -3600);
        assert_inspection(f, INSPECTION_WAITING, "node.inspection-waiting", 1);
        reopen(f);
        tick(f, 59);
        assert_inspection(f, INSPECTION_WAITING, "node.inspection-failed", 0);
        tick(f, 60);
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 1);
}

/* Told hours late, as after an upgrade of pxed: the inventory may be with pxed-introspect, which tells in its own time. */
static void test_served_long_ago(void **state) {
        struct fixture *f = *state;
        latest = 7200;
        report_served(f, 1);
        tick(f, 7259);
        assert_inspection(f, INSPECTION_WAITING, "node.inspection-failed", 0);
        tick(f, 7260);
        assert_inspection(f, INSPECTION_ERROR, "node.inspection-failed", 1);
        /* Asked for anew, before that was told which was served long ago. */
        command(f, 8000, INSPECTION_ASK, 1);
        latest = 8000;
        report_served(f, 7999);
        assert_int_equal(node_at(f, 1)->inspection.served, 0);
        report_served(f, 8001);
        assert_true(node_at(f, 1)->inspection.served == at(8001));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_run, setup_runs, teardown),
                cmocka_unit_test_setup_teardown(test_older_than_the_run, setup_runs, teardown),
                cmocka_unit_test_setup_teardown(test_reapply_of_what_is_no_inventory, setup_runs, teardown),
                cmocka_unit_test_setup_teardown(test_abort, setup_runs, teardown),
                cmocka_unit_test_setup_teardown(test_timeouts, setup_runs, teardown),
                cmocka_unit_test_setup_teardown(test_restart_after_the_deadline, setup_runs, teardown),
                cmocka_unit_test_setup_teardown(test_served_long_ago, setup_runs, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
