/* The hooks that look at disks, PCI devices, CPUs and addresses. */
#include "tests/unit/inspection_fixture.h"

#define DISK(name, size, more) "{'name': '/dev/" name "', 'size': " size more "}"
#define SDA DISK("sda", "10737418240", ", 'serial': 'A', 'rotational': true, 'model': 'M1'")
#define SDB DISK("sdb", "5368709120", ", 'serial': 'B', 'rotational': false, 'transport': 'sata'")
#define TINY DISK("sdc", "1073741824", "")
#define STICK DISK("sdd", "4294967296", ", 'transport': 'usb'")
#define ROOT_B "{'name': '/dev/sdb', 'size': 5368709120, 'serial': 'B', 'model': null, 'wwn': null, 'byPath': null}"

static void test_root_device(void **state) {
        struct run_test t = {
                .node = "{'rootDeviceHints': {'size': '<= 8', 'rotational': false}}",
                .inventory = "{'disks': [" SDA ", " SDB "]}",
                .raw = "{'root_disk': {'name': '/dev/sda'}}",
        };
        use_hooks(&t.options, "root-device");
        assert_node(&t, "{'rootDeviceHints': {'size': '<= 8', 'rotational': false}, 'rootDevice': " ROOT_B ", 'properties': {'local_gb': 4}}");
        t.node = "{'rootDeviceHints': {'size': '>= 100', 'model': 'x'}}";
        assert_failed(&t, "root-device", "no disk has size >= 100, model x. /dev/sda: size is 10 GiB; /dev/sdb: size is 5 GiB");
        t.node = "{'rootDeviceHints': {'model': 'm1', 'serial': 'B'}}";
        assert_failed(&t, "root-device", "/dev/sda: serial is A; /dev/sdb: its model is not known");
        t.inventory = "{'disks': []}";
        assert_failed(&t, "root-device", "no disk has model m1, serial B; there are none");
        t.inventory = "{}";
        assert_failed(&t, "root-device", "there are none");
        t.node = "{'rootDeviceHints': {'colour': 'red'}}";
        assert_failed(&t, "root-device", "hint colour: there is no hint of this name");
        run_outcome_clear(&t.outcome);
}

static void test_default_root_device(void **state) {
        struct run_test t = { .node = "{'properties': {'x': 1}, 'rootDeviceHints': {}}", .inventory = "{'disks': [" SDA ", " TINY ", " STICK ", " SDB "]}" };
        use_hooks(&t.options, "root-device");
        assert_node(&t, "{'rootDeviceHints': {}, 'rootDevice': " ROOT_B ", 'properties': {'x': 1, 'local_gb': 4}}");
        /* What the ramdisk has chosen goes before; one that is not there does not count. */
        t.raw = "{'root_disk': {'name': '/dev/sdc'}}";
        run_hooks(&t);
        assert_string_equal(json_get_string(json_get_object(t.outcome.node, "rootDevice"), "name"), "/dev/sdc");
        t.raw = "{'root_disk': {'name': '/dev/sdx'}}";
        run_hooks(&t);
        assert_string_equal(json_get_string(json_get_object(t.outcome.node, "rootDevice"), "name"), "/dev/sdb");
        t.raw = "{'root_disk': [7]}";
        run_hooks(&t);
        assert_string_equal(json_get_string(json_get_object(t.outcome.node, "rootDevice"), "name"), "/dev/sdb");
        /* Of the same size the first by name. */
        t.inventory = "{'disks': [" DISK("b", "5368709120", "") ", " DISK("a", "5368709120", "") "]}";
        run_hooks(&t);
        assert_string_equal(json_get_string(json_get_object(t.outcome.node, "rootDevice"), "name"), "/dev/a");
        /* A machine without disks is a machine. */
        t.node = "{'rootDevice': {'name': 'old'}}";
        t.inventory = "{'disks': [" TINY ", {'size': 99999999999}, 7]}";
        assert_node(&t, "{'rootDevice': null, 'properties': {'local_gb': 0}}");
        run_outcome_clear(&t.outcome);
}

