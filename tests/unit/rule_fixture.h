/* Rules that are written as JSON with ' in the place of ", and their run over one node and its inventory. */
#pragma once

#include <errno.h>

#include "pxed/inspection/rule_internal.h"
#include "tests/unit/inspection_fixture.h"

static const char node_text[] =
        "{'id': 'i', 'name': 'n1', 'serial': 'S1E5', 'cpus': 8, 'memory': 17179869184, 'bmcAddress': '192.0.2.7', 'tags': ['a', 'b'], 'labels': {"
        "'ordered': '17179869184', 'rack': 'r1'}, 'properties': {'cpus': 8, 'list': [1], 'text': 'x'}, 'capabilities': {'boot_mode': 'uefi'},"
        " 'traits': ['CUSTOM_A'], 'extra': {}, 'ports': [{'mac': '52:54:00:00:00:01', 'boots': true}, {'mac': '52:54:00:00:00:02', 'boots': false}]}";
static const char inventory_text[] =
        "{'serial': 'S1E5', 'product': 'PowerThing R640', 'cpus': 8, 'memory': 17179869184, 'bmcAddress': null, 'errors': [], 'cpuModel': '',"
        " 'disks': [{'name': '/dev/sda', 'size': 500, 'rotational': false, 'wwn': 'w1'}, {'name': '/dev/sdb', 'size': 1000, 'rotational': true}],"
        " 'interfaces': [{'name': 'eth0', 'mac': '52:54:00:00:00:01', 'addresses': ['192.0.2.50', '2001:db8::5']}]}";
static const char raw_text[] = "{'inventory': {'hostname': 'h', 'cpu': {'count': '8', 'flags': ['vmx', 'aes']}}, 'yes': 'Yes', 'half': 0.5, 'many': 1}";

/* A condition with and without a value, and which of several values have to fulfil it. */
#define C(op, field, value) "{'op': '" op "', 'args': {'field': '" field "', 'value': " value "}}"
#define U(op, field) "{'op': '" op "', 'args': {'field': '" field "'}}"
#define M(op, field, value, multiple) "{'op': '" op "', 'args': {'field': '" field "', 'value': " value "}, 'multiple': '" multiple "'}"
#define UM(op, field, multiple) "{'op': '" op "', 'args': {'field': '" field "'}, 'multiple': '" multiple "'}"
/* An action. */
#define A(op, args) "{'op': '" op "', 'args': {" args "}}"

/* A rule of these conditions and actions. */
static inline json_t *make(const char *conditions, const char *actions) {
        return json_pack("{s:s, s:o, s:o}", "name", "r", "conditions", quoted(conditions), "actions", quoted(actions));
}

static inline struct rules *compile(json_t *json) {
        _cleanup_json_ json_t *owned = json;
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rules *rules = NULL;
        struct rule_error error;
        if (rule_parse(owned, 7, &rule, &error) < 0)
                fail_msg("refused: %s: %s", error.place, error.reason);
        assert_int_equal(rules_with(NULL, rule, &rules), 0);
        return rules;
}

static inline struct rules *add(struct rules *rules, const char *text) {
        _cleanup_json_ json_t *json = quoted(text);
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rules *larger = NULL;
        struct rule_error error;
        assert_int_equal(rule_parse(json, 1, &rule, &error), 0);
        assert_int_equal(rules_with(rules, rule, &larger), 0);
        rules_free(rules);
        return larger;
}

static inline void run(const struct rules *rules, struct run_outcome *ret) {
        _cleanup_json_ json_t *inventory = quoted(inventory_text), *raw = quoted(raw_text);
        *ret = (struct run_outcome) { .node = quoted(node_text), .plugin_data = quoted("{'pci_devices': {'gpu': 2}}") };
        assert_int_equal(rules_run(rules, inventory, raw, ret), 0);
}

static inline void check(const json_t *value, const char *expected, const char *of) {
        _cleanup_json_ json_t *wanted = quoted(expected);
        _cleanup_free_ char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
        if (!value || !json_equal((json_t *) value, wanted))
                fail_msg("%s: %s, not %s", of, text ? text : "nothing", expected);
}

static inline void clear(struct run_outcome *outcome) {
        json_decref(outcome->node);
        json_decref(outcome->plugin_data);
        json_decref(outcome->matched);
        json_decref(outcome->logs);
}

static inline json_t *repeated(const char *part, size_t count) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
                json_array_append_new(list, quoted(part));
        return list;
}
