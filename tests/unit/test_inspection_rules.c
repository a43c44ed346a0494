#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pxed/inspection/rule_internal.h"

static const char node_text[] =
        "{'id': 'i', 'name': 'n1', 'serial': 'S1E5', 'cpus': 8, 'memory': 17179869184, 'bmcAddress': '192.0.2.7', 'tags': ['a', 'b'], 'labels': {"
        "'ordered': '17179869184', 'rack': 'r1'}, 'properties': {'cpus': 8, 'list': [1], 'text': 'x'}, 'capabilities': {'boot_mode': 'uefi'},"
        " 'traits': ['CUSTOM_A'], 'extra': {}, 'ports': [{'mac': '52:54:00:00:00:01', 'boots': true}, {'mac': '52:54:00:00:00:02', 'boots': false}]}";
static const char inventory_text[] =
        "{'serial': 'S1E5', 'product': 'PowerThing R640', 'cpus': 8, 'memory': 17179869184, 'bmcAddress': null, 'errors': [], 'cpuModel': '',"
        " 'disks': [{'name': '/dev/sda', 'size': 500, 'rotational': false, 'wwn': 'w1'}, {'name': '/dev/sdb', 'size': 1000, 'rotational': true}],"
        " 'interfaces': [{'name': 'eth0', 'mac': '52:54:00:00:00:01', 'addresses': ['192.0.2.50', '2001:db8::5']}]}";
static const char raw_text[] = "{'inventory': {'hostname': 'h', 'cpu': {'count': '8', 'flags': ['vmx', 'aes']}}, 'yes': 'Yes', 'half': 0.5, 'many': 1}";

/* JSON with ' for " */
static json_t *parse(const char *text) {
        _cleanup_free_ char *quoted = strdup(text);
        json_error_t error;
        for (char *at = quoted; *at; at++)
                if (*at == '\'')
                        *at = '"';
        json_t *value = json_loads(quoted, JSON_DECODE_ANY, &error);
        if (!value)
                fail_msg("%s: %s", error.text, text);
        return value;
}

/* A rule of these conditions and actions. */
static json_t *make(const char *conditions, const char *actions) {
        return json_pack("{s:s, s:o, s:o}", "name", "r", "conditions", parse(conditions), "actions", parse(actions));
}

static struct rules *compile(json_t *json) {
        _cleanup_json_ json_t *owned = json;
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rules *rules = NULL;
        struct rule_error error;
        if (rule_parse(owned, 7, &rule, &error) < 0)
                fail_msg("refused: %s: %s", error.place, error.reason);
        assert_int_equal(rules_with(NULL, rule, &rules), 0);
        return rules;
}

static void run(const struct rules *rules, struct run_outcome *ret) {
        _cleanup_json_ json_t *inventory = parse(inventory_text), *raw = parse(raw_text);
        *ret = (struct run_outcome) { .node = parse(node_text), .plugin_data = parse("{'pci_devices': {'gpu': 2}}") };
        assert_int_equal(rules_run(rules, inventory, raw, ret), 0);
}

static void clear(struct run_outcome *outcome) {
        json_decref(outcome->node);
        json_decref(outcome->plugin_data);
        json_decref(outcome->matched);
        json_decref(outcome->logs);
}

static bool matches(const char *condition) {
        char list[600];
        struct run_outcome outcome;
        snprintf(list, sizeof list, "[%s]", condition);
        _cleanup_(rules_freep) struct rules *rules = compile(make(list, "[]"));
        run(rules, &outcome);
        if (!outcome.node)
                fail_msg("%s: %s", condition, outcome.reason);
        bool matched = json_array_size(outcome.matched) == 1;
        clear(&outcome);
        return matched;
}

#define C(op, field, value) "{'op': '" op "', 'args': {'field': '" field "', 'value': " value "}}"
#define U(op, field) "{'op': '" op "', 'args': {'field': '" field "'}}"
#define M(op, field, value, multiple) "{'op': '" op "', 'args': {'field': '" field "', 'value': " value "}, 'multiple': '" multiple "'}"
#define UM(op, field, multiple) "{'op': '" op "', 'args': {'field': '" field "'}, 'multiple': '" multiple "'}"

