/* Rules that are refused, with the place and the reason, and how large one may be. */
#include "tests/unit/rule_fixture.h"

static void test_refusals(void **state) {
        static const struct {
                const char *rule, *place, *reason;
        } cases[] = {
                { "{'name': 'r', 'conditions': []}", "actions", "it is missing" },
                { "{'name': 'r', 'conditions': [], 'actions': [], 'x': 1}", "x", "not known" },
                { "{'name': 1, 'conditions': [], 'actions': []}", "name", "of another type" },
                { "{'name': '-r', 'conditions': [], 'actions': []}", "name", "1 to 63 letters" },
                { "{'name': 'r', 'conditions': [{'op': 'eq'}], 'actions': []}", "conditions[0].args", "missing" },
                { "{'name': 'r', 'conditions': [{'op': 'eq', 'args': {}, 'multiple': 'some'}], 'actions': []}", "conditions[0].multiple", "of another type" },
                { "{'name': 'r', 'conditions': [{'op': 'like', 'args': {}}], 'actions': []}", "conditions[0].op", "is none of eq, ne" },
                { "{'name': 'r', 'conditions': [{'op': '!!eq', 'args': {}}], 'actions': []}", "conditions[0].op", "is none of eq, ne" },
                { "{'name': 'r', 'conditions': [], 'actions': [{'op': 'explode', 'args': {}}]}", "actions[0].op", "is none of fail, log" },
        };
        static const struct {
                const char *condition, *place, *reason;
        } conditions[] = {
                { "{'op': 'eq', 'args': {'field': '/node/name'}}", "args.value", "eq needs it" },
                { "{'op': 'eq', 'args': {'value': 1}}", "args.field", "eq needs it" },
                { "{'op': 'eq', 'args': {'field': 1, 'value': 1}}", "args.field", "it has to be a text" },
                { "{'op': 'is-none', 'args': {'field': '/node/name', 'value': 1}}", "args.value", "is-none knows only field" },
                { "{'op': 'eq', 'args': {'field': '/node/name', 'vlaue': 1, 'value': 1}}", "args.vlaue", "eq knows only field, value" },
                { C("eq", "node/name", "1"), "args.field", "a pointer begins with '/'" },
                { C("eq", "/nodes/name", "1"), "args.field", "it begins with /node, /inventory or /raw" },
                { C("eq", "", "1"), "args.field", "it begins with /node, /inventory or /raw" },
                { C("eq", "/node/assignment/x", "1"), "args.field", "there is no \"assignment\" in a node" },
                { C("eq", "/inventory/disk/*/size", "1"), "args.field", "there is no \"disk\" in an inventory" },
                { C("eq", "/raw/a~2", "1"), "args.field", "'~' is written ~0" },
                { C("eq", "/node/name", "'{/inventory/disk}'"), "args.value", "{/inventory/disk}: there is no \"disk\"" },
                { C("eq", "/node/name", "'{/node/name'"), "args.value", "has to end with '}'" },
                { C("lt", "/node/cpus", "'many'"), "args.value", "lt needs a number" },
                { C("lt", "/node/cpus", "[1]"), "args.value", "lt needs a number" },
                { C("one-of", "/node/name", "'x'"), "args.value", "one-of needs a list" },
                { C("in-net", "/node/bmcAddress", "'192.0.2.0/33'"), "args.value", "is no network" },
                { C("in-net", "/node/bmcAddress", "['192.0.2.0/24', 'x']"), "args.value[1]", "\"x\" is no network" },
                { C("in-net", "/node/bmcAddress", "[]"), "args.value", "has 1 to 256" },
                { C("matches", "/node/name", "7"), "args.value", "it has to be a text" },
                { C("matches", "/node/name", "'a('"), "args.value", "as a regular expression: " },
                { C("matches", "/node/name", "'a)(b'"), "args.value", "unmatched closing parenthesis (at byte 1)" },
                { C("matches", "/node/name", "'[a'"), "args.value", "missing terminating ]" },
                { C("matches", "/node/name", "'(a)\\\\1'"), "args.value", "reference to non-existent" },
                { C("matches", "/node/name", "'([ac][df]){255}'"), "args.value", "more than 8 KiB" },
                { C("matches", "/node/name", "'(a{60000}){60000}'"), "args.value", "as a regular expression: " },
                { C("matches", "/node/name", "'[z-a]'"), "args.value", "range out of order" },
                { C("matches", "/node/name", "'a\\\\'"), "args.value", "\\ at end of pattern" },
                { C("matches", "/node/name", "'\\\\Ca'"), "args.value", "as a regular expression: " },
                { C("matches", "/node/name", "'((((((((((((((((((a))))))))))))))))))'"), "args.value", "parentheses are too deeply nested" },
        };
        static const struct {
                const char *action, *place, *reason;
        } actions[] = {
                { A("fail", ""), "args.message", "fail needs it" },
                { A("fail", "'message': 1"), "args.message", "it has to be a text" },
                { A("fail", "'message': '{/nowhere}'"), "args.message", "{/nowhere}: it begins with" },
                { A("log", "'message': 'x', 'level': 'loud'"), "args.level", "is none of debug, info" },
                { A("set-attribute", "'path': '/name'"), "args.value", "set-attribute needs it" },
                { A("set-attribute", "'path': '/id', 'value': 1"), "args.path", "rules may change /name, " },
                { A("set-attribute", "'path': '/node/name', 'value': 'x'"), "args.path", "it begins within the node" },
                { A("set-attribute", "'path': 'name', 'value': 'x'"), "args.path", "a pointer begins with '/'" },
                { A("set-attribute", "'path': '', 'value': 'x'"), "args.path", "each part of it has to have a name" },
                { A("set-attribute", "'path': '/labels', 'value': {}"), "args.path", "name one of its members" },
                { A("set-attribute", "'path': '/labels/a/b', 'value': 'x'"), "args.path", "name one of its members" },
                { A("set-attribute", "'path': '/tags/0', 'value': 'x'"), "args.path", "name it as a whole" },
                { A("set-attribute", "'path': '/extra', 'value': {}"), "args.path", "name something within it" },
                { A("set-attribute", "'path': '/extra/*/a', 'value': 1"), "args.path", "'*' cannot be in its pointer" },
                { A("set-attribute", "'path': '/extra/{/node/name}', 'value': 1"), "args.path", "{POINTER} is for values" },
                { A("set-attribute", "'path': '/extra//a', 'value': 1"), "args.path", "each part" },
                { A("set-attribute", "'path': '/name', 'value': 'a b'"), "args.value", "1 to 63 letters" },
                { A("set-attribute", "'path': '/name', 'value': '52:54:00:00:00:01'"), "args.value", "1 to 63 letters" },
                { A("set-attribute", "'path': '/name', 'value': '525400000001'"), "args.value", "neither a MAC" },
                { A("set-attribute", "'path': '/tags', 'value': 'x'"), "args.value", "a list of texts" },
                { A("set-attribute", "'path': '/tags', 'value': ['x', '']"), "args.value", "a tag has 1 to 256 bytes" },
                { A("set-attribute", "'path': '/traits', 'value': ['A-B']"), "args.value", "\"A-B\" is no trait" },
                { A("set-attribute", "'path': '/labels/x', 'value': 1"), "args.value", "it has to be a text" },
                { A("set-attribute", "'path': '/bmcAddress', 'value': 'bmc.example.org'"), "args.value", "it has to be an address" },
                { A("extend-attribute", "'path': '/name', 'value': 'x'"), "args.path", "it is no list" },
                { A("extend-attribute", "'path': '/tags', 'value': ['x']"), "args.value", "it has to be a text" },
                { A("extend-attribute", "'path': '/tags', 'value': 'x', 'unique': 1"), "args.unique", "true or false" },
                { A("delete-attribute", "'path': '/name'"), "args.path", "it cannot be taken away" },
                { A("delete-attribute", "'path': '/name', 'value': 1"), "args.value", "delete-attribute knows only path" },
                { A("set-capability", "'name': 'a:b', 'value': 'x'"), "args.name", "is no name of a capability" },
                { A("set-capability", "'name': '*', 'value': 'x'"), "args.name", "one place" },
                { A("set-capability", "'name': 'a', 'value': 'x,y'"), "args.value", "without ','" },
                { A("set-capability", "'name': 'a', 'value': 1"), "args.value", "it has to be a text" },
                { A("unset-capability", "'name': ''"), "args.name", "each part" },
                { A("add-trait", "'name': 'a b'"), "args.name", "\"a b\" is no trait" },
                { A("set-plugin-data", "'path': 'x', 'value': 1"), "args.path", "a pointer begins with '/'" },
                { A("set-plugin-data", "'path': '', 'value': 1"), "args.path", "a pointer begins with '/'" },
                { A("set-plugin-data", "'path': '/*', 'value': 1"), "args.path", "'*' cannot" },
                { A("set-port-attribute", "'path': '/mac', 'value': 1"), "args.path", "rules may change /physicalNetwork" },
                { A("set-port-attribute", "'path': '/boots', 'value': 1"), "args.value", "true or false" },
                { A("set-port-attribute", "'path': '/boots', 'value': true, 'mac': 'x'"), "args.mac", "\"x\" is no MAC" },
                { A("set-port-attribute", "'path': '/physicalNetwork', 'value': 'a b'"), "args.value", "a physical network is" },
        };
        struct rule *rule = NULL;
        struct rule_error error;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *json = quoted(cases[i].rule);
                assert_int_equal(rule_parse(json, 1, &rule, &error), -EINVAL);
                if (strcmp(error.place, cases[i].place) != 0 || !strstr(error.reason, cases[i].reason))
                        fail_msg("%s: %s: %s", cases[i].rule, error.place, error.reason);
        }
        for (size_t i = 0; i < ELEMENTS(conditions); i++) {
                char list[600], place[100];
                snprintf(list, sizeof list, "[" U("is-none", "/node/name") ", %s]", conditions[i].condition);
                snprintf(place, sizeof place, "conditions[1].%s", conditions[i].place);
                _cleanup_json_ json_t *json = make(list, "[]");
                if (rule_parse(json, 1, &rule, &error) != -EINVAL || strcmp(error.place, place) != 0 || !strstr(error.reason, conditions[i].reason))
                        fail_msg("%s: %s: %s", conditions[i].condition, error.place, error.reason);
        }
        for (size_t i = 0; i < ELEMENTS(actions); i++) {
                char list[600], place[100];
                snprintf(list, sizeof list, "[" A("log", "'message': 'x'") ", %s]", actions[i].action);
                snprintf(place, sizeof place, "actions[1].%s", actions[i].place);
                _cleanup_json_ json_t *json = make("[]", list);
                if (rule_parse(json, 1, &rule, &error) != -EINVAL || strcmp(error.place, place) != 0 || !strstr(error.reason, actions[i].reason))
                        fail_msg("%s: %s: %s", actions[i].action, error.place, error.reason);
        }
        assert_null(rule);
}

