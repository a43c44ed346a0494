/* Floods of new MACs: when one begins, what is told of it, when it is over. */
#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/flood.h"

#define SECOND USEC_PER_SEC
#define START (1000 * SECOND)

static struct mac numbered(uint8_t first, unsigned number) {
        return (struct mac) { { first, 0, 0, (uint8_t) (number >> 16), (uint8_t) (number >> 8), (uint8_t) number } };
}

/* `rate` new MACs in each second of [from, to), of `senders` machines. */
static void feed(struct flood *flood, unsigned from, unsigned to, unsigned rate, unsigned senders) {
        for (unsigned second = from; second < to; second++)
                for (unsigned i = 0; i < rate; i++) {
                        struct mac mac = numbered(2, second * rate + i), sender = numbered(0x52, i % senders);
                        flood_note(flood, &mac, &sender, false, START + second * SECOND + i * SECOND / rate);
                }
}

static void test_when_it_is_one(void **state) {
        static const struct {
                const char *what;
                unsigned rate, seconds;
                bool on;
        } cases[] = {
                { "a rack is switched on", 1000, 3, false },
                { "some thousand machines at the start", 500, 9, false },
                { "a large network all day", FLOOD_RATE, 100, false },
                { "a flood", FLOOD_RATE + 1, FLOOD_SECONDS, true },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct flood flood = {};
                feed(&flood, 0, cases[i].seconds, cases[i].rate, 1);
                if (flood_is_on(&flood, START + cases[i].seconds * SECOND) != cases[i].on)
                        fail_msg("%s", cases[i].what);
        }
        struct flood paused = {};
        for (unsigned i = 0; i < 10; i++)
                feed(&paused, i * 10, i * 10 + 9, 500, 1);
        assert_false(flood_is_on(&paused, START + 100 * SECOND));
        struct flood ended = {};
        feed(&ended, 0, 9, 500, 1);
        feed(&ended, 9, 10, 5, 1);
        assert_false(flood_is_on(&ended, START + 10 * SECOND));
}

static void test_over_after_a_quiet_minute(void **state) {
        struct flood flood = {};

        feed(&flood, 0, 20, 200, 1);
        feed(&flood, 50, 51, 200, 1); /* goes on with one second of it */
        assert_true(flood_is_on(&flood, START + 100 * SECOND));
        feed(&flood, 51, 110, 5, 1); /* as many as come to any network */
        assert_true(flood_is_on(&flood, START + 110 * SECOND));
        assert_false(flood_is_on(&flood, START + 111 * SECOND));
        feed(&flood, 120, 125, 200, 1);
        assert_false(flood_is_on(&flood, START + 126 * SECOND)); /* begins from the start */
}

static void test_machines_had_to_be_forgotten(void **state) {
        struct flood flood = {};
        struct mac mac = numbered(2, 1), sender = numbered(0x52, 1);
        char text[768];

        flood_note(&flood, &mac, &sender, true, START);
        assert_true(flood_is_on(&flood, START));
        flood_describe(&flood, "prov0", text, sizeof(text));
        assert_non_null(strstr(text, "had to be forgotten"));
        assert_true(flood_is_on(&flood, START + 59 * SECOND));
        /* a clock that was set back makes it last no longer than a minute from then */
        assert_true(flood_is_on(&flood, START - 500 * SECOND));
        assert_false(flood_is_on(&flood, START - 440 * SECOND));
}

static void test_what_is_told(void **state) {
        struct flood one = {}, many = {};
        char text[768];

        feed(&one, 0, 11, 250, 2);
        assert_true(flood_is_on(&one, START + 11 * SECOND));
        flood_describe(&one, "prov0", text, sizeof(text));
        assert_non_null(strstr(text, "250 new MAC addresses in a second on prov0, e.g. 02:00:00:"));
        assert_non_null(strstr(text, "made up"));
        assert_non_null(strstr(text, "sent by 52:00:00:00:00:00, 52:00:00:00:00:01. It scans"));
        assert_null(strstr(text, "forgotten"));

        feed(&many, 0, 11, 250, 200);
        flood_describe(&many, "prov0", text, sizeof(text));
        assert_non_null(strstr(text, "sent by many different machines. Look for a loop"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_when_it_is_one),
                cmocka_unit_test(test_over_after_a_quiet_minute),
                cmocka_unit_test(test_machines_had_to_be_forgotten),
                cmocka_unit_test(test_what_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