static void test_conditions(void **state) {
        static const struct {
                const char *condition;
                bool fulfilled;
        } cases[] = {
                { C("eq", "/inventory/serial", "'S1E5'"), true },
                { C("eq", "/inventory/serial", "'s1e5'"), false },
                { C("!eq", "/inventory/serial", "'x'"), true },
                { C("ne", "/inventory/serial", "'x'"), true },
                { C("ne", "/inventory/serial", "'S1E5'"), false },
                { C("eq", "/inventory/cpus", "8"), true },
                { C("eq", "/inventory/cpus", "'8'"), true },
                { C("eq", "/inventory/cpus", "8.0"), true },
                { C("eq", "/raw/inventory/cpu/count", "8"), true },
                { C("eq", "/raw/inventory/cpu/count", "'08'"), false }, /* two texts are compared as texts */
                { C("eq", "/raw/inventory/cpu/count", "'8'"), true },
                { C("eq", "/inventory/cpus", "'8 '"), false },
                { C("eq", "/inventory/cpus", "'0x8'"), false },
                { C("eq", "/inventory/cpus", "true"), false },
                { C("eq", "/node/tags", "['a', 'b']"), true },
                { C("eq", "/raw/none", "null"), true },
                { C("!eq", "/raw/none", "'x'"), true },
                { C("eq", "/inventory/memory", "'{/node/labels/ordered}'"), true },
                { C("lt", "/inventory/memory", "'{/node/labels/ordered}'"), false },
                { C("lt", "/inventory/memory", "'{/node/labels/none}'"), false },
                { C("lt", "/inventory/cpus", "9"), true },
                { C("lt", "/inventory/cpus", "8"), false },
                { C("le", "/inventory/cpus", "8"), true },
                { C("gt", "/inventory/cpus", "'7.5'"), true },
                { C("gt", "/inventory/cpus", "8"), false },
                { C("ge", "/raw/inventory/cpu/count", "8"), true },
                { C("ge", "/raw/half", "0.5"), true },
                { C("lt", "/inventory/serial", "5"), false }, /* has no order */
                { C("!lt", "/inventory/serial", "5"), true },
                { C("lt", "/raw/none", "5"), false },
                { C("gt", "/raw/inventory/hostname", "5"), false },
                { U("is-empty", "/inventory/errors"), true },
                { U("is-empty", "/inventory/cpuModel"), true },
                { U("is-empty", "/node/extra"), true },
                { U("is-empty", "/raw/none"), true },
                { U("is-empty", "/inventory/cpus"), false },
                { U("!is-empty", "/inventory/disks"), true },
                { C("in-net", "/node/bmcAddress", "'192.0.2.0/24'"), true },
                { C("in-net", "/node/bmcAddress", "'192.0.3.0/24'"), false },
                { C("in-net", "/node/bmcAddress", "['192.0.3.0/24', '192.0.2.7']"), true },
                { C("in-net", "/inventory/interfaces/*/addresses/*", "'2001:db8::/64'"), true },
                { C("in-net", "/inventory/bmcAddress", "'192.0.2.0/24'"), false },
                { C("!in-net", "/inventory/bmcAddress", "'192.0.2.0/24'"), true },
                { C("matches", "/inventory/product", "'PowerThing R[0-9]{3}'"), true },
                { C("matches", "/inventory/product", "'PowerThing'"), false },
                { C("matches", "/inventory/product", "'PowerThing|R640'"), false },
                { C("contains", "/inventory/product", "'PowerThing|Other'"), true },
                { C("contains", "/inventory/product", "'^R640'"), false },
                { C("contains", "/inventory/product", "'^Power'"), true },
                { C("contains", "/inventory/product", "'R640$'"), true },
                { C("contains", "/inventory/product", "'Thing$'"), false },
                { C("contains", "/inventory/cpus", "'^8$'"), true },
                { C("contains", "/node/tags", "'a'"), false },
                { C("contains", "/node/tags/*", "'^a'"), true },
                { C("one-of", "/inventory/cpus", "[4, 8]"), true },
                { C("one-of", "/inventory/cpus", "['4', '8']"), true },
                { C("one-of", "/inventory/cpus", "[]"), false },
                { C("one-of", "/inventory/serial", "['x', '{/node/serial}']"), true },
                { C("!one-of", "/inventory/serial", "['x']"), true },
                { U("is-none", "/inventory/bmcAddress"), true },
                { U("is-none", "/raw/none"), true },
                { U("is-none", "/inventory/cpuModel"), false },
                { U("!is-none", "/inventory/serial"), true },
                { U("is-true", "/node/ports/0/boots"), true },
                { U("is-true", "/raw/yes"), true },
                { U("is-true", "/raw/many"), true },
                { U("is-true", "/raw/none"), false },
                { U("is-false", "/raw/none"), false },
                { U("is-false", "/node/ports/1/boots"), true },
                { U("is-false", "/raw/yes"), false },
                { U("!is-false", "/raw/yes"), true },
                /* several values; a member that lacks it counts as null */
                { C("eq", "/inventory/disks/*/size", "1000"), true },
                { M("ge", "/inventory/disks/*/size", "500", "all"), true },
                { M("ge", "/inventory/disks/*/size", "501", "all"), false },
                { M("eq", "/inventory/disks/*/size", "500", "first"), true },
                { M("eq", "/inventory/disks/*/size", "1000", "first"), false },
                { M("eq", "/inventory/disks/*/size", "1000", "last"), true },
                { M("eq", "/inventory/disks/*/size", "500", "last"), false },
                { M("eq", "/inventory/disks/*/wwn", "'w1'", "all"), false },
                { UM("is-none", "/inventory/disks/*/wwn", "any"), true },
                { UM("is-none", "/inventory/disks/*/wwn", "all"), false },
                { UM("is-none", "/inventory/disks/*/wwn", "last"), true },
                { C("!eq", "/inventory/disks/*/size", "500"), true },
                { M("!eq", "/inventory/disks/*/size", "500", "all"), false },
                /* no member at all: one null */
                { M("ge", "/inventory/errors/*", "1", "all"), false },
                { UM("is-none", "/inventory/errors/*", "all"), true },
                { UM("is-none", "/inventory/errors/*", "last"), true },
                { C("eq", "/inventory/pluginData/pci_devices/gpu", "2"), true },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                if (matches(cases[i].condition) != cases[i].fulfilled)
                        fail_msg("%s should %sbe fulfilled", cases[i].condition, cases[i].fulfilled ? "" : "not ");
}

static void test_conditions_are_all_to_be_fulfilled(void **state) {
        assert_true(matches(""));
        assert_true(matches(C("eq", "/inventory/cpus", "8") ", " U("!is-none", "/inventory/serial")));
        assert_false(matches(C("eq", "/inventory/cpus", "8") ", " U("is-none", "/inventory/serial")));
}

static void check(const json_t *value, const char *expected, const char *of) {
        _cleanup_json_ json_t *wanted = parse(expected);
        _cleanup_free_ char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
        if (!value || !json_equal((json_t *) value, wanted))
                fail_msg("%s: %s, not %s", of, text ? text : "nothing", expected);
}

#define A(op, args) "{'op': '" op "', 'args': {" args "}}"

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
                _cleanup_json_ json_t *before = parse(node_text);
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

static struct rules *add(struct rules *rules, const char *text) {
        _cleanup_json_ json_t *json = parse(text);
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rules *larger = NULL;
        struct rule_error error;
        assert_int_equal(rule_parse(json, 1, &rule, &error), 0);
        assert_int_equal(rules_with(rules, rule, &larger), 0);
        rules_free(rules);
        return larger;
}

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
                _cleanup_json_ json_t *json = parse(cases[i].rule);
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

static int match(const char *pattern, bool whole, const char *text) {
        _cleanup_(rule_regex_freep) struct rule_regex *regex = NULL;
        char reason[128];

        if (rule_regex_new(pattern, whole, &regex, reason, sizeof reason) < 0)
                fail_msg("%s: %s", pattern, reason);
        return rule_regex_match(regex, text);
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

static json_t *repeated(const char *part, size_t count) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
                json_array_append_new(list, parse(part));
        return list;
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

static void test_at_most_so_many_rules(void **state) {
        struct rules *rules = NULL, *more = NULL;
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rule_error error;
        char text[100];
        for (int i = 0; i < RULES_MAX; i++) {
                snprintf(text, sizeof text, "{'name': 'r%d', 'conditions': [], 'actions': []}", i);
                rules = add(rules, text);
        }
        _cleanup_json_ json_t *json = parse("{'name': 'one-more', 'conditions': [], 'actions': []}");
        assert_int_equal(rule_parse(json, 1, &rule, &error), 0);
        assert_int_equal(rules_with(rules, rule, &more), -ENOSPC);
        /* one that is there can still be replaced */
        rules = add(rules, "{'name': 'r5', 'conditions': [], 'actions': []}");
        rules_free(rules);
}

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
                outcome = (struct run_outcome) { .node = parse(node_text), .plugin_data = json_object() };
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
                cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_conditions_are_all_to_be_fulfilled),
                cmocka_unit_test(test_actions),
                cmocka_unit_test(test_actions_that_fail_the_run),
                cmocka_unit_test(test_logs_and_plugin_data),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_whole_or_not_at_all),
                cmocka_unit_test(test_sensitive),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_regular_expressions_that_are_taken),
                cmocka_unit_test(test_regular_expressions),
                cmocka_unit_test(test_regular_expressions_that_are_hard),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_at_most_so_many_rules),
                cmocka_unit_test(test_bounds_of_a_run),
                cmocka_unit_test(test_lines_of_a_run_are_bounded),
                cmocka_unit_test(test_full_list),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
