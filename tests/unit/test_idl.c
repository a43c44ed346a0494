#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/idl.h"

static struct idl *parse(const char *text) {
        struct idl *idl = NULL;
        struct idl_error error = {};

        if (idl_parse(text, strlen(text), &idl, &error) < 0)
                fail_msg("%u:%u: %s", error.line, error.column, error.reason);
        return idl;
}

static void test_parse(void **state) {
        static const char text[] = "# comment\n"
                                   "interface org.example.more-things.x1\r\n"
                                   "type State (start, stop_2)\n"
                                   "type Empty ()\n"
                                   "type Shape (a: ?[]string, b: [string]?int, c: (x: float, y: (one, two)), d: State,\n"
                                   "  e: []Shape, f: ?Shape) # and so on\n"
                                   "method Do(a: Shape)->(b:bool)\n"
                                   "method Stop() -> ()\n"
                                   "error Failed (reason: string, detail: object)";
        _cleanup_(idl_freep) struct idl *idl = parse(text);

        assert_string_equal(idl_name(idl), "org.example.more-things.x1");
        assert_string_equal(idl_text(idl), text);
        assert_string_equal(idl_method_at(idl, 0)->name, "Do");
        assert_string_equal(idl_method_at(idl, 1)->name, "Stop");
        assert_null(idl_method_at(idl, 2));
        assert_ptr_equal(idl_method(idl, "Stop"), idl_method_at(idl, 1));
        assert_null(idl_method(idl, "Failed"));
        assert_null(idl_method(idl, "State"));
        assert_non_null(idl_error_parameters(idl, "Failed"));
        assert_null(idl_error_parameters(idl, "Do"));
        assert_null(idl_free(NULL));
}

