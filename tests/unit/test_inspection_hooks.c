/* Hooks, each by itself: what it makes of documents, and of such as are not as they should be. */
#include "tests/unit/inspection_fixture.h"

#define ETH(n, more) "{'name': 'eth" #n "', 'mac': '52:54:00:00:00:0" #n "', 'addresses': []" more "}"
#define PORT(n, more) "{'mac': '52:54:00:00:00:0" #n "', 'boots': false" more "}"

static void test_ramdisk_error(void **state) {
        struct run_test t = { .failure = "no disk" };
        use_hooks(&t.options, "ramdisk-error");
        assert_failed(&t, "ramdisk-error", "no disk");
        t.failure = NULL;
        assert_node(&t, "{'ports': []}");
        run_outcome_clear(&t.outcome);
}

static void test_machine(void **state) {
        struct run_test t = {
                .node = "{'serial': 'old', 'product': 'P', 'capabilities': {'a': 'b'}}",
                .inventory = "{'serial': 'S', 'product': null, 'uuid': 'U', 'manufacturer': 7, 'architecture': 'x86_64', 'memory': 3221225472,"
                             " 'cpus': 8, 'bootMode': 'uefi'}",
        };
        use_hooks(&t.options, "system, architecture, memory, cpus, boot-mode");
        assert_node(&t, "{'serial': 'S', 'product': 'P', 'uuid': 'U', 'architecture': 'x86_64', 'memory': 3221225472, 'cpus': 8,"
                        " 'bootMode': 'uefi', 'capabilities': {'a': 'b', 'boot_mode': 'uefi'},"
                        " 'properties': {'cpu_arch': 'x86_64', 'memory_mb': 3072, 'cpus': 8}}");
        t.inventory = "{'memory': 1}";
        assert_failed(&t, "architecture", "did not tell the architecture");
        t.inventory = "{'architecture': 'x86_64', 'memory': 'much'}";
        assert_failed(&t, "memory", "how much memory");
        /* Neither the number of CPUs nor the boot mode has to be known. */
        t.inventory = "{'architecture': 'x86_64', 'memory': 1, 'cpus': null}";
        assert_node(&t, "{'serial': 'old', 'product': 'P', 'architecture': 'x86_64', 'memory': 1, 'capabilities': {'a': 'b'},"
                        " 'properties': {'cpu_arch': 'x86_64', 'memory_mb': 0}}");
        run_outcome_clear(&t.outcome);
}

static void test_validate_interfaces(void **state) {
        struct run_test t = {
                .inventory = "{'interfaces': [{'name': 'lo', 'mac': '52:54:00:00:00:09'}, {'name': '', 'mac': '52:54:00:00:00:09'},"
                             "{'name': 'x', 'mac': 'ff:ff:ff:ff:ff:ff'}, {'mac': '52:54:00:00:00:09'}, 7, {'name': 'y'}, " ETH(1, "") ","
                             "{'name': 'eth2', 'mac': '52-54-00-00-00-02', 'addresses': ['192.0.2.1']}, " ETH(3, ", 'boots': true") "]}",
        };
        use_hooks(&t.options, "validate-interfaces");
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'macs': ['52:54:00:00:00:01', '52:54:00:00:00:02', '52:54:00:00:00:03']}");
        t.options.add_ports = ADD_PORTS_ACTIVE;
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'macs': ['52:54:00:00:00:02']}");
        t.options.add_ports = ADD_PORTS_PXE;
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'macs': ['52:54:00:00:00:03']}");
        /* Where nobody knows which one it booted by, those with an address. */
        t.inventory = "{'interfaces': [" ETH(1, "") ", {'name': 'eth2', 'mac': '52:54:00:00:00:02', 'addresses': ['192.0.2.1']}]}";
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'macs': ['52:54:00:00:00:02']}");
        t.inventory = "{'interfaces': [" ETH(1, "") "]}";
        assert_failed(&t, "validate-interfaces", "add-ports = pxe leaves none of the 1 interfaces");
        /* A card of which many have the MAC is one, but no port. */
        struct junk junk = { .macs = { { { 0x52, 0x54, 0, 0, 0, 1 }, 6 } }, .n_macs = 1 };
        t.options.junk = &junk;
        t.options.add_ports = ADD_PORTS_ALL;
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'macs': []}");
        t.inventory = "{'interfaces': [{'name': 'lo', 'mac': '52:54:00:00:00:09'}]}";
        assert_failed(&t, "validate-interfaces", "none of the 1 interfaces has a name and a usable MAC");
        t.inventory = "{'interfaces': {}}";
        assert_failed(&t, "validate-interfaces", "none of the 0 interfaces");
        run_outcome_clear(&t.outcome);
}

