/* Rules in their order, one after the other: whole or not at all, and bounded. */
#include "tests/unit/rule_fixture.h"

/* A later rule sees what an earlier one did. */
static void test_order(void **state) {
        struct rules *rules = NULL, *fewer = NULL;
        struct run_outcome outcome;
        rules = add(rules, "{'name': 'b', 'conditions': [], 'actions': [" A("extend-attribute", "'path': '/tags', 'value': 'b'") "]}");
        rules = add(rules, "{'name': 'c', 'priority': -1, 'conditions': [" C("eq", "/node/tags/*", "'first'") "], 'actions': ["
                           A("set-attribute", "'path': '/tags', 'value': ['last']") "]}");
        rules = add(rules, "{'name': 'z', 'priority': 10, 'conditions': [], 'actions': [" A("extend-attribute", "'path': '/tags', 'value': 'first'") "]}");
        rules = add(rules, "{'name': 'a', 'conditions': [" U("is-none", "/node/name") "], 'actions': []}");
        static const char *const order[] = { "z", "a", "b", "c" };
        for (size_t i = 0; i < ELEMENTS(order); i++)
                assert_string_equal(rule_name(rules_at(rules, i)), order[i]);
        assert_null(rules_at(rules, 4));
        run(rules, &outcome);
        check(outcome.matched, "['z', 'b', 'c']", "matched");
        check(json_object_get(outcome.node, "tags"), "['last']", "tags");
        clear(&outcome);
        /* in the place of the one with its name, and in its new order */
        rules = add(rules, "{'name': 'z', 'priority': -5, 'conditions': [], 'actions': []}");
        assert_string_equal(rule_name(rules_at(rules, 3)), "z");
        assert_null(rules_at(rules, 4));
        assert_int_equal(rules_without(rules, "b", &fewer), 0);
        assert_non_null(rules_find(rules, "b"));
        rules_free(rules);
        assert_null(rules_find(fewer, "b"));
        assert_non_null(rules_find(fewer, "z"));
        rules_free(fewer);
}

/* Of two rules the second one fails: nothing of the first is left. */
static void test_whole_or_not_at_all(void **state) {
        struct rules *rules = add(NULL, "{'name': 'a', 'conditions': [], 'actions': [" A("log", "'message': 'm'") ", " A("add-trait", "'name': 'A'") "]}");
        struct run_outcome outcome;
        rules = add(rules, "{'name': 'b', 'conditions': [], 'actions': [" A("fail", "'message': 'no'") "]}");
        run(rules, &outcome);
        assert_null(outcome.node);
        assert_string_equal(outcome.failed, "rule b");
        assert_string_equal(outcome.reason, "no");
        check(outcome.logs, "[{'rule': 'a', 'level': 'info', 'message': 'm'}]", "logs");
        clear(&outcome);
        rules_free(rules);
}

static void test_sensitive(void **state) {
        static const char text[] = "{'name': 's', 'sensitive': true, 'conditions': [" C("eq", "/inventory/serial", "'S1E5'") "], 'actions': ["
                                   A("log", "'message': 'secret'") ", " A("fail", "'message': 'secret'") "]}";
        _cleanup_(rules_freep) struct rules *rules = add(NULL, text);
        _cleanup_json_ json_t *told = rule_to_json(rules_at(rules, 0));
        _cleanup_free_ char *whole = rule_text(rules_at(rules, 0));
        _cleanup_(rule_unrefp) struct rule *again = NULL;
        struct rule_error error;
        struct run_outcome outcome;
        check(told,
              "{'name': 's', 'sensitive': true, 'revision': 1, 'conditions': [{'op': 'eq', 'args': {}}], 'actions': [{'op': 'log', 'args': {}},"
              " {'op': 'fail', 'args': {}}]}",
              "told");
        assert_non_null(strstr(whole, "secret"));
        assert_int_equal(rule_parse(told, 2, &again, &error), -EINVAL);
        assert_string_equal(error.place, "conditions[0].args.field");
        assert_non_null(strstr(error.reason, "all have to be given again"));
        run(rules, &outcome);
        _cleanup_free_ char *logs = json_dumps(outcome.logs, 0);
        assert_null(strstr(logs, "secret"));
        assert_null(strstr(outcome.reason, "secret"));
        assert_string_equal(outcome.failed, "rule s");
        clear(&outcome);
}

