/* lib/text: what others wrote, made fit to be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/text.h"

static void test_utf8(void **state) {
        assert_int_equal(utf8_length("a", 1), 1);
        assert_int_equal(utf8_length("\xc3\xbc", 2), 2);
        assert_int_equal(utf8_length("\xe2\x82\xac", 3), 3);
        assert_int_equal(utf8_length("\xf0\x9f\x98\x80", 4), 4);
        assert_int_equal(utf8_length("", 0), 0);
        assert_int_equal(utf8_length("\xe2\x82\xac", 2), 0);     /* cut */
        assert_int_equal(utf8_length("\xc0\x80", 2), 0);         /* overlong */
        assert_int_equal(utf8_length("\xed\xa0\x80", 3), 0);     /* a surrogate */
        assert_int_equal(utf8_length("\xf4\x90\x80\x80", 4), 0); /* past U+10FFFF */
        assert_true(utf8_is_valid("gr\xc3\xbcn", 5));
        assert_false(utf8_is_valid("gr\xc3\xbcn", 3));
        assert_true(utf8_is_valid(NULL, 0));
}

static void test_clean(void **state) {
        static const struct {
                const char *text;
                size_t length;
                const char *expected;
        } cases[] = {
                { " \t two\r\nlines \n", 15, "two  lines" },
                { "\33[31mred\x7f", 9, "?[31mred?" },
                { "a\xc2\x9b" "31m", 6, "a??31m" }, /* C1 */
                { "gr\xc3\xbcn \xff", 7, "gr\xc3\xbcn ?" },
                { "a\0b", 3, "a?b" },
                { "0123456789abcdef", 16, "0123456789abcde" },
                { "0123456789abcd\xc3\xbc", 16, "0123456789abcd" }, /* not inside a character */
                { " ", 1, "" },
                { NULL, 0, "" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char buffer[16];
                assert_int_equal(text_clean(buffer, sizeof(buffer), cases[i].text, cases[i].length), strlen(cases[i].expected));
                assert_string_equal(buffer, cases[i].expected);
        }
}

static void test_utf8_cut(void **state) {
        static const char *const cases[][2] = {
                { "", "" }, { "abc", "abc" }, { "a\xc3\xa9", "a\xc3\xa9" }, { "a\xc3", "a" }, { "a\xe2\x82", "a" }, { "a\xe2\x82\xac", "a\xe2\x82\xac" },
                { "a\xf0\x9f\x98", "a" }, { "\xf0", "" }, { "a\xc3\xa9\xc3", "a\xc3\xa9" },
        };
        char text[16];

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                strcpy(text, cases[i][0]);
                assert_string_equal(utf8_cut(text), cases[i][1]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_utf8), cmocka_unit_test(test_utf8_cut),
                cmocka_unit_test(test_clean),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