static void test_raid_device(void **state) {
        struct run_test t = {
                .node = "{}",
                .inventory = "{'disks': [" SDA ", " SDB "]}",
                .previous = "{'disks': [" SDA "]}",
        };
        use_hooks(&t.options, "raid-device, root-device");
        run_hooks(&t);
        assert_json(json_object_get(t.outcome.node, "rootDeviceHints"), "{'serial': 's== B'}");
        assert_json(json_object_get(t.outcome.node, "rootDevice"), ROOT_B);
        assert_json(t.outcome.plugin_data, "{'raid_device': 'B'}");
        /* In the order in which pxed.conf(5) adds it, too: what was chosen before it is chosen again. */
        use_hooks(&t.options, "root-device, raid-device");
        t.raw = "{'root_disk': {'name': '/dev/sda'}}";
        run_hooks(&t);
        assert_json(json_object_get(t.outcome.node, "rootDevice"), ROOT_B);
        assert_json(json_object_get(t.outcome.node, "properties"), "{'local_gb': 4}");
        t.raw = NULL;
        use_hooks(&t.options, "raid-device");
        run_hooks(&t);
        assert_null(json_object_get(t.outcome.node, "rootDevice"));
        /* Hints that are there stay; without an inventory before, and with more than one new disk or none, nobody knows. */
        t.node = "{'rootDeviceHints': {'size': 5}}";
        assert_node(&t, "{'rootDeviceHints': {'size': 5}}");
        t.node = "{}";
        t.previous = NULL;
        assert_node(&t, "{}");
        t.previous = "{'disks': []}";
        assert_node(&t, "{}");
        t.previous = t.inventory;
        assert_node(&t, "{}");
        t.previous = "{'disks': [" SDA ", " SDB "]}";
        t.inventory = "{'disks': [" TINY ", {'name': '/dev/x', 'serial': ''}]}";
        assert_node(&t, "{}");
        run_outcome_clear(&t.outcome);
}

static void test_cpu_capabilities(void **state) {
        struct run_test t = {
                .node = "{'capabilities': {'cpu_aes': 'true', 'own': 'x'}}",
                .inventory = "{'cpuFlags': ['fpu', 'svm', 'pse', 7, 'pdpe1gb', 'smx']}",
        };
        use_hooks(&t.options, "cpu-capabilities");
        assert_node(&t, "{'capabilities': {'own': 'x', 'cpu_vt': 'true', 'cpu_hugepages': 'true', 'cpu_hugepages_1g': 'true', 'cpu_txt': 'true'}}");
        t.inventory = "{'cpuFlags': ['vmx', 'aes']}";
        assert_node(&t, "{'capabilities': {'own': 'x', 'cpu_vt': 'true', 'cpu_aes': 'true'}}");
        /* A ramdisk that does not tell them says nothing. */
        t.inventory = "{'cpuFlags': null}";
        assert_node(&t, "{'capabilities': {'cpu_aes': 'true', 'own': 'x'}}");
        run_outcome_clear(&t.outcome);
}

#define GPU "{'vendor_id': '10de', 'product_id': '1eb8', 'class': '030200', 'revision': 'a1', 'bus': '0000:3b:00.0'}"
#define NIC "{'vendor_id': '0x8086', 'product_id': '10FB', 'class': '20000', 'bus': '0000:04:00.0'}"

