#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json_pointer.h"

static json_t *parse(const char *text) {
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        return value;
}

static void check(const json_t *value, const char *expected) {
        _cleanup_json_ json_t *wanted = parse(expected);
        assert_non_null(value);
        assert_true(json_equal((json_t *) value, wanted));
}

/* The document and the results of RFC 6901 section 5. */
static void test_examples_of_the_rfc(void **state) {
        _cleanup_json_ json_t *document = parse("{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4,"
                                                " \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8}");
        static const char *const cases[][2] = {
                { "/foo", "[\"bar\", \"baz\"]" }, { "/foo/0", "\"bar\"" }, { "/", "0" },       { "/a~1b", "1" }, { "/c%d", "2" },
                { "/e^f", "3" },                  { "/g|h", "4" },         { "/i\\j", "5" },   { "/k\"l", "6" }, { "/ ", "7" },
                { "/m~0n", "8" },
        };
        assert_true(json_pointer_get(document, "") == document);
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                check(json_pointer_get(document, cases[i][0]), cases[i][1]);
}

static void test_what_is_not_there(void **state) {
        _cleanup_json_ json_t *document = parse("{\"list\": [1, 2], \"text\": \"x\"}");
        static const char *const cases[] = { "/none", "/list/2", "/list/-", "/list/01", "/list/x", "/list/-1", "/list/99999999999", "/text/0", "/list/0/0" };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                assert_null(json_pointer_get(document, cases[i]));
}

static void test_refusals(void **state) {
        char deep[3 * JSON_POINTER_DEPTH + 3] = "", long_one[JSON_POINTER_MAX + 2];
        const char *reason = NULL;
        for (size_t i = 0; i <= JSON_POINTER_DEPTH; i++)
                strcat(deep, "/a");
        memset(long_one, 'a', sizeof(long_one) - 1);
        long_one[0] = '/';
        long_one[sizeof(long_one) - 1] = '\0';
        const char *const cases[] = { "foo", "/a~", "/a~2", "/~/b", deep, long_one };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                reason = NULL;
                assert_int_equal(json_pointer_check(cases[i], &reason), -EINVAL);
                assert_non_null(reason);
        }
        assert_int_equal(json_pointer_check("/a/*/b~0~1", NULL), 0);
        assert_true(json_pointer_is_pattern("/a/*/b"));
        assert_false(json_pointer_is_pattern("/a*/b"));
}

static int collect(const char *pointer, json_t *value, void *userdata) {
        char **text = userdata, *all;
        _cleanup_free_ char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_true(asprintf(&all, "%s%s=%s;", *text, pointer, dumped) > 0);
        free(*text);
        *text = all;
        return 0;
}

static int stop(const char *pointer, json_t *value, void *userdata) {
        ++*(int *) userdata;
        return 7;
}

static void test_patterns(void **state) {
        _cleanup_json_ json_t *document = parse("{\"disks\": [{\"size\": 1}, {\"name\": \"x\"}, {\"size\": 3}], \"m\": {\"a/b\": {\"v\": 1}, \"~\": {\"v\": 2}}}");
        static const char *const cases[][2] = {
                { "/disks/*/size", "/disks/0/size=1;/disks/2/size=3;" },
                { "/m/*/v", "/m/a~1b/v=1;/m/~0/v=2;" },
                { "/*/0/size", "/disks/0/size=1;" },
                { "/none/*", "" },
                { "/disks/0/size/*", "" },
        };
        int calls = 0;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char *text = strdup("");
                assert_int_equal(json_pointer_each(document, cases[i][0], collect, &text), 0);
                assert_string_equal(text, cases[i][1]);
                free(text);
        }
        assert_int_equal(json_pointer_each(document, "/disks/*", stop, &calls), 7);
        assert_int_equal(calls, 1);
        assert_int_equal(json_pointer_each(document, "disks", stop, &calls), -EINVAL);
}

