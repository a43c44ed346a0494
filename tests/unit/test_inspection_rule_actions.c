/* What actions of rules do to a node, what they tell, and how they fail a run. */
#include "tests/unit/rule_fixture.h"

static void test_actions(void **state) {
        static const struct {
                const char *actions, *member, *expected;
        } cases[] = {
                { A("set-attribute", "'path': '/name', 'value': 'node-{/inventory/serial}'"), "name", "'node-S1E5'" },
                { A("set-attribute", "'path': '/bmcAddress', 'value': '192.0.2.9'"), "bmcAddress", "'192.0.2.9'" },
                { A("set-attribute", "'path': '/tags', 'value': ['x']"), "tags", "['x']" },
                { A("set-attribute", "'path': '/labels/rack', 'value': 'r2'"), "labels", "{'ordered': '17179869184', 'rack': 'r2'}" },
                { A("set-attribute", "'path': '/labels/a~1b', 'value': '{/inventory/cpus} CPUs'"), "labels",
                  "{'ordered': '17179869184', 'rack': 'r1', 'a/b': '8 CPUs'}" },
                { A("set-attribute", "'path': '/labels/rack', 'value': '{/inventory/cpus}'"), "labels", "{'ordered': '17179869184', 'rack': '8'}" },
                { A("set-attribute", "'path': '/tags', 'value': ['{/inventory/cpus}', '{/node/ports/0/boots}']"), "tags", "['8', 'true']" },
                { A("set-attribute", "'path': '/properties/a/b', 'value': '{/inventory/cpus}'"), "properties",
                  "{'cpus': 8, 'list': [1], 'text': 'x', 'a': {'b': 8}}" },
                { A("set-attribute", "'path': '/extra/d', 'value': {'names': '{/inventory/disks/*/name}', 'text': 'of {/inventory/disks/*/name}, {x}'}"), "extra",
                  "{'d': {'names': ['/dev/sda', '/dev/sdb'], 'text': 'of /dev/sda, /dev/sdb, {x}'}}" },
                { A("set-attribute", "'path': '/extra/a', 'value': 1") ", " A("set-attribute", "'path': '/extra/b', 'value': '{/node/extra}'"), "extra",
                  "{'a': 1, 'b': {'a': 1}}" },
                { A("extend-attribute", "'path': '/tags', 'value': 'c'"), "tags", "['a', 'b', 'c']" },
                { A("extend-attribute", "'path': '/tags', 'value': 'a'"), "tags", "['a', 'b']" },
                { A("extend-attribute", "'path': '/properties/list', 'value': 1"), "properties", "{'cpus': 8, 'list': [1, 1], 'text': 'x'}" },
                { A("extend-attribute", "'path': '/properties/list', 'value': 1, 'unique': true"), "properties", "{'cpus': 8, 'list': [1], 'text': 'x'}" },
                { A("extend-attribute", "'path': '/extra/new', 'value': {'a': null}"), "extra", "{'new': [{'a': null}]}" },
                { A("delete-attribute", "'path': '/labels/rack'"), "labels", "{'ordered': '17179869184'}" },
                { A("delete-attribute", "'path': '/labels/none'"), "labels", "{'ordered': '17179869184', 'rack': 'r1'}" },
                { A("delete-attribute", "'path': '/tags'"), "tags", "[]" },
                { A("delete-attribute", "'path': '/bmcAddress'"), "bmcAddress", "null" },
                { A("delete-attribute", "'path': '/properties/list/0'"), "properties", "{'cpus': 8, 'list': [], 'text': 'x'}" },
                { A("set-capability", "'name': 'gpus', 'value': '{/inventory/pluginData/pci_devices/gpu}'"), "capabilities", "{'boot_mode': 'uefi', 'gpus': '2'}" },
                { A("set-capability", "'name': 'a/b', 'value': 'x'"), "capabilities", "{'boot_mode': 'uefi', 'a/b': 'x'}" },
                { A("unset-capability", "'name': 'boot_mode'"), "capabilities", "{}" },
                { A("add-trait", "'name': 'CUSTOM_{/node/name}'"), "traits", "['CUSTOM_A', 'CUSTOM_n1']" },
                { A("add-trait", "'name': 'CUSTOM_A'"), "traits", "['CUSTOM_A']" },
                { A("remove-trait", "'name': 'CUSTOM_A'"), "traits", "[]" },
                { A("remove-trait", "'name': 'CUSTOM_B'"), "traits", "['CUSTOM_A']" },
                { A("set-port-attribute", "'path': '/physicalNetwork', 'value': 'lab'"), "ports",
                  "[{'mac': '52:54:00:00:00:01', 'boots': true, 'physicalNetwork': 'lab'}, {'mac': '52:54:00:00:00:02', 'boots': false, 'physicalNetwork': 'lab'}]" },
                { A("set-port-attribute", "'mac': '{/inventory/interfaces/0/mac}', 'path': '/portGroup', 'value': 'bond0'"), "ports",
                  "[{'mac': '52:54:00:00:00:01', 'boots': true, 'portGroup': 'bond0'}, {'mac': '52:54:00:00:00:02', 'boots': false}]" },
                { A("set-port-attribute", "'mac': '52-54-00-00-00-02', 'path': '/boots', 'value': true"), "ports",
                  "[{'mac': '52:54:00:00:00:01', 'boots': true}, {'mac': '52:54:00:00:00:02', 'boots': true}]" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char list[800];
                struct run_outcome outcome;
                snprintf(list, sizeof list, "[%s]", cases[i].actions);
                _cleanup_(rules_freep) struct rules *rules = compile(make("[]", list));
                run(rules, &outcome);
                if (!outcome.node)
                        fail_msg("%s: %s", cases[i].actions, outcome.reason);
                check(json_object_get(outcome.node, cases[i].member), cases[i].expected, cases[i].actions);
                /* and nothing else */
                _cleanup_json_ json_t *before = quoted(node_text);
                json_object_set(before, cases[i].member, json_object_get(outcome.node, cases[i].member));
                assert_true(json_equal(before, outcome.node));
                clear(&outcome);
        }
}

static void test_actions_that_fail_the_run(void **state) {
        static const struct {
                const char *actions, *reason;
        } cases[] = {
                { A("fail", "'message': 'only {/inventory/cpus} CPUs, BMC {/inventory/bmcAddress}'"), "only 8 CPUs, BMC (none)" },
                { A("set-attribute", "'path': '/name', 'value': '{/inventory/bmcAddress}'"), "actions[0]: there is no /inventory/bmcAddress" },
                { A("set-attribute", "'path': '/name', 'value': '{/inventory/product}'"), "actions[0]: /name: 1 to 63 letters" },
                { A("set-port-attribute", "'path': '/boots', 'value': '{/inventory/serial}'"), "actions[0]: /boots of a port: it has to be true or false" },
                { A("set-attribute", "'path': '/properties/text/x', 'value': 1"), "actions[0]: /properties/text/x cannot be set: what is there has no members" },
                { A("set-attribute", "'path': '/properties/list/7', 'value': 1"), "actions[0]: /properties/list/7 cannot be set: the list is not so long" },
                { A("extend-attribute", "'path': '/properties/text', 'value': 1"), "actions[0]: /properties/text cannot be extended: it is no list" },
                { A("add-trait", "'name': '{/inventory/product}'"), "actions[0]: /traits: \"PowerThing R640\" is no trait" },
                { A("add-trait", "'name': 'A'") ", " A("set-port-attribute", "'mac': '52:54:00:00:00:09', 'path': '/portGroup', 'value': 'x'"),
                  "actions[1]: the node has no port 52:54:00:00:00:09" },
                { A("extend-attribute", "'path': '/tags', 'value': '{/raw/inventory/hostname}\\n'"), "actions[0]: /tags: it has to be a text without control" },
                { A("set-port-attribute", "'mac': '{/inventory/serial}', 'path': '/portGroup', 'value': 'x'"), "actions[0]: \"S1E5\" is no MAC address" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char list[800];
                struct run_outcome outcome;
                snprintf(list, sizeof list, "[%s]", cases[i].actions);
                _cleanup_(rules_freep) struct rules *rules = compile(make("[]", list));
                run(rules, &outcome);
                assert_null(outcome.node);
                assert_null(outcome.plugin_data);
                check(outcome.matched, "['r']", "matched");
                assert_string_equal(outcome.failed, "rule r");
                if (strncmp(outcome.reason, cases[i].reason, strlen(cases[i].reason)) != 0)
                        fail_msg("%s: %s", cases[i].actions, outcome.reason);
                clear(&outcome);
        }
}

static void test_logs_and_plugin_data(void **state) {
        _cleanup_(rules_freep) struct rules *rules = compile(
                make("[]", "[" A("log", "'message': 'serial {/inventory/serial}\\u001b[m'") ", " A("log", "'message': 'x', 'level': 'warning'") ", "
                           A("set-plugin-data", "'path': '/mine/x', 'value': {'cpus': '{/inventory/cpus}'}") ", "
                           A("set-attribute", "'path': '/extra/seen', 'value': '{/inventory/pluginData/mine}'") "]"));
        struct run_outcome outcome;
        run(rules, &outcome);
        check(outcome.logs, "[{'rule': 'r', 'level': 'info', 'message': 'serial S1E5?[m'}, {'rule': 'r', 'level': 'warning', 'message': 'x'}]", "logs");
        check(outcome.plugin_data, "{'pci_devices': {'gpu': 2}, 'mine': {'x': {'cpus': 8}}}", "plugin data");
        check(json_object_get(outcome.node, "extra"), "{'seen': {'x': {'cpus': 8}}}", "extra");
        clear(&outcome);
}

/* A list that is full after the hooks takes no more. */
static void test_full_list(void **state) {
        _cleanup_json_ json_t *json = make("[]", "[" A("set-attribute", "'path': '/tags', 'value': []") ", " A("extend-attribute", "'path': '/tags', 'value': 'one-more'") "]");
        json_t *tags = json_object_get(json_object_get(json_array_get(json_object_get(json, "actions"), 0), "args"), "value");
        struct run_outcome outcome;
        for (int i = 0; i < 64; i++)
                json_array_append_new(tags, json_sprintf("t%d", i));
        _cleanup_(rules_freep) struct rules *rules = compile(TAKE_POINTER(json));
        run(rules, &outcome);
        assert_null(outcome.node);
        assert_string_equal(outcome.reason, "actions[1]: /tags: more than 64");
        clear(&outcome);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_actions),
                cmocka_unit_test(test_actions_that_fail_the_run),
                cmocka_unit_test(test_logs_and_plugin_data),
                cmocka_unit_test(test_full_list),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
