/* Request targets and queries: what is decoded, what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/macro.h"
#include "tftp/request.h"

static void test_targets(void **state) {
        static const struct {
                const char *target;
                int result;
                const char *path, *query;
        } cases[] = {
                { "/", 0, "/", NULL },
                { "/boot.ipxe", 0, "/boot.ipxe", NULL },
                { "/boot?mac=1", 0, "/boot", "mac=1" },
                { "/boot?", 0, "/boot", "" },
                { "/a%20b/c%2Fd", 0, "/a b/c/d", NULL },
                { "/a?b?c", 0, "/a", "b?c" },
                { "http://192.0.2.1:8080/boot?x", 0, "/boot", "x" },
                { "HTTP://h/", 0, "/", NULL },
                { "/images/a..b/..c/d..", 0, "/images/a..b/..c/d..", NULL },
                { "/images/...", 0, "/images/...", NULL },
                { "", -EINVAL, NULL, NULL },
                { "boot", -EINVAL, NULL, NULL },
                { "*", -EINVAL, NULL, NULL },
                { "?x", -EINVAL, NULL, NULL },
                { "http://host", -EINVAL, NULL, NULL },
                { "http://host?x", -EINVAL, NULL, NULL },
                { "/..", -EINVAL, NULL, NULL },
                { "/images/../secret", -EINVAL, NULL, NULL },
                { "/images/%2e%2e/secret", -EINVAL, NULL, NULL },
                { "/images/.%2E%2fsecret", -EINVAL, NULL, NULL },
                { "/images/%2f..", -EINVAL, NULL, NULL },
                { "/images/%00", -EINVAL, NULL, NULL },
                { "/images/a%0ab", -EINVAL, NULL, NULL },
                { "/images/a\nb", -EINVAL, NULL, NULL },
                { "/images/%", -EINVAL, NULL, NULL },
                { "/images/%4", -EINVAL, NULL, NULL },
                { "/images/%zz", -EINVAL, NULL, NULL },
                { "/images/%2?5", -EINVAL, NULL, NULL },
        };
        char path[TARGET_PATH_SIZE];
        const char *query;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                print_message("%s\n", cases[i].target);
                assert_int_equal(target_parse(cases[i].target, path, &query), cases[i].result);
                if (cases[i].result < 0)
                        continue;
                assert_string_equal(path, cases[i].path);
                if (cases[i].query)
                        assert_string_equal(query, cases[i].query);
                else
                        assert_null(query);
        }
}

static void test_long_target(void **state) {
        char target[TARGET_PATH_SIZE + 8], path[TARGET_PATH_SIZE];
        const char *query;

        memset(target, 'a', sizeof(target));
        target[0] = '/';
        target[TARGET_PATH_SIZE - 1] = '\0';
        assert_int_equal(target_parse(target, path, &query), 0);
        target[TARGET_PATH_SIZE - 1] = 'a';
        target[TARGET_PATH_SIZE] = '\0';
        assert_int_equal(target_parse(target, path, &query), -ENAMETOOLONG);
}

static void test_query(void **state) {
        const char *query = "mac=52:54&uuid=&serial=a+b%2Bc&xmac=no&bad=%g0&mac=second&last=1";
        char value[8];

        assert_true(query_get(query, "mac", value, sizeof(value)));
        assert_string_equal(value, "52:54");
        assert_true(query_get(query, "uuid", value, sizeof(value)));
        assert_string_equal(value, "");
        assert_true(query_get(query, "serial", value, sizeof(value)));
        assert_string_equal(value, "a b+c");
        assert_true(query_get(query, "last", value, sizeof(value)));
        assert_false(query_get(query, "bad", value, sizeof(value)));
        assert_false(query_get(query, "ma", value, sizeof(value)));
        assert_false(query_get(query, "none", value, sizeof(value)));
        assert_false(query_get(NULL, "mac", value, sizeof(value)));
        assert_false(query_get("mac", "mac", value, sizeof(value)));
        assert_true(query_get("v=1234567", "v", value, sizeof(value)));
        assert_false(query_get("v=12345678", "v", value, sizeof(value)));
}

static void test_machine(void **state) {
        struct boot_request request;

        boot_request_parse("mac=52:54:00:aa:00:01&uuid=2B3F4C5D-0000-4000-8000-000000000001&platform=efi&arch=x86_64&product=Big%20Box", &request);
        assert_true(request.has_mac && request.has_uuid);
        assert_int_equal(request.platform, PLATFORM_EFI);
        assert_string_equal(request.architecture, "x86_64");
        assert_string_equal(request.product, "Big Box");
        assert_string_equal(request.serial, "");

        /* what does not identify */
        boot_request_parse("mac=00:00:00:00:00:00&uuid=00000000-0000-0000-0000-000000000000&platform=amiga", &request);
        assert_false(request.has_mac || request.has_uuid);
        assert_int_equal(request.platform, PLATFORM_UNKNOWN);
        boot_request_parse(NULL, &request);
        assert_false(request.has_mac || request.has_uuid);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_targets),
                cmocka_unit_test(test_long_target),
                cmocka_unit_test(test_query),
                cmocka_unit_test(test_machine),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
