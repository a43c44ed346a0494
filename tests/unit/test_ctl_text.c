/* pxectl: text of the wire on a terminal, numbers for people, tables, bars, near words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pxed/ctl/bar.h"
#include "pxed/ctl/suggest.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

static void test_escape(void **state) {
        static const char *const cases[][2] = {
                { "plain", "plain" },
                { "Küche 機械", "Küche 機械" },
                { "a\nb\tc\r", "a\\nb\\tc\\r" },
                { "\x1b[2J\x07", "\\x1b[2J\\x07" },
                { "\x7f", "\\x7f" },
                { "\xc2\x9b" "31m", "\\u009b31m" },                /* C1: the one-character CSI */
                { "\xe2\x80\xae" "gnp.exe", "\\u202egnp.exe" },    /* right to left */
                { "\xe2\x80\x8b", "\\u200b" },
                { "\xf3\xa0\x81\x81", "\\U000e0041" },
                { "\xff\xc0\x80", "\\xff\\xc0\\x80" },             /* overlong NUL */
                { "\xed\xa0\x80", "\\xed\\xa0\\x80" },             /* surrogate */
                { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },    /* beyond Unicode */
                { "\xe2\x82", "\\xe2\\x82" },                      /* cut off */
                { "", "" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_free_ char *safe = text_escape(cases[i][0]);
                assert_string_equal(safe, cases[i][1]);
        }
}

static void test_width(void **state) {
        size_t columns;
        assert_int_equal(text_width("abc"), 3);
        assert_int_equal(text_width("Küche"), 5);
        assert_int_equal(text_width("u\xcc\x88"), 1);
        assert_int_equal(text_width("機械"), 4);
        /* A wide character that would reach over the edge is left out whole. */
        assert_int_equal(text_fit("機械", 3, &columns), 3);
        assert_int_equal(columns, 2);
        assert_int_equal(text_fit("abc", 0, NULL), 0);
}

static void test_size(void **state) {
        static const struct {
                uint64_t bytes;
                const char *text;
        } cases[] = {
                { 0, "0 B" },
                { 1023, "1023 B" },
                { 1024, "1 KiB" },
                { 174 * 1024 + 300, "174.3 KiB" },
                { 1536 * 1024, "1.5 MiB" },
                { 1048575, "1 MiB" },
                { (uint64_t) 16 << 30, "16 GiB" },
                { 500107862016, "465.8 GiB" },
                { UINT64_MAX, "16 EiB" },
        };
        char buffer[TEXT_NUMBER_SIZE];
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                assert_string_equal(text_size(cases[i].bytes, buffer), cases[i].text);
}

static void test_times(void **state) {
        const uint64_t now = 1795221005123000;
        char buffer[TEXT_NUMBER_SIZE];
        assert_string_equal(text_duration(0, buffer), "0 ms");
        assert_string_equal(text_duration(850999, buffer), "850 ms");
        assert_string_equal(text_duration(3250000, buffer), "3.2 s");
        assert_string_equal(text_duration(125 * USEC_PER_SEC, buffer), "2 min 5 s");
        assert_string_equal(text_duration(3600 * USEC_PER_SEC, buffer), "1 h");
        assert_string_equal(text_duration(UINT64_MAX, buffer), "213503982 d 8 h");
        assert_string_equal(text_age(now - 5 * USEC_PER_SEC, now, buffer), "5 s");
        assert_string_equal(text_age(now + 5 * USEC_PER_SEC, now, buffer), "now");
        assert_string_equal(text_age(now - 47 * 3600 * USEC_PER_SEC, now, buffer), "47 h");
        assert_string_equal(text_age(now - 48 * 3600 * USEC_PER_SEC, now, buffer), "2 d");
        assert_string_equal(text_time(now, buffer), "2026-11-21 00:30:05");
        assert_string_equal(text_time(0, buffer), "-");
        assert_string_equal(text_clock(now, buffer), "00:30:05.123");
        assert_string_equal(text_offset(12345678, buffer), "+12.345s");
        assert_string_equal(text_offset(-1500, buffer), "-0.001s");
        /* Whatever the wire says, it fits. */
        text_time(UINT64_MAX, buffer);
        text_clock(UINT64_MAX, buffer);
        assert_string_equal(text_offset(INT64_MIN, buffer), "-9223372036854.775s");
}

static const struct table_column columns[] = {
        { .title = "NAME", .shrinks = true }, { .title = "N", .right = true }, { .title = "TAGS", .shrinks = true }, {},
};

