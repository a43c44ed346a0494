/* Root device hints: which are refused and why, and what they match. */
#include "tests/unit/inspection_fixture.h"

#include "pxed/inspection/hint.h"

#define GIB "1073741824"

static void assert_refused(const char *json, const char *name, const char *part) {
        _cleanup_json_ json_t *hints = quoted(json);
        struct hints *parsed = NULL;
        const char *told = NULL;
        char reason[HINT_REASON_SIZE] = "";
        assert_int_equal(hints_parse(hints, &parsed, &told, reason), -22);
        assert_null(parsed);
        assert_string_equal(told, name);
        if (!strstr(reason, part))
                fail_msg("%s: \"%s\" does not say \"%s\"", json, reason, part);
}

static void test_refused(void **state) {
        assert_refused("{'colour': 'red'}", "colour", "there is no hint of this name: size, model, vendor, serial");
        assert_refused("{'model': 5}", "model", "it has to be a text");
        assert_refused("{'model': ''}", "model", "a value is missing");
        assert_refused("{'model': 's== '}", "model", "a value is missing");
        assert_refused("{'model': '<or> a <or>'}", "model", "a value is missing");
        assert_refused("{'model': '<all-in> '}", "model", "a value is missing");
        assert_refused("{'model': '>= 5'}", "model", ">= compares numbers, and this is a text: give s==");
        assert_refused("{'model': 'a\\nb'}", "model", "control character");
        assert_refused("{'size': 's== 5'}", "size", "s== compares texts, and this is a number");
        assert_refused("{'size': '<in> 5'}", "size", "compares texts");
        assert_refused("{'size': 0}", "size", "a whole number from 1");
        assert_refused("{'size': -3}", "size", "a whole number from 1");
        assert_refused("{'size': '10.5'}", "size", "\"10.5\" is no size");
        assert_refused("{'size': '99999999999999999999'}", "size", "is no size");
        assert_refused("{'size': '<or> 5 <or> x'}", "size", "\"x\" is no size");
        assert_refused("{'size': '<range-in> 5 10'}", "size", "a range is two sizes in brackets: [ 100 200 ]");
        assert_refused("{'size': '<range-in> [ 5 ]'}", "size", "a range is two sizes");
        assert_refused("{'size': '<range-in> [ 5 10 15 ]'}", "size", "a range is two sizes");
        assert_refused("{'size': '<range-in> ['}", "size", "a range is two sizes");
        assert_refused("{'size': '<range-in> [ 5 x ]'}", "size", "\"x\" is no size");
        assert_refused("{'size': '<range-in> [ 10 5 ]'}", "size", "the first size of a range is the smaller one");
        assert_refused("{'model': '<range-in> [ 5 10 ]'}", "model", "compares numbers");
        assert_refused("{'size': 1.5}", "size", "it has to be a whole number");
        assert_refused("{'size': [1]}", "size", "it has to be a whole number");
        assert_refused("{'rotational': 'maybe'}", "rotational", "neither true nor false");
        assert_refused("{'rotational': 1}", "rotational", "true or false");
        assert_refused("{'size': 5, 'name': null}", "name", "it has to be a text");
        assert_refused("{'size': 5, 'model': 'a', 'vendor': 'a', 'serial': 'a', 'wwn': 'a', 'wwn_with_extension': 'a', 'wwn_vendor_extension': 'a', "
                       "'hctl': 'a', 'name': 'a', 'by_path': 'a', 'rotational': true, 'tran': 'a', 'colour': 'red'}",
                       "colour", "there is no hint of this name");
        char text[400] = "{'model': '<or> a";
        for (int i = 0; i < HINT_VALUES_MAX; i++)
                strcat(text, " <or> b");
        strcat(text, "'}");
        assert_refused(text, "model", "more than 16 values");
        memset(text, 'x', sizeof text);
        memcpy(text, "{'model': '", 11);
        strcpy(text + 11 + HINT_TEXT_MAX + 1, "'}");
        assert_refused(text, "model", "more than 255 bytes");
}

static bool matches(const char *json, const char *disk, char why[static HINT_REASON_SIZE]) {
        _cleanup_json_ json_t *object = quoted(json), *on = quoted(disk);
        _cleanup_(hints_freep) struct hints *hints = NULL;
        char reason[HINT_REASON_SIZE];
        if (hints_parse(object, &hints, NULL, reason) < 0)
                fail_msg("%s: %s", json, reason);
        return hints_match(hints, on, why);
}

