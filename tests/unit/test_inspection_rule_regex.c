/* Regular expressions of rules: what they match, and that none takes long. */
#include <time.h>

#include "tests/unit/rule_fixture.h"

static int match(const char *pattern, bool whole, const char *text) {
        _cleanup_(rule_regex_freep) struct rule_regex *regex = NULL;
        char reason[128];

        if (rule_regex_new(pattern, whole, &regex, reason, sizeof reason) < 0)
                fail_msg("%s: %s", pattern, reason);
        return rule_regex_match(regex, text);
}

/* Expressions that are in use are not refused by the bounds. */
static void test_regular_expressions_that_are_taken(void **state) {
        static const char *const patterns[] = {
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "([0-9a-f]{2}:){5}[0-9a-f]{2}", "(Dell|HPE?|Lenovo).*", "[]x]+", "[^]]*",
                "[[:alpha:]_]+[[:digit:]]*", "\\\\.\\\\[x\\\\]\\\\(y\\\\)", "a{2,}b{,3}", "^$", "",
        };
        for (size_t i = 0; i < ELEMENTS(patterns); i++) {
                char list[300];
                snprintf(list, sizeof list, "[" C("contains", "/node/name", "'%s'") "]", patterns[i]);
                rules_free(compile(make(list, "[]")));
        }
}

static void test_regular_expressions(void **state) {
        static const struct {
                const char *pattern, *text;
                bool part, whole;
        } cases[] = {
                { "A100", "NVIDIA A100", true, false }, { ".*A100", "NVIDIA A100", true, true },  { "^(a|b)+$", "abba", true, true },
                { "a|ab", "ab", true, true },           { "[[:digit:]]{3}", "x123", true, false }, { "\\d+", "x123", true, false },
                { "^$", "", true, true },               { "(?i)dell", "DELL Inc.", true, false },  { "b", "aaa", false, false },
                { "^.$", "\xc3\xa9", true, true },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                assert_int_equal(match(cases[i].pattern, false, cases[i].text), cases[i].part);
                assert_int_equal(match(cases[i].pattern, true, cases[i].text), cases[i].whole);
        }
}

/* What takes many ways through a text is given up, soon; what is refused when it is added is not compiled for long either. */
static void test_regular_expressions_that_are_hard(void **state) {
        static const char *const patterns[] = {
                "(((a*)*)*)*b", "(a|b)*a(a|b){80}c", "(a?){80}a{80}b", "((a|a)(a|a)*)*c", "(a*)*{100}b", "(a+)+$b", "(a{0,255}){0,255}b", "((a{1,99}){1,99}){1,99}b",
                ".*a.{20}.*b.{20}.*c.{30}.*d.{30}.*a.{100}z", "(?=(a+)+b)", "(x+x+)+y",
        };
        char text[RULE_SUBJECT_MAX + 2], reason[128];
        memset(text, 'a', sizeof text);
        text[RULE_SUBJECT_MAX] = '\0';
        clock_t begin = clock();
        for (size_t i = 0; i < ELEMENTS(patterns); i++) {
                _cleanup_(rule_regex_freep) struct rule_regex *regex = NULL;
                if (rule_regex_new(patterns[i], false, &regex, reason, sizeof reason) == 0)
                        assert_true(rule_regex_match(regex, text) <= 0);
        }
        assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
        assert_int_equal(match("(a+)+$b", false, text), 0);
        assert_int_equal(match("(a|aa)+b|(a|aa)+c", false, text), -EFBIG);
        /* what is too long matches nothing */
        assert_int_equal(match(".*", false, text), 1);
        text[RULE_SUBJECT_MAX] = 'a';
        text[RULE_SUBJECT_MAX + 1] = '\0';
        assert_int_equal(match(".*", false, text), 0);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_regular_expressions_that_are_taken),
                cmocka_unit_test(test_regular_expressions),
                cmocka_unit_test(test_regular_expressions_that_are_hard),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
