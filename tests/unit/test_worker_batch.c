/* lib/worker_batch: what goes together, under which number, and what is sent again how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/worker_batch.h"

static int results[1000];

static void on_done(int result, void *data) {
        *(int *) data = result;
}

static void observe(struct worker_batch *batch, int value) {
        struct worker_item *item = calloc(1, sizeof(*item));

        batch->queue.max = 1000;
        item->value = json_pack("{s:i}", "n", value);
        assert_true(worker_queue_add(&batch->queue, item));
}

/* A text of `size` bytes; results[value] is set when it is done. */
static void observe_durably(struct worker_batch *batch, int value, size_t size) {
        char *text = malloc(size + 1);

        snprintf(text, size + 1, "{\"n\":%d%*s}", value, (int) size, "");
        text[size - 1] = '}';
        results[value] = 1;
        assert_true(worker_batch_add_durable(batch, text, size, on_done, &results[value]));
}

/* "NUMBER: n n n" of what would be sent now. */
static const char *sent(struct worker_batch *batch) {
        static char line[4096];
        _cleanup_json_ json_t *head = json_pack("{s:s}", "role", "introspect");
        json_t *observation;
        size_t i, size;

        worker_batch_fill(batch);
        _cleanup_free_ char *text = worker_batch_write(batch, head, &size);
        assert_int_equal(size, strlen(text) + 1);
        _cleanup_json_ json_t *call = json_loads(text, 0, NULL);
        assert_string_equal(json_get_string(call, "method"), "org.pxed.Worker.Report");
        const json_t *report = json_get_object(call, "parameters");
        assert_string_equal(json_get_string(report, "role"), "introspect");
        int length = snprintf(line, sizeof(line), "%d:", (int) json_get_int(report, "batch", 0));
        json_array_foreach(json_get_array(report, "observations"), i, observation)
                length += snprintf(line + length, sizeof(line) - (size_t) length, " %d", (int) json_get_int(observation, "n", -1));
        return line;
}

static void test_both_kinds_in_turn(void **state) {
        struct worker_batch batch = { 0 };

        assert_string_equal(sent(&batch), "1:");
        for (int i = 0; i < 3; i++) {
                observe(&batch, i);
                observe_durably(&batch, 10 + i, 100);
        }
        assert_int_equal(worker_batch_waiting(&batch), 6);
        assert_string_equal(sent(&batch), "2: 10 11 12");
        observe_durably(&batch, 13, 100);
        assert_string_equal(sent(&batch), "2: 10 11 12");
        worker_batch_settle(&batch, 0);
        assert_int_equal(results[12], 0);
        assert_int_equal(results[13], 1);
        assert_string_equal(sent(&batch), "3: 0 1 2");
        worker_batch_settle(&batch, 0);
        assert_string_equal(sent(&batch), "4: 13");
        worker_batch_settle(&batch, 0);
        assert_string_equal(sent(&batch), "5:");
        worker_batch_clear(&batch, -ECANCELED);
}

static void test_bounds(void **state) {
        struct worker_batch batch = { 0 };

        observe_durably(&batch, 0, 2 * WORKER_BATCH_BYTES);
        observe_durably(&batch, 1, WORKER_BATCH_BYTES / 2);
        observe_durably(&batch, 2, WORKER_BATCH_BYTES / 2);
        observe_durably(&batch, 3, 10);
        assert_string_equal(sent(&batch), "1: 0");
        worker_batch_settle(&batch, 0);
        assert_string_equal(sent(&batch), "2: 1 2");
        worker_batch_settle(&batch, 0);
        assert_string_equal(sent(&batch), "3: 3");
        worker_batch_settle(&batch, 0);
        for (int i = 0; i < 201; i++)
                observe_durably(&batch, i, 10);
        (void) sent(&batch);
        assert_int_equal(batch.size, WORKER_BATCH_MAX);
        assert_int_equal(worker_batch_waiting(&batch), 1);
        worker_batch_clear(&batch, -ECANCELED);
        assert_int_equal(results[0], -ECANCELED);
        assert_int_equal(worker_batch_waiting(&batch), 0);
}

static void test_refused(void **state) {
        struct worker_batch batch = { 0 };

        for (int i = 0; i < 3; i++)
                observe_durably(&batch, i, 50);
        assert_string_equal(sent(&batch), "1: 0 1 2");
        assert_true(worker_batch_split(&batch));
        assert_string_equal(sent(&batch), "2: 0");
        worker_batch_settle(&batch, 0);
        assert_string_equal(sent(&batch), "3: 1");
        assert_false(worker_batch_split(&batch));
        worker_batch_settle(&batch, -EINVAL);
        observe_durably(&batch, 3, 50);
        assert_string_equal(sent(&batch), "4: 2");
        worker_batch_settle(&batch, 0);
        assert_string_equal(sent(&batch), "5: 3");
        assert_int_equal(results[0], 0);
        assert_int_equal(results[1], -EINVAL);
        assert_int_equal(results[2], 0);
        worker_batch_settle(&batch, 0);
        /* what may be counted twice goes under the same number, and as a whole */
        observe(&batch, 7);
        observe(&batch, 8);
        assert_string_equal(sent(&batch), "6: 7 8");
        assert_false(worker_batch_split(&batch));
        worker_batch_clear(&batch, -ECANCELED);
}

static void test_lost(void **state) {
        struct worker_batch batch = { 0 };

        assert_true(worker_batch_lost(&batch));
        observe_durably(&batch, 0, 50);
        observe_durably(&batch, 1, 50);
        assert_string_equal(sent(&batch), "1: 0 1");
        assert_true(worker_batch_lost(&batch));
        assert_string_equal(sent(&batch), "1: 0 1");
        assert_true(worker_batch_lost(&batch));
        for (int i = 1; i < 10; i++) {
                assert_string_equal(sent(&batch), "2: 0");
                assert_true(worker_batch_lost(&batch));
        }
        assert_false(worker_batch_lost(&batch));
        worker_batch_settle(&batch, -EIO);
        assert_string_equal(sent(&batch), "3: 1");
        assert_true(worker_batch_lost(&batch));
        worker_batch_clear(&batch, -ECANCELED);
        assert_int_equal(results[0], -EIO);
        assert_int_equal(results[1], -ECANCELED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_both_kinds_in_turn),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_lost),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