static void test_matches(void **state) {
        static const struct {
                const char *hints, *disk;
                bool matches;
        } cases[] = {
                { "{}", "{}", true },
                { "{'size': 10}", "{'size': 10737418240}", true },
                { "{'size': 10}", "{'size': 10737418241}", false },
                { "{'size': '10'}", "{'size': 10737418240}", true },
                { "{'size': '== 10'}", "{'size': 10737418240}", true },
                { "{'size': '!= 10'}", "{'size': 10737418240}", false },
                { "{'size': '= 9'}", "{'size': 10737418240}", true }, /* at least, as in Ironic */
                { "{'size': '= 11'}", "{'size': 10737418240}", false },
                { "{'size': '>= 10'}", "{'size': 10737418240}", true },
                { "{'size': '>=10'}", "{'size': 10737418239}", false },
                { "{'size': '> 10'}", "{'size': 10737418240}", false },
                { "{'size': '> 10'}", "{'size': 10737418241}", true },
                { "{'size': '<= 10'}", "{'size': 10737418240}", true },
                { "{'size': '< 10'}", "{'size': 10737418240}", false },
                { "{'size': '<or> 5 <or> 10'}", "{'size': 10737418240}", true },
                { "{'size': '<or> 5 <or> 11'}", "{'size': 10737418240}", false },
                { "{'size': 10}", "{'size': null}", false },
                { "{'model': 'QEMU HARDDISK'}", "{'model': 'qemu harddisk'}", true },
                { "{'model': ' QEMU '}", "{'model': 'QEMU'}", true },
                { "{'model': 's== QEMU'}", "{'model': 'QEMU2'}", false },
                { "{'model': 's!= QEMU'}", "{'model': 'QEMU2'}", true },
                { "{'model': '<in> harddisk'}", "{'model': 'QEMU HARDDISK 5'}", true },
                { "{'model': '<in> qemu hard'}", "{'model': 'QEMU HARDDISK 5'}", true },
                { "{'model': '<in> floppy'}", "{'model': 'QEMU HARDDISK 5'}", false },
                { "{'model': '<or> sandisk <or> qemu harddisk'}", "{'model': 'QEMU HARDDISK'}", true },
                { "{'model': '<or>sandisk<or>intel'}", "{'model': 'QEMU'}", false },
                { "{'size': '<range-in> [ 5 10 ]'}", "{'size': 5368709120}", true },
                { "{'size': '<range-in> [5 10]'}", "{'size': 10737418240}", true },
                { "{'size': '<range-in> [ 5 10 ]'}", "{'size': 10737418241}", false },
                { "{'size': '<range-in> ( 5 10 ]'}", "{'size': 5368709120}", false },
                { "{'size': '<range-in> ( 5 10 )'}", "{'size': 5368709121}", true },
                { "{'size': '<range-in> [ 5 10 )'}", "{'size': 10737418240}", false },
                { "{'model': '<all-in> disk 5'}", "{'model': 'QEMU HARDDISK 5'}", true },
                { "{'model': '<all-in> disk 6'}", "{'model': 'QEMU HARDDISK 5'}", false },
                { "{'serial': 's< B'}", "{'serial': 'a'}", true },
                { "{'serial': 's<= a'}", "{'serial': 'A'}", true },
                { "{'serial': 's> a'}", "{'serial': 'A'}", false },
                { "{'serial': 's>= a'}", "{'serial': 'b'}", true },
                { "{'serial': 's!= x'}", "{'serial': null}", false }, /* what is not known fulfils nothing */
                { "{'serial': 's!= x'}", "{'serial': ''}", false },
                { "{'serial': 'samsung'}", "{'serial': 'samsung'}", true },
                { "{'wwn': '0x5000'}", "{'wwn': '0x5000'}", true },
                { "{'wwn_with_extension': 'x'}", "{'wwnWithExtension': 'X'}", true },
                { "{'wwn_vendor_extension': 'x'}", "{'wwnVendorExtension': 'y'}", false },
                { "{'hctl': '1:0:0:0', 'name': '/dev/sda', 'by_path': '/dev/disk/by-path/x', 'vendor': 'v'}",
                  "{'hctl': '1:0:0:0', 'name': '/dev/sda', 'byPath': '/dev/disk/by-path/x', 'vendor': 'V'}", true },
                { "{'tran': 'NVMe'}", "{'transport': 'nvme'}", true },
                { "{'tran': '<or> sas <or> sata'}", "{'transport': 'usb'}", false },
                { "{'tran': 's!= usb'}", "{'transport': null}", false },
                { "{'rotational': false}", "{'rotational': false}", true },
                { "{'rotational': 'No'}", "{'rotational': false}", true },
                { "{'rotational': 'true'}", "{'rotational': false}", false },
                { "{'rotational': true}", "{'rotational': null}", false },
                { "{'rotational': true, 'size': 1}", "{'rotational': true, 'size': 1}", false },
        };
        char why[HINT_REASON_SIZE];
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (matches(cases[i].hints, cases[i].disk, why) != cases[i].matches)
                        fail_msg("%s and %s: %s", cases[i].hints, cases[i].disk, cases[i].matches ? why : "should not match");
}

static void test_why(void **state) {
        char why[HINT_REASON_SIZE], text[100];
        assert_false(matches("{'size': 10}", "{'size': 5905580032}", why));
        assert_string_equal(why, "size is 5.50 GiB");
        assert_false(matches("{'size': 10}", "{'size': " GIB "}", why));
        assert_string_equal(why, "size is 1 GiB");
        assert_false(matches("{'size': 10}", "{'size': -5}", why));
        assert_string_equal(why, "its size is not known");
        assert_false(matches("{'wwn': 'a'}", "{'wwn': null}", why));
        assert_string_equal(why, "its wwn is not known");
        assert_false(matches("{'rotational': true}", "{'rotational': false}", why));
        assert_string_equal(why, "rotational is false");
        assert_false(matches("{'model': 'a'}", "{'model': 'b\\u001b[1m'}", why));
        assert_string_equal(why, "model is b?[1m");
        _cleanup_json_ json_t *object = quoted("{'size': '>= 100', 'rotational': false}");
        _cleanup_(hints_freep) struct hints *hints = NULL;
        assert_int_equal(hints_parse(object, &hints, NULL, why), 0);
        assert_string_equal(hints_describe(hints, text, sizeof text), "size >= 100, rotational false");
        assert_int_equal(strlen(hints_describe(hints, text, 10)), 9);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_matches),
                cmocka_unit_test(test_why),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