static void test_bad_texts(void **state) {
        static const struct {
                const char *text;
                unsigned line, column;
                const char *reason;
        } cases[] = {
                { "", 1, 1, "expected 'interface'" },
                { "# only a comment", 1, 17, "expected 'interface'" },
                { "interfaces a.b", 1, 1, "expected 'interface'" },
                { "interface foo", 1, 14, "the interface's name is not of the form org.example.name" },
                { "interface a.b.", 1, 15, "the interface's name is not of the form org.example.name" },
                { "interface a.-b", 1, 13, "the interface's name is not of the form org.example.name" },
                { "interface 1.b", 1, 11, "expected the name of the interface" },
                { "interface a.b method X() -> ()", 1, 15, "expected a new line" },
                { "interface a.b\nmethod x() -> ()", 2, 8, "expected a name that starts with a capital letter" },
                { "interface a.b\nmethod X()", 2, 11, "expected '->'" },
                { "interface a.b\nmethod X() -> (a, b)", 2, 15, "expected fields with types" },
                { "interface a.b\nfunction X()", 2, 1, "expected 'type', 'method' or 'error'" },
                { "interface a.b\ntype X string", 2, 8, "expected '('" },
                { "interface a.b\ntype X (a: string", 2, 18, "expected ')'" },
                { "interface a.b\ntype X (a: string,)", 2, 19, "expected a field name" },
                { "interface a.b\ntype X (a_: string)", 2, 11, "a field name does not end with '_'" },
                { "interface a.b\ntype X (a: string, b)", 2, 21, "expected ':'" },
                { "interface a.b\ntype X (a: ??string)", 2, 13, "expected a type" },
                { "interface a.b\ntype X (a: strings)", 2, 12, "expected a type" },
                { "interface a.b\ntype X (a: int, a: int)", 2, 17, "field 'a' is there twice" },
                { "interface a.b\ntype X (a, b, a)", 2, 15, "value 'a' is there twice" },
                { "interface a.b\ntype X (a: Y)", 2, 12, "there is no type 'Y'" },
                { "interface a.b\nerror E ()\nmethod M() -> (a: []?E)", 3, 22, "there is no type 'E'" },
                { "interface a.b\ntype X ()\nerror X ()", 3, 7, "'X' is declared twice" },
                { "interface a.b\ntype X (a: X)", 2, 6, "type 'X' contains itself" },
                { "interface a.b\ntype X (a: (b: Y))\ntype Y (c: ?int, d: X)", 2, 6, "type 'X' contains itself" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct idl_error error = {};
                struct idl *idl = NULL;

                assert_int_equal(idl_parse(cases[i].text, strlen(cases[i].text), &idl, &error), -EINVAL);
                assert_null(idl);
                assert_string_equal(error.reason, cases[i].reason);
                assert_int_equal(error.line, cases[i].line);
                assert_int_equal(error.column, cases[i].column);
                assert_int_equal(idl_parse(cases[i].text, strlen(cases[i].text), &idl, NULL), -EINVAL);
        }
}

static void reason_of(const char *text, size_t size, const char *reason) {
        struct idl_error error = {};
        struct idl *idl = NULL;

        assert_int_equal(idl_parse(text, size, &idl, &error), -EINVAL);
        assert_string_equal(error.reason, reason);
}

static void test_bounds(void **state) {
        _cleanup_free_ char *text = malloc(2 * 1024 * 1024);
        size_t n;

        memset(text, '\n', 2 * 1024 * 1024);
        reason_of(text, 1024 * 1024 + 1, "longer than 1048576 bytes");
        reason_of("interface a.b\n\0", 15, "holds a NUL byte");

        n = (size_t) sprintf(text, "interface a.b\ntype X (a: ");
        for (unsigned i = 0; i < 100000; i++)
                n += (size_t) sprintf(text + n, "[]");
        reason_of(text, n, "nested over 32 levels");

        /* Chains of types nest as inline ones do. */
        n = (size_t) sprintf(text, "interface a.b\n");
        for (unsigned i = 0; i < 1000; i++)
                n += (size_t) sprintf(text + n, "type T%u (a: T%u)\n", i, i + 1);
        n += (size_t) sprintf(text + n, "type T1000 ()\n");
        reason_of(text, n, "types nested over 32 levels");

        n = (size_t) sprintf(text, "interface a.b\n");
        for (unsigned i = 0; i < 1025; i++)
                n += (size_t) sprintf(text + n, "type T%u ()\n", i);
        reason_of(text, n, "more than 1024 declarations");

        n = (size_t) sprintf(text, "interface a.b\ntype X (a");
        for (unsigned i = 0; i < 1024; i++)
                n += (size_t) sprintf(text + n, ", a%u", i);
        reason_of(text, n, "more than 1024 values");
}

static const char check_text[] = "interface a.b\n"
                                 "type Port (mac: string, speed: ?int, mode: ?(fast, slow))\n"
                                 "type Tree (children: []Tree, parent: ?Tree)\n"
                                 "method M(i: ?int, f: ?float, s: ?string, b: ?bool, o: ?object, ports: ?[]Port,\n"
                                 "  labels: ?[string]Port, tree: ?Tree, needed: bool) -> ()\n";

static void test_check(void **state) {
        static const struct {
                const char *members; /* besides `needed` */
                const char *path;    /* NULL: good */
        } cases[] = {
                { "", NULL },
                { ",\"i\":1", NULL },
                { ",\"i\":null,\"ports\":null", NULL },
                { ",\"i\":1.0", "i" },
                { ",\"i\":\"1\"", "i" },
                { ",\"i\":true", "i" },
                { ",\"f\":1.5", NULL },
                { ",\"f\":1", NULL },
                { ",\"f\":\"1\"", "f" },
                { ",\"s\":\"\"", NULL },
                { ",\"s\":{}", "s" },
                { ",\"b\":0", "b" },
                { ",\"o\":{\"any\":[1]}", NULL },
                { ",\"o\":[]", "o" },
                { ",\"ports\":[]", NULL },
                { ",\"ports\":{}", "ports" },
                { ",\"ports\":[{\"mac\":\"x\"}]", NULL },
                { ",\"ports\":[{\"mac\":\"x\",\"mode\":\"fast\"}]", NULL },
                { ",\"ports\":[{\"mac\":\"x\",\"mode\":\"fas\"}]", "ports[0].mode" },
                { ",\"ports\":[{\"mac\":\"x\"},null]", "ports[1]" },
                { ",\"ports\":[{\"mac\":\"x\"},{\"mac\":\"y\"},{}]", "ports[2].mac" },
                { ",\"ports\":[{\"mac\":null}]", "ports[0].mac" },
                { ",\"ports\":[{\"mac\":\"x\",\"extra\":1}]", "ports[0].extra" },
                { ",\"labels\":{\"a b\":{\"mac\":\"x\"}}", NULL },
                { ",\"labels\":{\"a b\":{\"mac\":1}}", "labels[a b].mac" },
                { ",\"tree\":{\"children\":[{\"children\":[]}],\"parent\":null}", NULL },
                { ",\"tree\":{\"children\":[{\"children\":[{}]}]}", "tree.children[0].children[0].children" },
                { ",\"extra\":null", "extra" },
                { ",\"\":1", "" },
        };
        _cleanup_(idl_freep) struct idl *idl = parse(check_text);
        const struct idl_struct *in = idl_method(idl, "M")->in;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char text[256], path[64] = "untouched";
                _cleanup_json_ json_t *object = NULL;

                snprintf(text, sizeof(text), "{\"needed\":true%s}", cases[i].members);
                object = json_parse(text, strlen(text), JSON_DEPTH_MAX, NULL);
                assert_non_null(object);
                assert_int_equal(idl_check(idl, in, object, path, sizeof(path)), cases[i].path ? -EINVAL : 0);
                assert_string_equal(path, cases[i].path ?: "untouched");
        }
}