static void test_at_most_so_many_rules(void **state) {
        struct rules *rules = NULL, *more = NULL;
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rule_error error;
        char text[100];
        for (int i = 0; i < RULES_MAX; i++) {
                snprintf(text, sizeof text, "{'name': 'r%d', 'conditions': [], 'actions': []}", i);
                rules = add(rules, text);
        }
        _cleanup_json_ json_t *json = quoted("{'name': 'one-more', 'conditions': [], 'actions': []}");
        assert_int_equal(rule_parse(json, 1, &rule, &error), 0);
        assert_int_equal(rules_with(rules, rule, &more), -ENOSPC);
        /* one that is there can still be replaced */
        rules = add(rules, "{'name': 'r5', 'conditions': [], 'actions': []}");
        rules_free(rules);
}

/* Each goes through the whole list. */
#define NOTHING_4 "{/raw/list/*/x} {/raw/list/*/x} {/raw/list/*/x} {/raw/list/*/x}"
#define NONE_IS_3 M("!eq", "/raw/list/*", "3", "all")

/* What an inventory makes a rule look at, tell and set is bounded. */
static void test_bounds_of_a_run(void **state) {
        _cleanup_json_ json_t *inventory = json_object(), *raw = json_object(), *list = json_array();
        struct run_outcome outcome;
        static const struct {
                const char *rule, *reason;
        } cases[] = {
                { "{'name': 'r', 'conditions': [" NONE_IS_3 ", " NONE_IS_3 ", " NONE_IS_3 ", " NONE_IS_3 "], 'actions': []}",
                  "conditions[3]: the rules look at more than 1048576 values" },
                { "{'name': 'r', 'conditions': [" C("eq", "/raw/x", "'" NOTHING_4 "'") "], 'actions': []}",
                  "conditions[0]: the rules look at more than 1048576 values" },
                { "{'name': 'r', 'conditions': [], 'actions': [" A("set-attribute", "'path': '/extra/x', 'value': '" NOTHING_4 "'") "]}",
                  "actions[0]: with /raw/list/*/x the rules look at more than 1048576 values" },
                { "{'name': 'r', 'conditions': [], 'actions': [" A("log", "'message': '" NOTHING_4 "'") ", "
                  A("set-attribute", "'path': '/extra/x', 'value': '{/raw/list/*/x}'") "]}",
                  "actions[1]: with /raw/list/*/x the rules look at more than 1048576 values" },
                { "{'name': 'r', 'conditions': [], 'actions': [" A("set-attribute", "'path': '/extra/x', 'value': '{/raw}'") "]}",
                  "actions[0]: with /raw it is too large" },
                { "{'name': 'r', 'conditions': [], 'actions': [" A("set-attribute", "'path': '/extra/x', 'value': 'a {/raw/list}'") "]}",
                  "actions[0]: with /raw/list it is too large" },
        };
        for (int i = 0; i < 300000; i++)
                json_array_append_new(list, json_integer(2));
        json_object_set(raw, "list", list);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_(rules_freep) struct rules *rules = add(NULL, cases[i].rule);
                outcome = (struct run_outcome) { .node = quoted(node_text), .plugin_data = json_object() };
                assert_int_equal(rules_run(rules, inventory, raw, &outcome), 0);
                if (outcome.node || !strstr(outcome.reason, cases[i].reason))
                        fail_msg("%s: %s", cases[i].rule, outcome.reason);
                clear(&outcome);
        }
}

static void test_lines_of_a_run_are_bounded(void **state) {
        struct rules *rules = NULL;
        struct run_outcome outcome;
        for (int i = 0; i < 2; i++) {
                _cleanup_json_ json_t *json = make("[]", "[]");
                _cleanup_(rule_unrefp) struct rule *rule = NULL;
                struct rules *more;
                struct rule_error error;
                json_object_set_new(json, "name", json_string(i ? "b" : "a"));
                json_object_set_new(json, "actions", repeated(A("log", "'message': 'x'"), RULE_ACTIONS_MAX - 1));
                assert_int_equal(rule_parse(json, 1, &rule, &error), 0);
                assert_int_equal(rules_with(rules, rule, &more), 0);
                rules_free(rules);
                rules = more;
        }
        run(rules, &outcome);
        assert_int_equal(json_array_size(outcome.logs), RULE_LOGS_MAX);
        clear(&outcome);
        rules_free(rules);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_whole_or_not_at_all),
                cmocka_unit_test(test_sensitive),
                cmocka_unit_test(test_at_most_so_many_rules),
                cmocka_unit_test(test_bounds_of_a_run),
                cmocka_unit_test(test_lines_of_a_run_are_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
