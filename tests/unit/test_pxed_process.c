/* Inventories that go through hooks and rules within pxed: what becomes of the node, of the events, of what is kept. */
#include "tests/unit/pxed_fixture.h"

#include "lib/text.h"
#include "pxed/inspection/rule.h"
#include "pxed/inventory_keep.h"
#include "pxed/node_document.h"
#include "tests/unit/inspection_fixture.h"

#define IDENTITY "'uuid': '01234567-89ab-4cde-8f01-23456789abcd', 'serial': 'S1', 'architecture': 'x86_64', 'memory': 4294967296, "
#define INTERFACE "{'name': 'eth0', 'mac': '52:54:00:00:00:01', 'addresses': ['203.0.113.5'], 'boots': true}"
#define DISKS "'disks': [{'name': '/dev/sda', 'size': 10737418240}]"
#define WHOLE IDENTITY "'cpus': 4, 'bootMode': 'uefi', 'errors': [], " DISKS ", 'interfaces': [" INTERFACE "]"

/* Reports an inventory of machine 1. `more`: members of the report. */
static void post(struct fixture *f, const char *normalized, const char *more) {
        static unsigned number;
        char text[4096];
        snprintf(text, sizeof text, "[{'time': %u, 'inventory': {'mac': '52:54:00:00:00:01', 'post': 'p%u', 'raw': {'pci_devices': []}, %s 'normalized': {%s}}}]",
                 number + 1, number, more, normalized);
        number++;
        _cleanup_json_ json_t *json = quoted(text);
        _cleanup_free_ char *observations = json_dumps(json, 0);
        assert_int_equal(report(f, NOW + number * USEC_PER_SEC, observations, NULL), 0);
}

static void configure(struct fixture *f, const char *more) {
        f->more = more;
        reopen(f);
}

static void assert_told(struct fixture *f, const char *kind, size_t count, const char *message) {
        _cleanup_json_ json_t *events = json_array();
        const char *newest = NULL;
        json_t *event;
        uint64_t last;
        size_t i;
        assert_int_equal(count_events(f, kind), count);
        assert_int_equal(store_read_events(f->state->store, 0, 10000, events, &last), 0);
        json_array_foreach(events, i, event)
                if (strcmp(json_get_string(event, "kind"), kind) == 0)
                        newest = json_get_string(event, "message");
        if (message)
                assert_string_equal(newest, message);
}

static json_t *kept_inventory(struct fixture *f) {
        _cleanup_kept_ struct kept_inventory kept = {};
        assert_int_equal(inventory_read(f->state->store, &node_at(f, 1)->id, 0, 0, &kept), 0);
        return json_incref(kept.inventory);
}

static void test_good(void **state) {
        struct fixture *f = *state;
        configure(f, "[physical-network p]\nsubnets = 203.0.113.0/24\n");
        post(f, WHOLE, "");
        const struct node *node = node_at(f, 1);
        assert_int_equal(node->inspection.state, INSPECTION_FINISHED);
        assert_null(node->inspection.hook);
        assert_string_equal(node->serial, "S1");
        _cleanup_json_ json_t *document = node_document(node);
        assert_json(json_object_get(document, "properties"), "{'cpu_arch': 'x86_64', 'memory_mb': 4096, 'cpus': 4, 'local_gb': 9}");
        assert_json(json_object_get(document, "capabilities"), "{'boot_mode': 'uefi'}");
        assert_string_equal(json_get_string(json_get_object(document, "rootDevice"), "name"), "/dev/sda");
        assert_string_equal(node->ports[0].addresses, "203.0.113.5");
        _cleanup_json_ json_t *inventory = kept_inventory(f);
        assert_json(json_object_get(inventory, "pluginData"), "{'macs': ['52:54:00:00:00:01'], 'physical_network': {'eth0': 'p'}}");
        assert_null(json_get_string(inventory, "failure"));
        /* It is still there after a restart. */
        reopen(f);
        _cleanup_json_ json_t *again = node_document(node_at(f, 1));
        assert_true(json_equal(document, again));
}

/* Each hook's failure leaves the node as it was, but for how its inspection ended. */
static void test_failed(void **state) {
        static const struct {
                const char *normalized, *more, *hook, *failure;
        } cases[] = {
                { WHOLE, "'failure': 'no power',", "ramdisk-error", "ramdisk-error: no power" },
                { "'serial': 'S2', 'cpus': 99, 'errors': [], 'disks': [], 'interfaces': [" INTERFACE "]", "", "architecture",
                  "architecture: the ramdisk did not tell the architecture of the CPUs" },
                { "'serial': 'S2', 'architecture': 'arm', 'cpus': 99, 'errors': [], 'disks': [], 'interfaces': [" INTERFACE "]", "", "memory",
                  "memory: the ramdisk did not tell how much memory there is" },
                { IDENTITY "'cpus': 99, 'errors': [], 'disks': [], 'interfaces': []", "", "validate-interfaces",
                  "validate-interfaces: none of the 0 interfaces has a name and a usable MAC" },
        };
        struct fixture *f = *state;
        post(f, WHOLE, "");
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *before = node_document(node_at(f, 1));
                post(f, cases[i].normalized, cases[i].more);
                _cleanup_json_ json_t *after = node_document(node_at(f, 1));
                if (!json_equal(before, after))
                        fail_msg("%s changed the node", cases[i].hook);
                assert_int_equal(node_at(f, 1)->inspection.state, INSPECTION_ERROR);
                assert_string_equal(node_at(f, 1)->inspection.hook, cases[i].hook);
                char message[300];
                snprintf(message, sizeof message, "The inspection of node-525400000001 failed: %s", cases[i].failure);
                assert_told(f, "node.inspection-failed", i + 1, message);
                _cleanup_json_ json_t *inventory = kept_inventory(f);
                assert_string_equal(json_get_string(inventory, "failure"), cases[i].failure);
        }
        assert_int_equal(node_at(f, 1)->cpus, 4);
        /* The next good one ends that. */
        post(f, WHOLE, "");
        assert_int_equal(node_at(f, 1)->inspection.state, INSPECTION_FINISHED);
        assert_null(node_at(f, 1)->inspection.hook);
}