static void test_ports(void **state) {
        struct run_test t = {
                .node = "{'ports': [{'mac': '52:54:00:00:00:07', 'boots': true, 'attachment': 'a'}, " PORT(1, ", 'boots': true, 'portGroup': 'g'") ", " PORT(2, "") "]}",
                .inventory = "{'interfaces': [" ETH(1, "") ", " ETH(2, ", 'boots': true") ", {'name': 'eth3', 'mac': '52:54:00:00:00:03',"
                             " 'addresses': ['192.0.2.1']}]}",
        };
        use_hooks(&t.options, "validate-interfaces, ports");
        assert_node(&t, "{'ports': [" PORT(7, ", 'attachment': 'a'") ", " PORT(1, ", 'portGroup': 'g', 'interface': 'eth1'") ","
                        "{'mac': '52:54:00:00:00:02', 'boots': true, 'interface': 'eth2'}, " PORT(3, ", 'interface': 'eth3'") "]}");
        t.options.keep_ports = KEEP_PORTS_PRESENT;
        run_hooks(&t);
        assert_int_equal(json_array_size(json_get_array(t.outcome.node, "ports")), 3);
        t.options.keep_ports = KEEP_PORTS_ADDED;
        t.options.add_ports = ADD_PORTS_ACTIVE;
        assert_node(&t, "{'ports': [" PORT(3, ", 'interface': 'eth3'") "]}");
        use_hooks(&t.options, "ports");
        assert_failed(&t, "ports", "needs validate-interfaces");
        run_outcome_clear(&t.outcome);
}

/* Virtual functions are interfaces too: they must not take the place of the one that the machine boots by. */
static void test_more_interfaces_than_ports(void **state) {
        struct run_test t = { 0 };
        char inventory[16384] = "{'interfaces': [", *at = inventory + strlen(inventory);
        for (unsigned i = 0; i < 70; i++)
                at += sprintf(at, "%s{'name': 'n%u', 'mac': '52:54:00:00:00:%02x', 'boots': %s}", i ? ", " : "", i, i, i == 69 ? "true" : "false");
        strcpy(at, "]}");
        t.inventory = inventory;
        use_hooks(&t.options, "validate-interfaces, ports");
        run_hooks(&t);
        const json_t *ports = json_get_array(t.outcome.node, "ports");
        assert_int_equal(json_array_size(ports), 64);
        for (size_t i = 0; i < 64; i++)
                assert_int_equal(json_get_bool(json_array_get(ports, i), "boots", false), i == 63);
        assert_string_equal(json_get_string(json_array_get(ports, 62), "interface"), "n62");
        assert_string_equal(json_get_string(json_array_get(ports, 63), "interface"), "n69");
        run_outcome_clear(&t.outcome);
}

static void test_local_link_connection(void **state) {
        struct run_test t = {
                .node = "{'ports': [" PORT(1, ", 'switchChassis': 'c', 'switchPort': 'p', 'switchVlan': 5") ", " PORT(2, ", 'switchName': 'old', 'switchVlan': 5") "]}",
                .inventory = "{'interfaces': [" ETH(1, "") ", " ETH(2, ", 'switchPort': 'q', 'switchVlans': [3, 4]") ", " ETH(3, ", 'switchPort': 'r'") "]}",
        };
        use_hooks(&t.options, "local-link-connection");
        /* Nothing heard changes nothing; what was heard takes the place of all that was known. */
        assert_node(&t, "{'ports': [" PORT(1, ", 'switchChassis': 'c', 'switchPort': 'p', 'switchVlan': 5") ", "
                        PORT(2, ", 'switchChassis': null, 'switchPort': 'q', 'switchName': null, 'switchVlan': null, 'switchVlans': [3, 4]") "]}");
        run_outcome_clear(&t.outcome);
}

