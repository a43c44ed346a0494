/* Ranges and conditions of RFC 9110. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/macro.h"
#include "tftp/file_answer.h"

static const struct file_facts facts = { .size = 1000, .inode = 7, .modified = { .tv_sec = 784111777, .tv_nsec = 5 } };
#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"

static void test_ranges(void **state) {
        static const struct {
                const char *range;
                unsigned status;
                uint64_t start, length;
        } cases[] = {
                { NULL, 200, 0, 1000 },
                { "bytes=0-0", 206, 0, 1 },
                { "bytes=0-999", 206, 0, 1000 },
                { "bytes=0-1000", 206, 0, 1000 },
                { "bytes=500-", 206, 500, 500 },
                { "bytes=999-", 206, 999, 1 },
                { "bytes=-1", 206, 999, 1 },
                { "bytes=-1000", 206, 0, 1000 },
                { "bytes=-5000", 206, 0, 1000 },
                { "BYTES=1-2", 206, 1, 2 },
                { "bytes=0-99999999999999999999999999", 206, 0, 1000 },
                { "bytes=-99999999999999999999999999", 206, 0, 1000 },
                { "bytes=1000-", 416, 0, 1000 },
                { "bytes=1000-2000", 416, 0, 1000 },
                { "bytes=99999999999999999999999999-", 416, 0, 1000 },
                { "bytes=-0", 416, 0, 1000 },
                /* several, or none */
                { "bytes=0-1,5-6", 200, 0, 1000 },
                { "bytes=5-4", 200, 0, 1000 },
                { "bytes=", 200, 0, 1000 },
                { "bytes=-", 200, 0, 1000 },
                { "bytes=a-b", 200, 0, 1000 },
                { "bytes=1", 200, 0, 1000 },
                { "bytes=1-2x", 200, 0, 1000 },
                { "bytes=--1", 200, 0, 1000 },
                { "bytes=+1-2", 200, 0, 1000 },
                { "bytes= 1-2", 200, 0, 1000 },
                { "lines=1-2", 200, 0, 1000 },
                { "", 200, 0, 1000 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const struct file_conditions conditions = { .range = cases[i].range };
                print_message("%s\n", cases[i].range ? cases[i].range : "none");
                struct file_answer answer = file_answer(&facts, &conditions, false);
                assert_int_equal(answer.status, cases[i].status);
                if (answer.status == 416)
                        continue;
                assert_int_equal(answer.start, cases[i].start);
                assert_int_equal(answer.length, cases[i].length);
                /* no ranges for HEAD */
                assert_int_equal(file_answer(&facts, &conditions, true).status, 200);
        }
}

static void test_empty_file(void **state) {
        const struct file_facts empty = { .size = 0 };

        assert_int_equal(file_answer(&empty, &(struct file_conditions) {}, false).status, 200);
        assert_int_equal(file_answer(&empty, &(struct file_conditions) { .range = "bytes=0-" }, false).status, 416);
        assert_int_equal(file_answer(&empty, &(struct file_conditions) { .range = "bytes=-1" }, false).status, 416);
}

static void test_conditions(void **state) {
        char tag[ETAG_SIZE], list[3 * ETAG_SIZE], weak[ETAG_SIZE + 2];

        file_etag(&facts, tag);
        snprintf(list, sizeof(list), "\"other\" ,  W/%s", tag);
        snprintf(weak, sizeof(weak), "W/%s", tag);
        const struct {
                struct file_conditions conditions;
                unsigned status;
        } cases[] = {
                { { .if_none_match = tag }, 304 },
                { { .if_none_match = list }, 304 },
                { { .if_none_match = "*" }, 304 },
                { { .if_none_match = "\"other\"" }, 200 },
                { { .if_none_match = "nonsense" }, 200 },
                { { .if_none_match = "\"other\"", .if_modified_since = MODIFIED }, 200 },
                { { .if_modified_since = MODIFIED }, 304 },
                { { .if_modified_since = "Sunday, 06-Nov-94 08:49:37 GMT" }, 304 },
                { { .if_modified_since = "Sun Nov  6 08:49:37 1994" }, 304 },
                { { .if_modified_since = "Sun, 06 Nov 1994 08:49:36 GMT" }, 200 },
                { { .if_modified_since = "yesterday" }, 200 },
                { { .if_match = tag }, 200 },
                { { .if_match = "*" }, 200 },
                { { .if_match = list }, 412 },
                { { .if_match = "\"other\"" }, 412 },
                { { .if_unmodified_since = MODIFIED }, 200 },
                { { .if_unmodified_since = "Sun, 06 Nov 1994 08:49:36 GMT" }, 412 },
                { { .range = "bytes=1-2", .if_range = tag }, 206 },
                { { .range = "bytes=1-2", .if_range = weak }, 200 },
                { { .range = "bytes=1-2", .if_range = "\"other\"" }, 200 },
                { { .range = "bytes=1-2", .if_range = MODIFIED }, 206 },
                { { .range = "bytes=1-2", .if_range = "Sun, 06 Nov 1994 08:49:38 GMT" }, 200 },
                { { .range = "bytes=5000-", .if_range = "\"other\"" }, 200 },
                { { .range = "bytes=1-2", .if_none_match = tag }, 304 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                print_message("case %zu\n", i);
                assert_int_equal(file_answer(&facts, &cases[i].conditions, false).status, cases[i].status);
        }
}

static void test_tags_differ(void **state) {
        struct file_facts other = facts;
        char a[ETAG_SIZE], b[ETAG_SIZE];

        file_etag(&facts, a);
        other.modified.tv_nsec++;
        assert_string_not_equal(a, file_etag(&other, b));
        other = facts;
        other.size++;
        assert_string_not_equal(a, file_etag(&other, b));
        other = facts;
        other.inode++;
        assert_string_not_equal(a, file_etag(&other, b));
}

static void test_dates(void **state) {
        char text[HTTP_DATE_SIZE];
        time_t back;

        assert_string_equal(http_date_format(784111777, text), MODIFIED);
        assert_string_equal(http_date_format(0, text), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_int_equal(http_date_parse(text, &back), 0);
        assert_int_equal(back, 0);
        assert_string_equal(http_date_format(INT64_MAX, text), "");
        assert_int_equal(http_date_parse("", &back), -EINVAL);
        assert_int_equal(http_date_parse(MODIFIED " ", &back), -EINVAL);
}

static void test_types(void **state) {
        assert_string_equal(content_type("a/snponly.efi"), "application/efi");
        assert_string_equal(content_type("A.ISO"), "application/vnd.efi-iso");
        assert_string_equal(content_type("x.img"), "application/vnd.efi-img");
        assert_string_equal(content_type("vmlinuz"), "application/octet-stream");
        assert_string_equal(content_type("v1.efi/vmlinuz"), "application/octet-stream");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ranges),      cmocka_unit_test(test_empty_file), cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_tags_differ), cmocka_unit_test(test_dates),      cmocka_unit_test(test_types),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
