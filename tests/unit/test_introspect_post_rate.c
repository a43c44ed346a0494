/* introspect/post_rate: how often a machine may post. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "introspect/post_rate.h"
#include "lib/macro.h"

#define START (1000 * USEC_PER_SEC)

static struct poster machine(uint32_t number) {
        return (struct poster) { { { 0x52, 0x54, (uint8_t) (number >> 24), (uint8_t) (number >> 16), (uint8_t) (number >> 8), (uint8_t) number } }, true };
}

static bool allows(struct post_rate *rate, uint32_t number, uint64_t now) {
        struct poster poster = machine(number);
        uint64_t wait = 0;
        bool allowed = post_rate_allows(rate, &poster, now, &wait);

        /* the wait is what it takes */
        if (!allowed) {
                assert_true(wait > 0 && wait <= POST_RATE_EVERY);
                assert_false(post_rate_allows(rate, &poster, now + wait - 1, &(uint64_t) { 0 }));
        }
        return allowed;
}

static void test_burst_and_rate(void **state) {
        _cleanup_(post_rate_freep) struct post_rate *rate = NULL;
        unsigned allowed = 0;

        assert_int_equal(post_rate_new(&rate), 0);
        for (unsigned i = 0; i < 1000; i++)
                allowed += allows(rate, 1, START);
        assert_int_equal(allowed, POST_RATE_BURST);
        assert_true(allows(rate, 2, START));
        /* a minute of twenty posts a second */
        for (uint64_t now = START; now < START + 60 * USEC_PER_SEC; now += USEC_PER_SEC / 20)
                allowed += allows(rate, 1, now);
        assert_int_equal(allowed, POST_RATE_BURST + 60 * USEC_PER_SEC / POST_RATE_EVERY - 1);
        /* after silence as at first, and no more */
        for (unsigned i = 0; i < 100; i++)
                allowed -= allows(rate, 1, START + 10000 * USEC_PER_SEC);
        assert_int_equal(allowed, 60 * USEC_PER_SEC / POST_RATE_EVERY - 1);
}

/* The waits of introspect/agent/retry.h with the most taken off, sixty times. */
static void test_honest_ramdisks(void **state) {
        _cleanup_(post_rate_freep) struct post_rate *rate = NULL;
        uint64_t now = START;

        assert_int_equal(post_rate_new(&rate), 0);
        for (unsigned attempt = 0; attempt < 60; attempt++) {
                assert_true(allows(rate, 1, now));
                now += (attempt < 4 ? 1u << attempt : 10) * USEC_PER_SEC * 3 / 4;
        }
        /* ironic-python-agent: five times, from 5 s on, whenever that is */
        for (unsigned attempt = 0; attempt < 5; attempt++)
                assert_true(allows(rate, 2, START + attempt * 5 * USEC_PER_SEC));
}

static void test_proven_and_unproven(void **state) {
        _cleanup_(post_rate_freep) struct post_rate *rate = NULL;
        struct poster poster = machine(1);
        uint64_t wait;

        assert_int_equal(post_rate_new(&rate), 0);
        poster.proven = false;
        for (unsigned i = 0; i < POST_RATE_BURST; i++)
                assert_true(post_rate_allows(rate, &poster, START, &wait));
        assert_false(post_rate_allows(rate, &poster, START, &wait));
        assert_true(allows(rate, 1, START));
}

/* However many come: one that is over its rate is not forgotten for them, and each of them may post. */
static void test_many_machines(void **state) {
        _cleanup_(post_rate_freep) struct post_rate *rate = NULL;

        assert_int_equal(post_rate_new(&rate), 0);
        for (unsigned i = 0; i < POST_RATE_BURST; i++)
                assert_true(allows(rate, 1, START));
        for (uint32_t i = 2; i < 200000; i++)
                assert_true(allows(rate, i, START));
        assert_false(allows(rate, 1, START));
}

static void test_words(void **state) {
        _cleanup_(post_rate_freep) struct post_rate *rate = NULL;
        struct poster poster = machine(1), other = machine(2);
        unsigned refused = 0, told = 0, sum = 0;

        assert_int_equal(post_rate_new(&rate), 0);
        for (uint64_t now = START; now < START + POST_RATE_TELL_EVERY * 10; now += USEC_PER_SEC / 100)
                if (post_rate_tells(rate, &poster, now, &refused)) {
                        told++;
                        sum += refused;
                }
        assert_int_equal(told, 10);
        assert_int_equal(sum, 9 * (POST_RATE_TELL_EVERY / USEC_PER_SEC) * 100 + 1);
        assert_true(post_rate_tells(rate, &other, START, &refused));
        assert_int_equal(refused, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_burst_and_rate),      cmocka_unit_test(test_honest_ramdisks), cmocka_unit_test(test_proven_and_unproven),
                cmocka_unit_test(test_many_machines),       cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