static void test_pci_devices(void **state) {
        struct pci_kind kinds[] = {
                { .name = (char *) "gpu", .vendor = 0x10de, .product = 0x1eb8, .revision = -1 },
                { .name = (char *) "nic", .vendor = -1, .product = -1, .revision = -1, .class = "0200" },
                { .name = (char *) "gone", .vendor = 0x1234, .product = -1, .revision = -1 },
                { .name = (char *) "new", .vendor = 0x10de, .product = -1, .revision = 0xa1 },
                { .name = (char *) "old", .vendor = 0x10de, .product = -1, .revision = 0xa0 },
        };
        struct run_test t = {
                .node = "{'capabilities': {'gone': '3'}}",
                .raw = "{'pci_devices': [" GPU ", " GPU ", " NIC ", {'vendor_id': 7}, {'vendor_id': '-1'}, 'x', {'vendor_id': '110de', 'product_id': '1eb8'}]}",
                .options = { .aliases = kinds, .n_aliases = ELEMENTS(kinds) },
        };
        use_hooks(&t.options, "pci-devices");
        assert_node(&t, "{'capabilities': {'gpu': '2', 'nic': '1', 'new': '2'}}");
        assert_json(t.outcome.plugin_data, "{'pci_devices': {'gpu': 2, 'nic': 1, 'new': 2}}");
        t.raw = "{}";
        assert_node(&t, "{'capabilities': {'gone': '3'}}");
        run_outcome_clear(&t.outcome);
}

static void test_accelerators(void **state) {
        struct pci_kind kinds[] = { { .name = (char *) "T4", .type = (char *) "GPU", .vendor = 0x10de, .product = 0x1eb8, .revision = -1 } };
        struct run_test t = {
                .raw = "{'pci_devices': [" NIC ", " GPU ", {'vendor_id': '10de', 'product_id': '1eb8'}]}",
                .options = { .accelerators = kinds, .n_accelerators = 1 },
        };
        use_hooks(&t.options, "accelerators");
#define T4(address) "{'name': 'T4', 'type': 'GPU', 'vendorId': '10de', 'productId': '1eb8', 'pciAddress': '" address "'}"
        assert_node(&t, "{'ports': [], 'accelerators': [" T4("0000:3b:00.0") ", " T4("") "]}");
        assert_json(t.outcome.plugin_data, "{'accelerators': {'GPU': 2}}");
        t.node = "{'accelerators': [" T4("x") "]}";
        t.raw = "{'pci_devices': [" NIC "]}";
        assert_node(&t, "{'accelerators': null}");
        t.raw = "{'pci_devices': null}";
        assert_node(&t, "{'accelerators': [" T4("x") "]}");
        run_outcome_clear(&t.outcome);
}

static void test_physical_network(void **state) {
        struct physical_network maps[3] = { { .name = (char *) "wide" }, { .name = (char *) "narrow" }, { .name = (char *) "six" } };
        char reason[PHYSICAL_REASON_SIZE];
        assert_int_equal(physical_set_subnets(&maps[0], "192.0.2.0/24", reason), 0);
        assert_int_equal(physical_set_subnets(&maps[1], "192.0.2.0/28 198.51.100.0/24", reason), 0);
        assert_int_equal(physical_set_subnets(&maps[2], "2001:db8::/32", reason), 0);
        struct run_test t = {
                .node = "{'ports': [{'mac': '52:54:00:00:00:01'}, {'mac': '52:54:00:00:00:02', 'addresses': ['192.0.2.9']}]}",
                .inventory = "{'interfaces': [{'name': 'eth1', 'mac': '52:54:00:00:00:01', 'addresses': ['2001:db8::1', '192.0.2.1', 'x', 7]},"
                             "{'name': 'eth2', 'mac': '52:54:00:00:00:02', 'addresses': []}, {'name': 'eth3', 'mac': '52:54:00:00:00:03', 'addresses': ['192.0.2.3']}]}",
                .options = { .physical = maps, .n_physical = 3 },
        };
        use_hooks(&t.options, "physical-network");
        /* The first by the configuration's order, not the longest prefix; IPv4 before IPv6. */
        assert_node(&t, "{'ports': [{'mac': '52:54:00:00:00:01', 'addresses': ['2001:db8::1', '192.0.2.1', 'x', 7]}, {'mac': '52:54:00:00:00:02', 'addresses': null}]}");
        assert_json(t.outcome.plugin_data, "{'physical_network': {'eth1': 'wide'}}");
        t.inventory = "{'interfaces': [{'name': 'eth1', 'mac': '52:54:00:00:00:01', 'addresses': ['2001:db8::1', '203.0.113.1']}]}";
        run_hooks(&t);
        assert_json(t.outcome.plugin_data, "{'physical_network': {'eth1': 'six'}}");
        run_outcome_clear(&t.outcome);
        for (size_t i = 0; i < ELEMENTS(maps); i++) {
                maps[i].name = NULL;
                physical_clear(&maps[i]);
        }
}