static void test_names_and_steps_are_bounded(void **state) {
        _cleanup_json_ json_t *document = parse("{\"m\": {\"a\": 1, \"b\": 2}}");
        char name[JSON_POINTER_MAX + 8], pointer[JSON_POINTER_MAX + 8];
        int calls = 0;
        size_t steps = 2;
        char *text = strdup("");

        memset(name, 'n', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        json_object_set_new(json_object_get(document, "m"), name, json_integer(3));
        name[300] = '\0';
        json_object_set_new(json_object_get(document, "m"), name, json_integer(4));
        /* the first is passed over, since no pointer can name it */
        assert_int_equal(json_pointer_each(document, "/m/*", collect, &text), 0);
        assert_non_null(strstr(text, "n=4;"));
        assert_null(strstr(text, "=3;"));
        free(text);
        snprintf(pointer, sizeof(pointer), "/m/%.300s", name);
        check(json_pointer_get(document, pointer), "4");
        assert_int_equal(json_pointer_each_within(document, "/m/*", &steps, stop, &calls), 7);
        assert_int_equal(steps, 0);
        assert_int_equal(json_pointer_each_within(document, "/m", &steps, stop, &calls), -E2BIG);
        assert_int_equal(calls, 1);
}

static void test_set(void **state) {
        static const struct {
                const char *before, *pointer, *after;
                int result;
        } cases[] = {
                { "{}", "/a", "{\"a\": 1}", 0 },
                { "{\"a\": 0}", "/a", "{\"a\": 1}", 0 },
                { "{}", "/a/b/c", "{\"a\": {\"b\": {\"c\": 1}}}", 0 },
                { "{\"a\": null}", "/a/b", "{\"a\": {\"b\": 1}}", 0 },
                { "{\"a\": [0, 0]}", "/a/1", "{\"a\": [0, 1]}", 0 },
                { "{\"a\": [0]}", "/a/-", "{\"a\": [0, 1]}", 0 },
                { "{\"a\": [0]}", "/a/-/b", "{\"a\": [0, {\"b\": 1}]}", 0 },
                { "{\"a\": [0]}", "/a/1", "{\"a\": [0]}", -ENOENT },
                { "{\"a\": \"x\"}", "/a/b/c", "{\"a\": \"x\"}", -ENOTDIR },
                { "{}", "", "{}", -EINVAL },
                { "{}", "/a/*/b", "{}", -EINVAL },
                { "{}", "a", "{}", -EINVAL },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *document = parse(cases[i].before);
                assert_int_equal(json_pointer_set(document, cases[i].pointer, json_integer(1)), cases[i].result);
                check(document, cases[i].after);
        }
}

static void test_delete(void **state) {
        _cleanup_json_ json_t *document = parse("{\"a\": {\"b\": 1, \"c\": 2}, \"l\": [1, 2, 3]}");
        assert_int_equal(json_pointer_delete(document, "/a/b"), 1);
        assert_int_equal(json_pointer_delete(document, "/a/b"), 0);
        assert_int_equal(json_pointer_delete(document, "/none/b"), 0);
        assert_int_equal(json_pointer_delete(document, "/l/1"), 1);
        assert_int_equal(json_pointer_delete(document, "/l/7"), 0);
        assert_int_equal(json_pointer_delete(document, "/l/*"), -EINVAL);
        assert_int_equal(json_pointer_delete(document, ""), -EINVAL);
        check(document, "{\"a\": {\"c\": 2}, \"l\": [1, 3]}");
}

static void test_escape(void **state) {
        char buffer[16], small[4];
        assert_string_equal(json_pointer_escape("a/b~c", buffer, sizeof(buffer)), "a~1b~0c");
        assert_string_equal(json_pointer_escape("a//", small, sizeof(small)), "a~1");
        assert_string_equal(json_pointer_escape("abcd", small, sizeof(small)), "abc");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_examples_of_the_rfc), cmocka_unit_test(test_what_is_not_there), cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_patterns),            cmocka_unit_test(test_set),               cmocka_unit_test(test_delete),
                cmocka_unit_test(test_escape),              cmocka_unit_test(test_names_and_steps_are_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