/* Which hooks run, and in which order, is the configuration's to say. */
static void test_configured(void **state) {
        struct fixture *f = *state;
        configure(f, "[inspection]\nhooks = cpus, memory\n");
        post(f, "'cpus': 8, 'memory': 1073741824, 'errors': [], 'disks': [], 'interfaces': []", "'failure': 'nobody listens',");
        const struct node *node = node_at(f, 1);
        assert_int_equal(node->inspection.state, INSPECTION_FINISHED);
        assert_int_equal(node->cpus, 8);
        assert_string_equal(node->properties, "{\"cpus\":8,\"memory_mb\":1024}");
        configure(f, "[inspection]\nhooks = memory, ramdisk-error\n");
        post(f, "'errors': [], 'disks': [], 'interfaces': []", "'failure': 'broken',");
        assert_string_equal(node_at(f, 1)->inspection.hook, "memory");
        configure(f, "[inspection]\nhooks = ramdisk-error, memory\n");
        post(f, "'errors': [], 'disks': [], 'interfaces': []", "'failure': 'broken',");
        assert_string_equal(node_at(f, 1)->inspection.hook, "ramdisk-error");
}

static void set_rule(struct fixture *f, const char *json) {
        _cleanup_json_ json_t *object = quoted(json);
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rules *rules = NULL;
        struct rule_error error;
        if (rule_parse(object, 1, &rule, &error) < 0)
                fail_msg("%s: %s", error.place, error.reason);
        assert_int_equal(rules_with(f->state->rules, rule, &rules), 0);
        rules_free(f->state->rules);
        f->state->rules = rules;
}

/* Rules see what the hooks have made, and what they want to be told is told. */
static void test_rules(void **state) {
        struct fixture *f = *state;
        set_rule(f, "{'name': 'big', 'conditions': [{'op': 'ge', 'args': {'field': '/node/properties/memory_mb', 'value': 4096}}], 'actions': ["
                    "{'op': 'add-trait', 'args': {'name': 'CUSTOM_BIG'}}, {'op': 'log', 'args': {'message': 'much', 'level': 'warning'}}]}");
        post(f, WHOLE, "");
        assert_string_equal(node_at(f, 1)->traits, "[\"CUSTOM_BIG\"]");
        assert_told(f, "rule.log", 1, "node-525400000001: rule big, warning: much");
        set_rule(f, "{'name': 'stop', 'priority': -5, 'conditions': [], 'actions': [{'op': 'fail', 'args': {'message': 'not today'}}]}");
        post(f, WHOLE, "");
        assert_string_equal(node_at(f, 1)->inspection.hook, "rule stop");
        assert_told(f, "node.inspection-failed", 1, "The inspection of node-525400000001 failed: rule stop: not today");
        assert_told(f, "rule.log", 2, NULL);
}

/* What rules do to the plugin data is not done to the inventory that a hook took it from. */
static void test_plugin_data(void **state) {
        struct fixture *f = *state;
        set_rule(f, "{'name': 'p', 'conditions': [], 'actions': [{'op': 'set-plugin-data', 'args': {'path': '/parsed_lldp/eth0/switch_port_id', 'value': 'q'}}]}");
        post(f, IDENTITY "'errors': [], " DISKS ", 'interfaces': [{'name': 'eth0', 'mac': '52:54:00:00:00:01', 'addresses': [], 'boots': true,"
                         " 'lldp': {'switch_port_id': 'p'}}]", "");
        _cleanup_json_ json_t *inventory = kept_inventory(f);
        assert_json(json_object_get(json_get_object(inventory, "pluginData"), "parsed_lldp"), "{'eth0': {'switch_port_id': 'q'}}");
        assert_json(json_object_get(json_array_get(json_get_array(inventory, "interfaces"), 0), "lldp"), "{'switch_port_id': 'p'}");
}

/* A name that another node has cannot come out of a run: that is refused when it is taken over, and nothing has changed. */
static void test_refused(void **state) {
        struct fixture *f = *state;
        post(f, WHOLE, "");
        set_rule(f, "{'name': 'n', 'conditions': [], 'actions': [{'op': 'set-attribute', 'args': {'path': '/name', 'value': 'node-525400000002'}},"
                    "{'op': 'add-trait', 'args': {'name': 'X'}}]}");
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"step\":{\"mac\":\"52:54:00:00:00:02\",\"network\":\"lab\",\"kind\":\"script\",\"profile\":\"inspect\"}}]", NULL), 0);
        assert_non_null(node_at(f, 2));
        post(f, WHOLE, "");
        assert_string_equal(node_at(f, 1)->inspection.hook, "node");
        assert_string_equal(node_at(f, 1)->inspection.error, "node: name \"node-525400000002\": another node is called node-525400000002");
        assert_null(node_at(f, 1)->traits);
        assert_string_equal(node_at(f, 1)->name, "node-525400000001");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = { TEST(test_good), TEST(test_failed), TEST(test_configured), TEST(test_rules), TEST(test_plugin_data), TEST(test_refused) };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