static void test_check_of_no_object(void **state) {
        _cleanup_(idl_freep) struct idl *idl = parse(check_text);
        const struct idl_struct *in = idl_method(idl, "M")->in;
        _cleanup_json_ json_t *array = json_array();
        _cleanup_json_ json_t *empty = json_object();
        char path[64] = "x", small[4];

        assert_int_equal(idl_check(idl, in, array, path, sizeof(path)), -EINVAL);
        assert_string_equal(path, "");
        assert_int_equal(idl_check(idl, in, NULL, path, sizeof(path)), -EINVAL);
        assert_int_equal(idl_check(idl, in, empty, small, sizeof(small)), -EINVAL);
        assert_string_equal(small, "nee");
        assert_int_equal(idl_check(idl, in, empty, NULL, 0), -EINVAL);
}

static void test_compatible(void **state) {
        static const char old_text[] = "interface a.b\n"
                                       "type T (a: int, e: (one, two))\n"
                                       "method M(t: ?T, l: []string) -> (r: [string]T)\n"
                                       "error E (reason: string)\n";
        static const struct {
                const char *text;
                const char *reason; /* NULL: compatible */
        } cases[] = {
                { old_text, NULL },
                { "interface a.b\nmethod N() -> ()\nerror F ()\ntype T (e: (two, one, three), a: int, n: ?(x: int))\n"
                  "method M(l: []string, t: ?T, n: ?int) -> (r: [string]T, m: ?T)\nerror E (reason: string)\n",
                  NULL },
                { "interface a.c\n", "a.b: is now a.c" },
                { "interface a.b\n", "type T: is gone" },
                { "interface a.b\ntype T (a: string, e: (one, two))\n", "type T, a: was of type int, is string" },
                { "interface a.b\ntype T (a: ?int, e: (one, two))\n", "type T, a: was not nullable" },
                { "interface a.b\ntype T (e: (one, two))\n", "type T, a: is gone" },
                { "interface a.b\ntype T (a: int, e: (one))\n", "type T, e: value 'two' is gone" },
                { "interface a.b\ntype T (a: int, e: (one, two), n: int)\n", "type T, n: is new and not nullable" },
                { "interface a.b\ntype T (a: int, e: (one, two))\nmethod M(t: T, l: []string) -> (r: [string]T)\n",
                  "method M, call, t: was nullable" },
                { "interface a.b\ntype T (a: int, e: (one, two))\nmethod M(t: ?T, l: []int) -> (r: [string]T)\n",
                  "method M, call, l: was of type string, is int" },
                { "interface a.b\ntype T (a: int, e: (one, two))\ntype U ()\nmethod M(t: ?T, l: []string) -> (r: [string]U)\n",
                  "method M, reply, r: was T, is U" },
                { "interface a.b\ntype T (a: int, e: (one, two))\nmethod M(t: ?T, l: []string) -> (r: [string]T)\n"
                  "method E(reason: string) -> ()\n",
                  "error E: is gone" },
        };
        _cleanup_(idl_freep) struct idl *old = parse(old_text);

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_(idl_freep) struct idl *new = parse(cases[i].text);
                struct idl_error error = {};

                assert_int_equal(idl_compatible(old, new, &error), cases[i].reason ? -EINVAL : 0);
                assert_string_equal(error.reason, cases[i].reason ?: "");
                assert_int_equal(idl_compatible(old, new, NULL), cases[i].reason ? -EINVAL : 0);
        }
}

static void test_embedded(void **state) {
        size_t n = 0;

        for (const struct idl_embedded *e = idl_embedded; e->name; e++, n++) {
                _cleanup_(idl_freep) struct idl *idl = parse(e->text);
                assert_string_equal(idl_name(idl), e->name);
                assert_int_equal(idl_compatible(idl, idl, NULL), 0);
                assert_non_null(idl_find(e->name));
                assert_ptr_equal(idl_find(e->name), idl_find(e->name));
        }
        assert_true(n > 1);
        assert_null(idl_find("org.example.none"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_bad_texts),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_check),
                cmocka_unit_test(test_check_of_no_object),
                cmocka_unit_test(test_compatible),
                cmocka_unit_test(test_embedded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
