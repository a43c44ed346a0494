/* Templates of kernel arguments, and what may stand in a line of an iPXE script. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tftp/template.h"

static const struct parameter builtin[] = { { "mac", "52:54:00:aa:00:01" }, { "name", "node1" } };
static const struct parameter assigned[] = { { "disk", "sda" } };
static const struct parameter defaults[] = { { "disk", "vda" }, { "console", "ttyS0" }, { "empty", "" } };
static const struct template_scope scopes[] = { { builtin, 2 }, { assigned, 1 }, { defaults, 3 } };

static void test_expand(void **state) {
        static const struct {
                const char *template;
                int result;
                const char *text; /* or the unknown name */
        } cases[] = {
                { "", 0, "" },
                { "quiet", 0, "quiet" },
                { "a=${mac} b=${name}", 0, "a=52:54:00:aa:00:01 b=node1" },
                { "${disk}${console}", 0, "sdattyS0" },
                { "x${empty}y", 0, "xy" },
                { "$ $x {y} $", 0, "$ $x {y} $" },
                { "${macs}", -ENOENT, "macs" },
                { "${ma}", -ENOENT, "ma" },
                { "${}", -ENOENT, "" },
                { "a ${mac", -EINVAL, "" },
                { "${", -EINVAL, "" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_text_ struct text text = {};
                char unknown[16] = "";
                print_message("%s\n", cases[i].template);
                assert_int_equal(template_expand(cases[i].template, scopes, 3, &text, unknown, sizeof(unknown)), cases[i].result);
                if (cases[i].result == 0)
                        assert_string_equal(text.data ? text.data : "", cases[i].text);
                else
                        assert_string_equal(unknown, cases[i].text);
        }
}

static void test_faults(void **state) {
        static const char *const good[] = { "", "quiet splash", "a=b;c a||b x&&y a#b", "init=/bin/sh -- -c true", "$ {x}", "a=\xc3\xa9" };
        static const char *const bad[] = { "a\nb", "a\tb", "\x7f", "a ${net0/mac}", "${", "a || b", "&& reboot", "x ;", ";", "a #b", "#" };

        for (size_t i = 0; i < ELEMENTS(good); i++)
                assert_null(arguments_fault(good[i]));
        for (size_t i = 0; i < ELEMENTS(bad); i++) {
                print_message("%s\n", bad[i]);
                assert_non_null(arguments_fault(bad[i]));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_expand), cmocka_unit_test(test_faults) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