static void test_bounds(void **state) {
        static const struct {
                const char *member, *part;
                size_t count;
        } cases[] = {
                { "conditions", U("is-none", "/node/name"), RULE_CONDITIONS_MAX + 1 },
                { "actions", A("log", "'message': 'x'"), RULE_ACTIONS_MAX + 1 },
        };
        struct rule *rule = NULL;
        struct rule_error error;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *json = make("[]", "[]");
                json_object_set_new(json, cases[i].member, repeated(cases[i].part, cases[i].count));
                assert_int_equal(rule_parse(json, 1, &rule, &error), -EINVAL);
                assert_string_equal(error.place, cases[i].member);
                json_array_remove(json_object_get(json, cases[i].member), 0);
                assert_int_equal(rule_parse(json, 1, &rule, &error), 0);
                rule = rule_unref(rule);
        }
        _cleanup_free_ char *text = malloc(RULE_SIZE_MAX + 1);
        memset(text, 'x', RULE_SIZE_MAX);
        text[RULE_SIZE_MAX] = '\0';
        _cleanup_json_ json_t *large = make("[]", "[" A("log", "'message': 'x'") "]");
        json_object_set_new(json_object_get(json_array_get(json_object_get(large, "actions"), 0), "args"), "message", json_string(text));
        assert_int_equal(rule_parse(large, 1, &rule, &error), -EINVAL);
        assert_string_equal(error.place, "");
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_bounds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
