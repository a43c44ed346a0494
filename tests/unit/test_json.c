#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json.h"

/* Texts with a NUL in them are given with their size. */
static void refused(const char *text, size_t size, const char *reason) {
        const char *got = NULL;

        assert_null(json_parse(text, size, JSON_DEPTH_MAX, &got));
        assert_string_equal(got, reason);
        assert_null(json_parse(text, size, JSON_DEPTH_MAX, NULL));
}

static void test_refusals(void **state) {
        static const struct {
                const char *text, *reason;
        } cases[] = {
                { "", "ends too early" },
                { "1", "not JSON" },
                { "\"a\"", "not JSON" },
                { "null", "not JSON" },
                { "{", "ends too early" },
                { "{\"a\":1}x", "bytes after the value" },
                { "{\"a\":1} {}", "bytes after the value" },
                { "{\"a\":1,\"a\":1}", "duplicate key" },
                { "{\"a\":{\"b\":1,\"b\":2}}", "duplicate key" },
                { "{\"a\":\"\\u0000\"}", "NUL in a string" },
                { "{\"a\\u0000b\":1}", "NUL in the name of a member" },
                { "{\"a\":\"\xff\"}", "invalid UTF-8" },
                { "{\"a\":\"\xc0\x80\"}", "invalid UTF-8" },
                { "{\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8" },
                { "{\"a\":99999999999999999999}", "number out of range" },
                { "{\"a\":1e999}", "number out of range" },
                { "{\"a\":NaN}", "not JSON" },
                { "}}}}", "not JSON" },
                { "[\"\\", "not JSON" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++)
                refused(cases[i].text, strlen(cases[i].text), cases[i].reason);
        refused("{\"a\":\"\0\"}", 9, "NUL byte");
        refused("{}\0", 3, "NUL byte");
        refused("{\"\\\0\":1}", 8, "NUL byte");
}

static void test_mended_escapes(void **state) {
        static const struct {
                const char *text, *mended;
        } cases[] = {
                { "", "" },
                { "{\"a\":\"b\"}", NULL },
                { "\\u0041\\ud7ff\\ue000\\uffff\\n\\\\", NULL },
                { "\\ud83d\\ude00", NULL },
                { "\\uD83D\\uDE00", NULL },
                { "Xe\\udcaeon", "Xe\\ufffdon" },
                { "\\uDCFF", "\\ufffd" },
                { "\\u0000", NULL },
                { "\\ud83d", "\\ufffd" },
                { "\\ud83dx\\ude00", "\\ufffdx\\ufffd" },
                { "\\ud83d\\u0000", "\\ufffd\\u0000" },
                { "\\ud83d\\ud83d\\ude00\\ude00", "\\ufffd\\ud83d\\ude00\\ufffd" },
                { "\\udcff\\ud800", "\\ufffd\\ufffd" },
                /* that is a backslash, and words */
                { "\\\\udcff", NULL },
                { "\\\\\\udcff", "\\\\\\ufffd" },
                { "\\n\\udcff", "\\n\\ufffd" },
                /* no escapes */
                { "\\udcf", NULL },
                { "\\udcfg", NULL },
                { "\\Udcff", NULL },
                { "\\ud83d\\ude0", "\\ufffd\\ude0" },
                { "\\", NULL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                /* without an end, so that a sanitizer sees who reads beyond it */
                size_t size = strlen(cases[i].text);
                _cleanup_free_ char *text = malloc(size + 1);
                char *exact = memcpy(text + 1, cases[i].text, size);
                json_mend_escapes(exact, size);
                assert_memory_equal(exact, cases[i].mended ?: cases[i].text, size);
        }
}

static void test_mended_integers(void **state) {
        static const struct {
                const char *text, *mended;
        } cases[] = {
                { "", NULL },
                { "[9223372036854775807,-9223372036854775808]", NULL },
                { "[9223372036854775808]", "[9.2233720368548e+18]" },
                { "[-9223372036854775809]", "[-9.2233720368548e+18]" },
                { "[18446744073709551615]", "[1.84467440737096e+19]" },
                { "{\"18446744073709551615\":\"18446744073709551615\"}", NULL },
                { "{\"\\\"\":18446744073709551615}", "{\"\\\"\":1.84467440737096e+19}" },
                { "[18446744073709551615.0, 18446744073709551615e1, 1e400]", NULL },
                { "[true,18446744073709551615,false]", "[true,1.84467440737096e+19,false]" },
                { "18446744073709551615", "1.84467440737096e+19" },
                /* not JSON */
                { "[--18446744073709551615]", NULL },
                { "\"18446744073709551615\\", NULL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                size_t size = strlen(cases[i].text);
                _cleanup_free_ char *text = malloc(size + 1);
                char *exact = memcpy(text + 1, cases[i].text, size);
                assert_int_equal(json_mend_integers(exact, size), cases[i].mended != NULL);
                assert_memory_equal(exact, cases[i].mended ?: cases[i].text, size);
        }
        /* Of any length: it is as long as it was, and a number, or is left. */
        for (int digits = 1; digits < 100; digits++) {
                char text[128];
                snprintf(text, sizeof text, "[%0*d]", digits, 0);
                memset(text + 1, '9', (size_t) digits);
                assert_int_equal(json_mend_integers(text, strlen(text)), digits >= 19 && digits <= 64);
                assert_int_equal(strlen(text), digits + 2);
                json_t *value = json_parse(text, strlen(text), 1, NULL);
                assert_int_equal(value != NULL, digits <= 64);
                json_decref(value);
        }
}

/* Only strings may have them, and only where somebody asks for that. */
static void test_nuls(void **state) {
        static const char text[] = "{\"a\":\"x\\u0000y\"}", key[] = "{\"a\\u0000\":1}";
        _cleanup_json_ json_t *value = json_parse_with_nuls(text, strlen(text), 1, NULL);
        const char *reason = NULL;

        assert_int_equal(json_string_length(json_object_get(value, "a")), 3);
        assert_null(json_parse(text, strlen(text), 1, NULL));
        assert_null(json_parse_with_nuls(key, strlen(key), 1, &reason));
        assert_string_equal(reason, "NUL in the name of a member");
        assert_null(json_parse_with_nuls("{\"a\":\"\0\"}", 9, 1, &reason));
        assert_string_equal(reason, "NUL byte");
}

static char *nested(size_t depth) {
        char *text = malloc(2 * depth + 1);

        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        return text;
}

static void test_depth(void **state) {
        static const struct {
                size_t depth;
                bool good;
        } cases[] = { { 1, true }, { 64, true }, { 65, false }, { 10000, false }, { 10000000, false } };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_free_ char *text = nested(cases[i].depth);
                _cleanup_json_ json_t *value = NULL;
                const char *reason = "";

                value = json_parse(text, 2 * cases[i].depth, JSON_DEPTH_MAX, &reason);
                assert_int_equal(value != NULL, cases[i].good);
                assert_string_equal(reason, cases[i].good ? "" : "nested too deep");
                /* without its end it is no better */
                if (!cases[i].good)
                        refused(text, cases[i].depth, "nested too deep");
        }
}

static void test_brackets_in_strings_do_not_nest(void **state) {
        static const char text[] = "{\"a\":\"[[[[\\\"[[[[\\\\\"}";
        _cleanup_json_ json_t *value = json_parse(text, strlen(text), 1, NULL);

        assert_non_null(value);
        assert_string_equal(json_get_string(value, "a"), "[[[[\"[[[[\\");
}

static void test_values_are_bounded(void **state) {
        size_t size = 3 * 1024 * 1024;
        _cleanup_free_ char *text = malloc(size + 2);

        for (size_t i = 0; i < size; i += 2)
                memcpy(text + i, "0,", 2);
        text[0] = '[';
        refused(text, size, "too many values");
        for (size_t i = 0; i < size; i += 3)
                memcpy(text + i, "{},", 3);
        text[0] = '[';
        refused(text, size, "too many objects and arrays");
}

static void test_getters(void **state) {
        static const char text[] = "{\"s\":\"x\",\"i\":-5,\"b\":true,\"a\":[1],\"o\":{\"k\":1},\"n\":null}";
        _cleanup_json_ json_t *o = json_parse(text, strlen(text), 3, NULL);
        size_t index, n = 0;
        json_t *value;

        assert_string_equal(json_get_string(o, "s"), "x");
        assert_null(json_get_string(o, "i"));
        assert_null(json_get_string(o, "none"));
        assert_int_equal(json_get_int(o, "i", 7), -5);
        assert_int_equal(json_get_int(o, "s", 7), 7);
        assert_int_equal(json_get_int(o, "n", 7), 7);
        assert_true(json_get_bool(o, "b", false));
        assert_true(json_get_bool(o, "i", true));
        assert_int_equal(json_array_size(json_get_array(o, "a")), 1);
        assert_null(json_get_array(o, "o"));
        assert_null(json_get_object(o, "a"));
        assert_non_null(json_get_object(o, "o"));
        json_array_foreach(json_get_array(o, "none"), index, value)
                n++;
        assert_int_equal(n, 0);
        assert_null(json_get_string(NULL, "s"));
}

static void text_becomes(const char *text, const char *expected) {
        _cleanup_json_ json_t *value = json_text(text);
        _cleanup_free_ char *dumped = json_dumps(value, JSON_ENCODE_ANY);

        assert_string_equal(json_string_value(value), expected);
        assert_non_null(dumped);
}

static void test_text(void **state) {
        _cleanup_json_ json_t *none = json_text(NULL);
        _cleanup_json_ json_t *known = json_int_or_null(true, -1);
        _cleanup_json_ json_t *unknown = json_int_or_null(false, -1);

        assert_true(json_is_null(none));
        assert_int_equal(json_integer_value(known), -1);
        assert_true(json_is_null(unknown));
        text_becomes("", "");
        text_becomes("Gr\xc3\xbc\xc3\x9f""e \xe2\x82\xac \xf0\x9f\x98\x80", "Gr\xc3\xbc\xc3\x9f""e \xe2\x82\xac \xf0\x9f\x98\x80");
        text_becomes("a\xff""b", "a?b");
        text_becomes("\xc3", "?");
        text_becomes("\xe2\x82", "??");
        text_becomes("\xf0\x9f\x98", "???");
        text_becomes("\xc0\xaf", "??");
        text_becomes("\xed\xa0\x80", "???");
        text_becomes("\xf4\x90\x80\x80", "????");
        text_becomes("\xe0\x80\x80", "???");
        text_becomes("\xf0\x80\x80\x80", "????");
        text_becomes("\xef\xbf\xbd", "\xef\xbf\xbd");
}

/* Short ones are written on the stack first, long ones are not; at the border nothing is lost. */
static void test_writing(void **state) {
        static const size_t sizes[] = { 0, 1, 1000, 73713, 73714, 73715, 73716, 73717, 73718, 73719, 73720, 73721, 300000 };
        size_t size;

        for (size_t i = 0; i < ELEMENTS(sizes); i++) {
                _cleanup_free_ char *filling = malloc(sizes[i] + 1);
                memset(filling, 'x', sizes[i]);
                _cleanup_json_ json_t *value = json_pack("{s:s%}", "key", filling, sizes[i]);
                _cleanup_free_ char *expected = json_dumps(value, JSON_COMPACT), *embedded = json_dumps(value, JSON_COMPACT | JSON_EMBED);
                _cleanup_free_ char *text = json_write(value, JSON_COMPACT, &size), *inner = json_write(value, JSON_COMPACT | JSON_EMBED, NULL);
                assert_string_equal(text, expected);
                assert_int_equal(size, strlen(expected));
                assert_string_equal(inner, embedded);
        }
        size = 7;
        assert_null(json_write(NULL, JSON_COMPACT, &size));
        assert_int_equal(size, 7);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_mended_escapes),
                cmocka_unit_test(test_mended_integers),
                cmocka_unit_test(test_nuls),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_brackets_in_strings_do_not_nest),
                cmocka_unit_test(test_values_are_bounded),
                cmocka_unit_test(test_getters),
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_writing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
