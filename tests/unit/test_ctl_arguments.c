/* pxectl: the command line taken apart, errors as exit statuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "pxed/ctl/arguments.h"
#include "pxed/ctl/failure.h"

/* Parses the words of a line; 'problem' is freed by the caller. */
static int parse(const char *line, struct arguments **ret, char **ret_problem) {
        static char copy[256];
        static char *argv[32];
        int argc = 0;
        snprintf(copy, sizeof copy, "%s", line);
        for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
                argv[argc++] = word;
        return arguments_parse(argc, argv, ret, ret_problem);
}

static void test_good(void **state) {
        _cleanup_(arguments_freep) struct arguments *arguments = NULL;
        _cleanup_free_ char *problem = NULL;
        assert_int_equal(parse("pxectl --json node set-boot web-1 --param a=1 debian --once --param=b= --timeout 5", &arguments, &problem), 0);
        assert_string_equal(arguments_command(arguments)->words, "node set-boot");
        assert_int_equal(arguments_count(arguments), 2);
        assert_string_equal(arguments_word(arguments, 0), "web-1");
        assert_string_equal(arguments_word(arguments, 1), "debian");
        assert_null(arguments_word(arguments, 2));
        assert_true(arguments_given(arguments, "json"));
        assert_true(arguments_given(arguments, "once"));
        assert_false(arguments_given(arguments, "wait"));
        size_t position = 0;
        assert_string_equal(arguments_next(arguments, "param", &position), "a=1");
        assert_string_equal(arguments_next(arguments, "param", &position), "b=");
        assert_null(arguments_next(arguments, "param", &position));
        assert_string_equal(arguments_get(arguments, "timeout"), "5");
}

static void test_words_like_options(void **state) {
        _cleanup_(arguments_freep) struct arguments *arguments = NULL, *input = NULL;
        _cleanup_free_ char *problem = NULL, *none = NULL;
        assert_int_equal(parse("pxectl node show -- --json", &arguments, &problem), 0);
        assert_string_equal(arguments_word(arguments, 0), "--json");
        assert_false(arguments_given(arguments, "json"));
        assert_int_equal(parse("pxectl call org.pxed.Node.List -", &input, &none), 0);
        assert_string_equal(arguments_word(input, 1), "-");
}

static void test_help_needs_nothing(void **state) {
        static const char *const lines[] = { "pxectl -h", "pxectl --version", "pxectl node --help", "pxectl node show --help" };
        for (size_t i = 0; i < ELEMENTS(lines); i++) {
                _cleanup_(arguments_freep) struct arguments *arguments = NULL;
                _cleanup_free_ char *problem = NULL;
                assert_int_equal(parse(lines[i], &arguments, &problem), 0);
        }
}

