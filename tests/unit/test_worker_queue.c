/* lib/worker_queue: order, coalescing, and the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/worker_queue.h"

static struct worker_item *item(const char *key, int value) {
        struct worker_item *new = calloc(1, sizeof(*new));

        new->key = key ? strdup(key) : NULL;
        new->value = json_integer(value);
        return new;
}

static int take(struct worker_queue *queue) {
        struct worker_item *taken = worker_queue_take(queue);
        int value = taken ? (int) json_integer_value(taken->value) : -1;

        worker_item_free(taken);
        return value;
}

static void test_order_and_coalescing(void **state) {
        struct worker_queue queue = { .max = 10 };

        assert_true(worker_queue_add(&queue, item("a", 1)));
        assert_true(worker_queue_add(&queue, item(NULL, 2)));
        assert_true(worker_queue_add(&queue, item("b", 3)));
        assert_true(worker_queue_add(&queue, item("a", 4)));
        assert_int_equal(queue.size, 3);
        assert_int_equal(take(&queue), 4);
        /* taken is taken: the same key comes in anew, at the end */
        assert_true(worker_queue_add(&queue, item("a", 5)));
        assert_int_equal(take(&queue), 2);
        assert_int_equal(take(&queue), 3);
        assert_int_equal(take(&queue), 5);
        assert_int_equal(take(&queue), -1);
}

/* Hours without pxed: those of another boot are not lost with it. */
static void test_refusals(void **state) {
        const struct mac mac = { { 0x52, 0x54, 0, 0, 0, 1 } };
        const uint64_t minute = 60 * USEC_PER_SEC;
        struct worker_queue queue = { .max = 10 };
        char key[64], small[16];

        for (int i = 0; i < 4; i++) {
                assert_true(worker_refusal_key(&mac, 1000 * minute + (uint64_t) i * minute / 2, "unknown machine", key, sizeof(key)));
                assert_true(worker_queue_add(&queue, item(key, i)));
        }
        assert_true(worker_refusal_key(&mac, 1000 * minute, NULL, key, sizeof(key)));
        assert_true(worker_queue_add(&queue, item(key, 4)));
        assert_int_equal(take(&queue), 1);
        assert_int_equal(take(&queue), 3);
        assert_int_equal(take(&queue), 4);
        assert_int_equal(take(&queue), -1);
        assert_false(worker_refusal_key(&mac, 1000 * minute, "unknown machine", small, sizeof(small)));
}

static void test_bound(void **state) {
        struct worker_queue queue = { .max = 2 };

        assert_true(worker_queue_add(&queue, item("x", 2)));
        assert_true(worker_queue_add(&queue, item(NULL, 3)));
        assert_false(worker_queue_add(&queue, item(NULL, 4)));
        assert_int_equal(queue.dropped, 1);
        assert_int_equal(queue.size, 2);
        assert_int_equal(take(&queue), 3);
        /* the dropped key is free again */
        assert_true(worker_queue_add(&queue, item("x", 5)));
        assert_int_equal(take(&queue), 4);
        assert_int_equal(take(&queue), 5);
}

static void test_many_keys(void **state) {
        struct worker_queue queue = { .max = 5000 };
        char key[16];

        for (int round = 0; round < 2; round++)
                for (int i = 0; i < 5000; i++) {
                        snprintf(key, sizeof(key), "k%d", i);
                        assert_true(worker_queue_add(&queue, item(key, i + round)));
                }
        assert_int_equal(queue.size, 5000);
        assert_int_equal(take(&queue), 1);
        worker_queue_clear(&queue);
        assert_int_equal(queue.size, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order_and_coalescing),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_bound),
                cmocka_unit_test(test_many_keys),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
