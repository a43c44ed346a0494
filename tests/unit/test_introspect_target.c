/* introspect/target: paths with a token, the arguments of a lookup, API versions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "introspect/target.h"
#include "lib/macro.h"

static void test_paths(void **state) {
        static const struct {
                const char *path, *token, *rest;
        } cases[] = {
                { "/", NULL, "/" },
                { "/v1/lookup", NULL, "/v1/lookup" },
                { "/t", NULL, "/t" },
                { "/tt/x/v1/lookup", NULL, "/tt/x/v1/lookup" },
                { "/v1/t/x/lookup", NULL, "/v1/t/x/lookup" },
                { "/t/", "", "/" },
                { "/t//v1/lookup", "", "/v1/lookup" },
                { "/t/x", "x", "/" },
                { "/t/x/", "x", "/" },
                { "/t/p1.-.a.0.1.f/v1/lookup", "p1.-.a.0.1.f", "/v1/lookup" },
                { "/t/x/t/y/v1/lookup", "x", "/t/y/v1/lookup" },
                { "", NULL, "" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct target target;
                target_split(cases[i].path, &target);
                assert_int_equal(target.has_token, cases[i].token != NULL);
                assert_string_equal(target.token, cases[i].token ?: "");
                assert_string_equal(target.path, cases[i].rest);
        }
}

static void test_long_token(void **state) {
        char path[1000] = "/t/";
        struct target target;

        memset(path + 3, 'x', 900);
        strcpy(path + 903, "/v1/lookup");
        target_split(path, &target);
        assert_int_equal(strlen(target.token), TOKEN_TEXT_SIZE - 1);
        assert_string_equal(target.path, "/v1/lookup");
}

static void test_lookups(void **state) {
        static const struct {
                const char *addresses, *uuid;
                int result;
                size_t macs;
        } cases[] = {
                { "52:54:00:00:00:01", NULL, 0, 1 },
                { "52:54:00:00:00:01,52:54:00:00:00:02", NULL, 0, 2 },
                { "52-54-00-00-00-01,525400000002,52:54:00:00:00:01", "", 0, 2 },
                { ",,52:54:00:00:00:01,,", NULL, 0, 1 },
                /* InfiniBand's, nonsense, multicast and none */
                { "a0:00:02:20:fe:80:00:00:00:00:00:00:e4:1d:2d:03:00:42:a6:01,52:54:00:00:00:01", NULL, 0, 1 },
                { "nonsense,01:00:5e:00:00:01,00:00:00:00:00:00,52:54:00:00:00:01", NULL, 0, 1 },
                { NULL, "6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11", 0, 0 },
                { NULL, NULL, -EINVAL, 0 },
                { "", "", -EINVAL, 0 },
                { "nonsense", NULL, -EINVAL, 0 },
                { "52:54:00:00:00:01", "nonsense", -EBADMSG, 0 },
        };
        struct lookup_query query;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                int r = target_parse_lookup(cases[i].addresses, cases[i].uuid, &query);
                if (r != cases[i].result || (r == 0 && query.n_macs != cases[i].macs))
                        fail_msg("case %zu: %d, %zu MACs", i, r, query.n_macs);
        }
}

static void test_many_addresses(void **state) {
        char text[(LOOKUP_MACS_MAX + 1) * MAC_TEXT_SIZE + 1], *at = text;
        struct lookup_query query;

        for (int i = 0; i < LOOKUP_MACS_MAX; i++)
                at += sprintf(at, "52:54:00:00:%02x:%02x,", i >> 8, i & 255);
        assert_int_equal(target_parse_lookup(text, NULL, &query), 0);
        assert_int_equal(query.n_macs, LOOKUP_MACS_MAX);
        sprintf(at, "52:54:00:01:00:00");
        assert_int_equal(target_parse_lookup(text, NULL, &query), -E2BIG);
}

static void test_versions(void **state) {
        static const struct {
                const char *asked, *served;
        } cases[] = {
                { NULL, "1.1" },     { "1.31", "1.31" }, { "1.62", "1.62" },        { "1.82", "1.82" },     { "1.83", "1.83" }, { "1.95", "1.84" }, { "latest", "1.84" },
                { "nonsense", "1.1" }, { "", "1.1" },    { "2.0", "1.1" },          { "1.-5", "1.1" },      { "1.0", "1.1" },
                { "1.31x", "1.1" },  { "1.99999", "1.84" }, { "1.999999999999", "1.1" },
        };
        char version[TARGET_VERSION_SIZE];

        for (size_t i = 0; i < ELEMENTS(cases); i++)
                assert_string_equal(target_version(cases[i].asked, version), cases[i].served);
        assert_true(target_answers_posts("1.84"));
        assert_true(target_answers_posts("1.95"));
        assert_true(target_answers_posts("latest"));
        assert_false(target_answers_posts("1.83"));
        assert_false(target_answers_posts("1.1"));
        assert_false(target_answers_posts(NULL));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_paths),
                cmocka_unit_test(test_long_token),
                cmocka_unit_test(test_lookups),
                cmocka_unit_test(test_many_addresses),
                cmocka_unit_test(test_versions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