static void test_bad(void **state) {
        static const char *const cases[][2] = {
                { "pxectl", "what to do? See 'pxectl help'" },
                { "pxectl stauts", "no command 'stauts'; did you mean 'status'?" },
                { "pxectl frobnicate", "no command 'frobnicate': see 'pxectl help'" },
                { "pxectl node", "'node' needs a command: see 'pxectl help node'" },
                { "pxectl node lst", "no command 'node lst'; did you mean 'node list'?" },
                { "pxectl node frobnicate", "no command 'node frobnicate': see 'pxectl help node'" },
                { "pxectl node show", "too few arguments: pxectl node show NODE" },
                { "pxectl node show a b", "'b' is one argument too many: pxectl node show NODE" },
                { "pxectl node list --jsn", "no option '--jsn'; did you mean '--json'?" },
                { "pxectl node list --once", "'node list' has no option '--once': see 'pxectl help node list'" },
                { "pxectl node set-boot a b --onec", "no option '--onec'; did you mean '--once'?" },
                { "pxectl --frobnicate", "no option '--frobnicate' before the command; options of a command stand after it" },
                { "pxectl -x", "no option '-x'; options are long: see 'pxectl --help'" },
                { "pxectl --json=1 status", "'--json' takes no value" },
                { "pxectl status --timeout", "'--timeout' needs a value: --timeout SECONDS" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_(arguments_freep) struct arguments *arguments = NULL;
                _cleanup_free_ char *problem = NULL;
                assert_int_equal(parse(cases[i][0], &arguments, &problem), -EINVAL);
                assert_string_equal(problem, cases[i][1]);
        }
}

static void test_numbers(void **state) {
        int64_t number;
        uint64_t us;
        assert_int_equal(parse_number("42", 0, 100, &number), 0);
        assert_int_equal(number, 42);
        assert_int_equal(parse_number("101", 0, 100, &number), -ERANGE);
        assert_int_equal(parse_number("99999999999999999999", 0, INT64_MAX, &number), -ERANGE);
        static const char *const bad[] = { "", " 1", "+1", "1x", "x", "0x10" };
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_equal(parse_number(bad[i], 0, 100, &number), -EINVAL);
        assert_int_equal(parse_seconds("0.5", &us), 0);
        assert_int_equal(us, 500000);
        assert_int_equal(parse_seconds("10", &us), 0);
        assert_int_equal(us, 10000000);
        static const char *const bad_seconds[] = { "", ".", "-1", "1e9", "nan", "inf", "1s", "1.2.3", "99999999999" };
        for (size_t i = 0; i < ELEMENTS(bad_seconds); i++)
                assert_int_equal(parse_seconds(bad_seconds[i], &us), -EINVAL);
}

/* The table of commands is what everything is made from: each line of it must be whole. */
static void test_table(void **state) {
        for (const struct command *command = commands; command->words; command++) {
                assert_non_null(command->arguments);
                assert_non_null(command->run);
                assert_true(command->least <= command->most);
                for (const struct command_option *option = command->options; option && option->name; option++) {
                        assert_non_null(option->help);
                        for (const struct command_option *global = global_options; global->name; global++)
                                assert_string_not_equal(option->name, global->name);
                }
        }
}

static void expect_error(const char *error, const char *parameters, int status, const char *message) {
        _cleanup_json_ json_t *object = json_loads(parameters, 0, NULL);
        _cleanup_free_ char *text = NULL;
        assert_int_equal(failure_of_error(error, object, &text), status);
        assert_string_equal(text, message);
}

static void test_errors(void **state) {
        expect_error("org.pxed.Node.NotFound", "{\"kind\":\"node\",\"reference\":\"x\"}", EXIT_NOT_FOUND,
                     "there is no node 'x': 'pxectl node list' shows those there are");
        expect_error("org.pxed.Node.Conflict", "{\"revision\":7}", EXIT_CONFLICT,
                     "it was changed meanwhile and has revision 7 now: look at it again, then repeat with that revision if it is still wanted");
        expect_error("org.pxed.Node.Exists", "{\"field\":\"macs\",\"node\":\"web-1\"}", EXIT_CONFLICT,
                     "another node has this MAC already: 'pxectl node show web-1' tells more");
        expect_error("org.pxed.Node.Invalid", "{\"field\":\"name\",\"reason\":\"too long\"}", EXIT_REFUSED, "refused: name: too long");
        expect_error("org.pxed.Node.NotApplied", "{\"revision\":9,\"role\":\"tftp\"}", EXIT_TIMEOUT,
                     "stored as revision 9, but pxed-tftp had not applied it in time: machines may still get the old script; "
                     "'pxectl daemon tftp' shows what holds it up");
        expect_error("org.pxed.Appliance.BadConfiguration", "{\"file\":\"/etc/pxed/pxed.conf\",\"line\":3,\"reason\":\"no\"}", EXIT_REFUSED,
                     "/etc/pxed/pxed.conf:3: no (the configuration read before stays in force)");
        expect_error("org.varlink.service.PermissionDenied", "{}", EXIT_CONNECT,
                     "you may not do that here: the monitor socket (--monitor) only reads, and changes need root or the group pxed");
        expect_error("org.example.Strange", "{\"a\":1}", EXIT_REFUSED, "refused: org.example.Strange {\"a\":1}");
        /* Members that are missing do no harm. */
        expect_error("org.pxed.Profile.InUse", "{}", EXIT_CONFLICT, "it is in use by ?: give that another one first");
        expect_error("Expired", "{\"oldest\":12}", EXIT_NOT_FOUND,
                     "those events are no longer kept, 12 is the oldest: 'pxectl events --after 11' shows all");
}

static void test_connection(void **state) {
        static const struct {
                int error, status;
        } cases[] = {
                { -ENOENT, EXIT_CONNECT }, { -ECONNREFUSED, EXIT_CONNECT }, { -EACCES, EXIT_CONNECT },
                { -ECONNRESET, EXIT_CONNECT }, { -ETIMEDOUT, EXIT_TIMEOUT }, { -EBADMSG, EXIT_CONNECT }, { -EIO, EXIT_CONNECT },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_free_ char *text = NULL;
                assert_int_equal(failure_of_connection(cases[i].error, "/run/pxed/bus", &text), cases[i].status);
                assert_non_null(strstr(text, "/run/pxed/bus"));
        }
        _cleanup_free_ char *bus = NULL, *own = NULL;
        failure_of_connection(-ENOENT, "/run/pxed/bus", &bus);
        assert_non_null(strstr(bus, "'systemctl status pxed'"));
        failure_of_connection(-ENOENT, "/run/pxed/dhcp.sock", &own);
        assert_non_null(strstr(own, "'systemctl status pxed-dhcp'"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),    cmocka_unit_test(test_words_like_options), cmocka_unit_test(test_help_needs_nothing),
                cmocka_unit_test(test_bad),     cmocka_unit_test(test_numbers),            cmocka_unit_test(test_table),
                cmocka_unit_test(test_errors),  cmocka_unit_test(test_connection),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