static char *print(const struct table *table, struct look look, unsigned indent) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(table_print(table, &look, indent, out), 0);
        fclose(out);
        return text;
}

static struct table *example(void) {
        struct table *table = table_new(columns);
        table_add(table, STYLE_GOOD, "a");
        table_addf(table, STYLE_NONE, "%d", 1234);
        table_add(table, STYLE_NONE, "");
        table_add(table, STYLE_NONE, "\x1b[31mlong name of a machine");
        table_add(table, STYLE_NONE, "7");
        table_add(table, STYLE_NONE, "Küche, 機械, rack");
        return table;
}

static void test_table(void **state) {
        _cleanup_(table_freep) struct table *table = example();
        _cleanup_free_ char *wide = print(table, (struct look){ .width = 0 }, 0);
        assert_int_equal(table_rows(table), 2);
        assert_string_equal(wide, "NAME                               N  TAGS\n"
                                  "a                               1234  -\n"
                                  "\\x1b[31mlong name of a machine     7  Küche, 機械, rack\n");
}

static void test_table_cut(void **state) {
        _cleanup_(table_freep) struct table *table = example();
        _cleanup_free_ char *narrow = print(table, (struct look){ .width = 36, .unicode = true }, 2);
        assert_string_equal(narrow, "  NAME              N  TAGS\n"
                                    "  a              1234  -\n"
                                    "  \\x1b[31mlong…     7  Küche, 機械,…\n");
        /* Where even the least does not fit, lines are cut. */
        _cleanup_free_ char *least = print(table, (struct look){ .width = 10 }, 0);
        assert_string_equal(least, "NAME     N\na       1~\n\\x1b[~   7\n");
}

static void test_table_color(void **state) {
        _cleanup_(table_freep) struct table *table = table_new(columns);
        table_add(table, STYLE_GOOD, "ready");
        table_add(table, STYLE_NONE, "1");
        table_add(table, STYLE_BAD, "x");
        _cleanup_free_ char *text = print(table, (struct look){ .color = true }, 0);
        assert_string_equal(text, "\x1b[1mNAME\x1b[0m   \x1b[1mN\x1b[0m  \x1b[1mTAGS\x1b[0m\n"
                                  "\x1b[32mready\x1b[0m  1  \x1b[1;31mx\x1b[0m\n");
}

static void test_bar(void **state) {
        char bar[BAR_SIZE(10)];
        assert_string_equal(bar_progress(0.62, 10, false, bar), "######....");
        assert_string_equal(bar_progress(7, 10, false, bar), "##########");
        assert_string_equal(bar_progress(-1, 4, true, bar), "····");
        assert_string_equal(bar_progress(0.5, 4, true, bar), "██··");
        assert_string_equal(bar_span(0.2, 0.21, 10, false, bar), "..#.......");
        assert_string_equal(bar_span(1, 1, 10, false, bar), ".........#");
        assert_string_equal(bar_span(0.5, 1, 10, false, bar), ".....#####");
}

static void test_suggest(void **state) {
        static const char *const words[] = { "list", "show", "set", "set-boot", "status", "delete" };
        assert_int_equal(suggest_distance("lst", "list"), 1);
        assert_int_equal(suggest_distance("lsit", "list"), 1);
        assert_int_equal(suggest_distance("", "abc"), 3);
        assert_string_equal(suggest("lst", words, ELEMENTS(words)), "list");
        assert_string_equal(suggest("sttaus", words, ELEMENTS(words)), "status");
        assert_string_equal(suggest("del", words, ELEMENTS(words)), "delete");
        assert_string_equal(suggest("setboot", words, ELEMENTS(words)), "set-boot");
        assert_null(suggest("frobnicate", words, ELEMENTS(words)));
        assert_null(suggest("", words, ELEMENTS(words)));
        /* Longer than what is compared */
        char longest[300];
        memset(longest, 'a', sizeof longest - 1);
        longest[sizeof longest - 1] = '\0';
        assert_null(suggest(longest, words, ELEMENTS(words)));
}

int main(void) {
        setenv("TZ", "UTC", 1);
        tzset();
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_escape),    cmocka_unit_test(test_width),       cmocka_unit_test(test_size), cmocka_unit_test(test_times),
                cmocka_unit_test(test_table),     cmocka_unit_test(test_table_cut),   cmocka_unit_test(test_table_color),
                cmocka_unit_test(test_bar),       cmocka_unit_test(test_suggest),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
