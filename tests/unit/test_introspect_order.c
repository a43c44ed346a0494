/* introspect/order, beats, limiter: what a waiting ramdisk is told, and what of its words is news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "introspect/beats.h"
#include "introspect/limiter.h"
#include "introspect/order.h"

static void test_order(void **state) {
        static const struct {
                const char *what;
                bool known, inspect, waiting, troubled, unsettled;
                uint64_t assigned, of_token;
                enum order expected;
        } cases[] = {
                { "a machine that is not known waits", false, false, true, false, false, 0, 0, ORDER_WAIT },
                { "nothing assigned", true, false, true, false, false, 0, 0, ORDER_WAIT },
                { "assigned since its script was made", true, false, true, false, false, 7, 0, ORDER_REBOOT },
                { "assigned anew", true, false, true, false, false, 7, 5, ORDER_REBOOT },
                { "what it has booted for is still assigned", true, false, true, false, false, 7, 7, ORDER_WAIT },
                { "the assignment is gone: nothing to boot for", true, false, true, false, false, 0, 7, ORDER_WAIT },
                { "still at work: its inventory comes first", true, false, false, false, false, 7, 0, ORDER_WAIT },
                { "its inventory is not stored yet", true, false, true, false, true, 7, 0, ORDER_WAIT },
                { "inspection asked for anew", true, true, true, false, false, 0, 0, ORDER_REBOOT },
                { "inspection is still asked for until its inventory is stored", true, true, true, false, true, 0, 0, ORDER_WAIT },
                { "at work on the inspection that is asked for", true, true, false, false, false, 0, 0, ORDER_WAIT },
                { "a refused inventory would be refused again", true, true, true, true, false, 7, 0, ORDER_WAIT },
                { "after a refused one, an assignment counts", true, false, true, true, false, 7, 0, ORDER_REBOOT },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const struct token token = { .assignment = cases[i].of_token };
                const struct state_node node = { .assignment = cases[i].assigned, .inspect = cases[i].inspect };
                const struct order_input input = {
                        .token = &token,
                        .node = cases[i].known ? &node : NULL,
                        .waiting = cases[i].waiting,
                        .troubled = cases[i].troubled,
                        .unsettled = cases[i].unsettled,
                };
                if (order_decide(&input) != cases[i].expected)
                        fail_msg("%s", cases[i].what);
        }
        /* Taken back: whatever the ramdisk is at, and whatever else is wanted. */
        for (unsigned i = 0; i < 8; i++) {
                const struct token token = { .assignment = 5 };
                const struct state_node node = { .assignment = 7, .inspect = true, .aborting = true };
                const struct order_input input = { &token, &node, i & 1, i & 2, i & 4 };
                assert_int_equal(order_decide(&input), ORDER_ABORT);
        }
        assert_string_equal(order_name(ORDER_ABORT), "abort");
        assert_string_equal(order_name(ORDER_WAIT), "wait");
        assert_string_equal(order_name(ORDER_REBOOT), "reboot");
}

static void test_beats(void **state) {
        _cleanup_(beats_freep) struct beats *beats = NULL;
        const struct mac a = { { 2, 0, 0, 0, 0, 1 } }, b = { { 2, 0, 0, 0, 0, 2 } };

        assert_int_equal(beats_new(&beats), 0);
        assert_true(beats_is_news(beats, &a, "t", "started", 5));
        assert_true(beats_is_news(beats, &a, "t", "waiting", 5));
        assert_false(beats_is_news(beats, &a, "t", "waiting", 5));
        assert_true(beats_is_news(beats, &b, "t", "waiting", 5));
        assert_false(beats_is_news(beats, &a, "t", "waiting", 5));
        assert_true(beats_is_news(beats, &a, "of its next boot", "waiting", 5));
        assert_true(beats_is_news(beats, &a, "of its next boot", "started", 5));
}

/* A machine that always says something else is heard, and not without end. */
static void test_talkative(void **state) {
        _cleanup_(beats_freep) struct beats *beats = NULL;
        const struct mac a = { { 2, 0, 0, 0, 0, 1 } }, b = { { 2, 0, 0, 0, 0, 2 } };
        unsigned news = 0;
        char words[16];

        assert_int_equal(beats_new(&beats), 0);
        for (unsigned i = 0; i < 1000; i++) {
                snprintf(words, sizeof(words), "%u", i);
                news += beats_is_news(beats, &a, "t", words, BEATS_TIME + i);
        }
        assert_int_equal(news, BEATS_NEWS_MAX);
        assert_false(beats_is_news(beats, &a, "t", "said before", BEATS_TIME - 1));
        assert_true(beats_is_news(beats, &b, "t", "started", BEATS_TIME + 1000));
        assert_false(beats_is_news(beats, &a, "t", "waiting", 2 * BEATS_TIME - 1));
        assert_true(beats_is_news(beats, &a, "t", "waiting", 2 * BEATS_TIME));
        assert_false(beats_is_news(beats, &a, "t", "waiting", 2 * BEATS_TIME + 1));
}

/* Ten thousand machines that wait are quiet. */
static void test_many_beats(void **state) {
        _cleanup_(beats_freep) struct beats *beats = NULL;
        unsigned news = 0;

        assert_int_equal(beats_new(&beats), 0);
        for (int round = 0; round < 2; round++) {
                news = 0;
                for (unsigned i = 0; i < 10000; i++) {
                        const struct mac mac = { { 0x52, 0x54, 0, 0, (uint8_t) (i >> 8), (uint8_t) i } };
                        news += beats_is_news(beats, &mac, "t", "waiting", 5);
                }
        }
        assert_true(news < 500);
}

static void test_limiter(void **state) {
        struct limiter limiter = limiter_new(2);
        unsigned missed = 9;

        assert_true(limiter_allows(&limiter, 1000000, &missed));
        assert_int_equal(missed, 0);
        assert_true(limiter_allows(&limiter, 1000001, &missed));
        assert_false(limiter_allows(&limiter, 1000002, &missed));
        assert_false(limiter_allows(&limiter, 1999999, &missed));
        assert_true(limiter_allows(&limiter, 2000000, &missed));
        assert_int_equal(missed, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_beats),
                cmocka_unit_test(test_talkative),
                cmocka_unit_test(test_many_beats),
                cmocka_unit_test(test_limiter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