/* Documents of any content: nothing crashes, a run that fails gives nothing, and what went in stays as it was (run_hooks sees to that). */
static void random_json(FILE *file, unsigned *seed, unsigned depth) {
        static const char *const names[] = { "interfaces", "disks", "name", "mac", "size", "serial", "addresses", "boots", "ports", "pci_devices", "vendor_id",
                                             "cpuFlags", "memory", "architecture", "rootDeviceHints", "capabilities", "properties", "root_disk", "lldp", "bus" };
        static const char *const values[] = { "null", "true", "-1", "7", "4294967296", "'x'", "'eth0'", "'52:54:00:00:00:01'", "'192.0.2.1'", "'10de'", "'aes'", "'<or> a'", "1.5", "''" };
        unsigned kind = (unsigned) rand_r(seed) % 4;
        if (depth == 0 || kind == 3) {
                fputs(values[(unsigned) rand_r(seed) % ELEMENTS(values)], file);
                return;
        }
        bool list = kind == 0;
        fputs(list ? "[" : "{", file);
        unsigned first = (unsigned) rand_r(seed) % ELEMENTS(names), count = (unsigned) rand_r(seed) % 5;
        for (unsigned i = 0; i < count; i++) {
                fputs(i ? "," : "", file);
                if (!list)
                        fprintf(file, "'%s':", names[(first + i) % ELEMENTS(names)]);
                random_json(file, seed, depth - 1);
        }
        fputs(list ? "]" : "}", file);
}

static char *random_object(unsigned *seed, const char *before) {
        char *text;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        static const char *const members[] = { "interfaces", "disks", "cpuFlags", "pci_devices", "ports", "rootDeviceHints", "capabilities", "properties" };
        fprintf(file, "{%s", before);
        for (size_t i = 0; i < ELEMENTS(members); i++) {
                fprintf(file, ",'%s':", members[i]);
                random_json(file, seed, 4);
        }
        fputs("}", file);
        fclose(file);
        return text;
}

static void test_random(void **state) {
        struct pci_kind kinds[] = { { .name = (char *) "T4", .type = (char *) "GPU", .vendor = 0x10de, .product = -1, .revision = -1 } };
        unsigned seed = 7, good = 0;
        for (int i = 0; i < 3000; i++) {
                struct run_test t = { .options = { .aliases = kinds, .n_aliases = 1, .accelerators = kinds, .n_accelerators = 1 } };
                use_hooks(&t.options, i % 2 ? "default, raid-device" : "parse-lldp, raid-device, cpu-capabilities, pci-devices, accelerators, physical-network, "
                                                                        "local-link-connection, root-device, boot-mode");
                t.options.add_ports = (enum add_ports) (i % 3);
                t.options.keep_ports = (enum keep_ports) (i / 3 % 3);
                _cleanup_free_ char *node = random_object(&seed, "'x':1"), *inventory = random_object(&seed, "'memory':1,'architecture':'a'");
                _cleanup_free_ char *raw = random_object(&seed, "'y':1"), *previous = random_object(&seed, "'z':1");
                t.node = node;
                t.inventory = inventory;
                t.raw = raw;
                t.previous = previous;
                run_hooks(&t);
                good += t.outcome.node != NULL;
                run_outcome_clear(&t.outcome);
        }
        assert_true(good > 100 && good < 2900);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_root_device),      cmocka_unit_test(test_default_root_device), cmocka_unit_test(test_raid_device),
                cmocka_unit_test(test_cpu_capabilities), cmocka_unit_test(test_pci_devices),         cmocka_unit_test(test_accelerators),
                cmocka_unit_test(test_physical_network), cmocka_unit_test(test_random),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