static void test_parse_lldp(void **state) {
        struct run_test t = { .inventory = "{'interfaces': [" ETH(1, ", 'lldp': {'switch_port_id': 'p1'}") ", " ETH(2, ", 'lldp': {}") ", " ETH(3, ", 'lldp': null") "]}" };
        use_hooks(&t.options, "parse-lldp");
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'parsed_lldp': {'eth1': {'switch_port_id': 'p1'}}}");
        t.inventory = "{}";
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{}");
        run_outcome_clear(&t.outcome);
}

static void test_names(void **state) {
        struct inspection_options options;
        char reason[OPTIONS_REASON_SIZE];

        inspection_options_init(&options);
        assert_true(options.n_hooks > 5);
        assert_string_equal(options.hooks[0]->name, "ramdisk-error");
        size_t standard = options.n_hooks;
        use_hooks(&options, "memory,cpus");
        assert_int_equal(options.n_hooks, 2);
        assert_string_equal(options.hooks[0]->name, "memory");
        use_hooks(&options, "default");
        assert_int_equal(options.n_hooks, standard);
        assert_int_equal(inspection_set_hooks(&options, "default, memory", reason), -22);
        assert_string_equal(reason, "hook memory is named twice");
        assert_int_equal(inspection_set_hooks(&options, "memory, extra-hardware", reason), -22);
        assert_non_null(strstr(reason, "there is no hook \"extra-hardware\": default, ramdisk-error, validate-interfaces"));
        assert_int_equal(inspection_set_hooks(&options, " ", reason), -22);
        inspection_options_clear(&options);
}

/* What a hook did before another failed is gone, and the order is as it was asked for. */
static void test_order(void **state) {
        struct run_test t = { .node = "{'ports': []}", .inventory = "{'architecture': 'x86_64'}" };
        use_hooks(&t.options, "architecture, memory");
        assert_failed(&t, "memory", "how much memory");
        t.failure = "broken";
        use_hooks(&t.options, "memory, ramdisk-error");
        assert_failed(&t, "memory", "");
        use_hooks(&t.options, "ramdisk-error, memory");
        assert_failed(&t, "ramdisk-error", "broken");
        use_hooks(&t.options, "architecture");
        assert_node(&t, "{'ports': [], 'architecture': 'x86_64', 'properties': {'cpu_arch': 'x86_64'}}");
        run_outcome_clear(&t.outcome);
}

/* A reason that is too long ends with a whole character. */
static void test_long_reason(void **state) {
        char failure[4 * HOOK_REASON_SIZE] = "x";
        for (size_t i = 1; i + 2 < sizeof failure; i += 2)
                memcpy(failure + i, "\xc3\xa4", 3);
        struct run_test t = { .failure = failure };
        use_hooks(&t.options, "ramdisk-error");
        run_hooks(&t);
        _cleanup_json_ json_t *text = json_string(t.outcome.reason);
        assert_non_null(text);
        assert_int_equal(strlen(t.outcome.reason), HOOK_REASON_SIZE - 1);
        run_outcome_clear(&t.outcome);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ramdisk_error), cmocka_unit_test(test_machine), cmocka_unit_test(test_validate_interfaces),
                cmocka_unit_test(test_ports),         cmocka_unit_test(test_more_interfaces_than_ports), cmocka_unit_test(test_local_link_connection),
                cmocka_unit_test(test_parse_lldp),    cmocka_unit_test(test_names),
                cmocka_unit_test(test_order),         cmocka_unit_test(test_long_reason),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
