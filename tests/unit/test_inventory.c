/* lib/inventory and its readers: payloads of real ramdisks, of pxed-agent, and of nobody in his right mind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/file.h"
#include "lib/idl.h"
#include "lib/inventory.h"
#include "lib/lldp.h"

static const struct mac boot_mac = { { 0x52, 0x54, 0x00, 0xaa, 0xbb, 0x01 } };

/* What org.pxed.Inventory.Get would answer with it. */
static void assert_meets_contract(const json_t *normalized) {
        const struct idl *idl = idl_find("org.pxed.Inventory");
        _cleanup_json_ json_t *inventory = json_copy((json_t *) normalized), *reply = json_pack("{s:O}", "inventory", inventory);
        char path[128] = "";

        json_object_set_new(inventory, "node", json_string("6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11"));
        json_object_set_new(inventory, "number", json_integer(1));
        json_object_set_new(inventory, "received", json_integer(1));
        int r = idl_check(idl, idl_method(idl, "Get")->out, reply, path, sizeof(path));
        assert_string_equal(path, "");
        assert_int_equal(r, 0);
}

static struct inventory_result normalize(const char *text) {
        _cleanup_json_ json_t *raw = json_parse(text, strlen(text), 25, NULL);
        struct inventory_result result = { 0 };
        char reason[INVENTORY_REASON_SIZE] = "";

        assert_non_null(raw);
        assert_int_equal(inventory_normalize(raw, &boot_mac, &result, reason), 0);
        assert_meets_contract(result.normalized);
        return result;
}

static struct inventory_result normalize_file(const char *version) {
        _cleanup_free_ char *text = NULL;
        char path[64];

        snprintf(path, sizeof(path), "tests/data/ipa/ipa-%s.json", version);
        assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
        return normalize(text);
}

static const json_t *interface_at(const struct inventory_result *result, size_t i) {
        return json_array_get(json_object_get(result->normalized, "interfaces"), i);
}

static const char *string_at(const struct inventory_result *result, const char *list, size_t i, const char *key) {
        return json_get_string(json_array_get(json_object_get(result->normalized, list), i), key) ?: "null";
}

/* Every version of ironic-python-agent was run on the same machine. */
static void test_ironic_python_agents(void **state) {
        static const char *const versions[] = { "2023.1", "zed", "2025.1" };

        for (size_t i = 0; i < ELEMENTS(versions); i++) {
                _cleanup_inventory_ struct inventory_result result = normalize_file(versions[i]);
                char summary[128];
                assert_string_equal(inventory_summary(result.normalized, summary, sizeof(summary)),
                                    "2 CPUs, 24576 MiB, 1 disk, 2 interfaces, bios");
                assert_string_equal(json_get_string(result.normalized, "architecture"), "x86_64");
                assert_string_equal(json_get_string(result.normalized, "cpuModel"), "Intel(R) Xeon(R) Processor");
                assert_true(json_is_null(json_object_get(result.normalized, "manufacturer")));
                assert_true(json_is_null(json_object_get(result.normalized, "bmcAddress")));
                assert_string_equal(string_at(&result, "disks", 0, "name"), "/dev/vda");
                assert_int_equal(json_get_int(json_array_get(json_object_get(result.normalized, "disks"), 0), "size", 0), 274877906944);
                assert_string_equal(string_at(&result, "interfaces", 1, "mac"), "52:54:00:aa:bb:01");
                assert_true(json_is_true(json_object_get(interface_at(&result, 1), "boots")));
                assert_true(json_is_false(json_object_get(interface_at(&result, 0), "boots")));
                const json_t *addresses = json_object_get(interface_at(&result, 1), "addresses");
                assert_string_equal(json_string_value(json_array_get(addresses, 0)), "10.9.9.5");
                assert_string_equal(json_string_value(json_array_get(addresses, 1)), "fe80::5054:ff:feaa:bb01");
        }
}

static void test_what_only_newer_agents_tell(void **state) {
        _cleanup_inventory_ struct inventory_result new = normalize_file("2025.1"), old = normalize_file("2023.1");

        assert_string_equal(string_at(&new, "interfaces", 0, "switchChassis"), "00:11:22:33:44:55");
        assert_string_equal(string_at(&new, "interfaces", 0, "switchPort"), "Eth1/2");
        assert_string_equal(string_at(&new, "interfaces", 0, "switchName"), "sw-test");
        assert_int_equal(json_get_int(interface_at(&new, 0), "switchVlan", 0), 77);
        assert_int_equal(json_get_int(new.normalized, "cpuSockets", 0), 1);
        assert_int_equal(json_get_int(new.normalized, "numaNodes", 0), 1);
        assert_int_equal(json_get_int(new.normalized, "pciDevices", 0), 6);
        assert_string_equal(string_at(&old, "interfaces", 0, "switchChassis"), "null");
        assert_true(json_is_null(json_object_get(old.normalized, "cpuSockets")));
        assert_true(json_is_null(json_object_get(old.normalized, "pciDevices")));
        assert_int_equal(json_array_size(json_object_get(new.normalized, "errors")), 0);
        assert_null(new.failure);
}

/* dmidecode failed on that machine: the ramdisk says so, and the rest of its inventory is good. */
static void test_ramdisk_error(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize_file("zed");
        const json_t *errors = json_object_get(result.normalized, "errors");

        assert_non_null(strstr(json_string_value(result.failure), "The following errors were encountered: * failed to run dmidecode"));
        assert_int_equal(json_array_size(errors), 1);
        assert_true(strncmp(json_string_value(json_array_get(errors, 0)), "failed to run dmidecode", 23) == 0);
}

static void test_error_without_inventory(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize("{\"error\": \"no network\"}");

        assert_string_equal(json_string_value(result.failure), "no network");
        assert_int_equal(json_array_size(json_object_get(result.normalized, "interfaces")), 0);
}

static void test_errors_of_other_types(void **state) {
        static const struct {
                const char *error, *failure;
        } cases[] = {
                { "null", NULL },
                { "\"\"", NULL },
                { "\"  \"", NULL },
                { "false", NULL },
                { "true", "the ramdisk says that it failed, and not in words" },
                { "{\"a\": 1}", "the ramdisk says that it failed, and not in words" },
                { "5", "5" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char text[256];
                snprintf(text, sizeof(text), "{\"error\": %s, \"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:aa:bb:01\"}]}}",
                         cases[i].error);
                _cleanup_inventory_ struct inventory_result result = normalize(text);
                assert_string_equal(json_string_value(result.failure) ?: "none", cases[i].failure ?: "none");
        }
}

/* As introspect/agent/inventory.c makes it. */
static void test_pxed_agent(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize(
                "{\"inventory\": {\"interfaces\": [{\"name\": \"eth0\", \"mac_address\": \"52:54:00:aa:bb:01\", \"driver\": \"virtio_net\","
                " \"speed_mbps\": 10000, \"pci_address\": \"0000:00:03.0\", \"has_carrier\": true, \"ipv4_address\": \"192.0.2.100\"}],"
                " \"cpu\": {\"count\": 3, \"architecture\": \"x86_64\"}, \"memory\": {\"total\": 1000000, \"physical_mb\": 512},"
                " \"disks\": [{\"name\": \"/dev/sda\", \"size\": 5368709120, \"serial\": \"S1\", \"tran\": \"sata\", \"rotational\": false}],"
                " \"boot\": {\"current_boot_mode\": \"uefi\", \"pxe_interface\": null}, \"bmc_address\": \"198.51.100.7\","
                " \"system_vendor\": {\"product_name\": \"P\", \"serial_number\": \"N1\", \"manufacturer\": \"M\","
                "  \"firmware\": {\"vendor\": \"EDK II\", \"version\": \"1\", \"build_date\": \"2023\"}}},"
                " \"boot_interface\": \"01-52-54-00-aa-bb-01\","
                " \"dmi\": {\"system\": {\"uuid\": \"01234567-89AB-cdef-0123-456789abcdef\"}}, \"usb_devices\": [],"
                " \"pxed_agent\": {\"collector_errors\": [{\"collector\": \"bmc\", \"message\": \"Timed out\"}, 7, {}]}}");

        assert_string_equal(json_get_string(result.normalized, "uuid"), "01234567-89ab-cdef-0123-456789abcdef");
        assert_int_equal(json_get_int(result.normalized, "memory", 0), 512ll << 20);
        assert_string_equal(json_get_string(result.normalized, "bootMode"), "uefi");
        assert_string_equal(json_get_string(result.normalized, "bmcAddress"), "198.51.100.7");
        assert_string_equal(json_get_string(result.normalized, "firmwareVendor"), "EDK II");
        assert_string_equal(string_at(&result, "disks", 0, "transport"), "sata");
        assert_int_equal(json_get_int(result.normalized, "usbDevices", -1), 0);
        assert_int_equal(json_get_int(interface_at(&result, 0), "speedMbps", 0), 10000);
        const json_t *errors = json_object_get(result.normalized, "errors");
        assert_int_equal(json_array_size(errors), 1);
        assert_string_equal(json_string_value(json_array_get(errors, 0)), "bmc: Timed out");
}

static void test_junk_uuid_is_none(void **state) {
        _cleanup_inventory_ struct inventory_result result =
                normalize("{\"error\": \"x\", \"dmi\": {\"system\": {\"uuid\": \"ffffffff-ffff-ffff-ffff-ffffffffffff\"}}}");

        assert_true(json_is_null(json_object_get(result.normalized, "uuid")));
}

static void test_interfaces_that_are_none(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize(
                "{\"inventory\": {\"interfaces\": [{\"name\": \"lo\", \"mac_address\": \"52:54:00:00:00:09\"}, {\"mac_address\": \"52:54:00:00:00:01\"},"
                " {\"name\": \"\", \"mac_address\": \"52:54:00:00:00:02\"}, {\"name\": \"a\", \"mac_address\": \"nonsense\"}, {\"name\": \"b\"}, 7, null, [],"
                " {\"name\": \"loop\", \"mac_address\": \"52:54:00:00:00:03\", \"ipv4_address\": \"127.0.0.2\"},"
                " {\"name\": \"six\", \"mac_address\": \"52:54:00:00:00:05\", \"ipv4_address\": null, \"ipv6_address\": \"::1\"},"
                " {\"name\": \"m\", \"mac_address\": \"01:00:5e:00:00:01\"}, {\"name\": \"good\", \"mac_address\": \"52:54:00:00:00:04\"}]}}");

        assert_int_equal(json_array_size(json_object_get(result.normalized, "interfaces")), 1);
        assert_string_equal(string_at(&result, "interfaces", 0, "name"), "good");
        const json_t *errors = json_object_get(result.normalized, "errors");
        assert_string_equal(json_string_value(json_array_get(errors, 0)),
                            "validate-interfaces: without a name or a usable MAC: one without a name, one without a name, a, b, one without a name,"
                            " one without a name, one without a name, m");
        /* the boot script's MAC is not there: said, not guessed */
        assert_true(json_is_false(json_object_get(interface_at(&result, 0), "boots")));
}

static void test_shared_mac_is_one_port(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize(
                "{\"inventory\": {\"interfaces\": [{\"name\": \"eth0.5\", \"mac_address\": \"52:54:00:aa:bb:01\"},"
                " {\"name\": \"eth0\", \"mac_address\": \"52:54:00:AA:BB:01\", \"pci_address\": \"0000:00:03.0\"},"
                " {\"name\": \"bond0\", \"mac_address\": \"52:54:00:aa:bb:01\"}]}}");

        assert_int_equal(json_array_size(json_object_get(result.normalized, "interfaces")), 1);
        assert_string_equal(string_at(&result, "interfaces", 0, "name"), "eth0");
        assert_true(json_is_true(json_object_get(interface_at(&result, 0), "boots")));
}

/* Older agents do not tell where on the bus a card is: a VLAN is known by its name. What was heard on either is the port's. */
static void test_vlan_on_a_card_of_older_agents(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize(
                "{\"inventory\": {\"interfaces\": [{\"name\": \"nic0.100\", \"mac_address\": \"52:54:00:aa:bb:01\", \"ipv4_address\": \"10.9.9.5\"},"
                " {\"name\": \"nic0\", \"mac_address\": \"52:54:00:aa:bb:01\", \"ipv4_address\": null, \"ipv6_address\": \"fe80::1%nic0\"},"
                " {\"name\": \"nic0.200\", \"mac_address\": \"52:54:00:aa:bb:01\", \"ipv4_address\": \"10.9.9.5\","
                "  \"lldp\": [[5, \"746f72\"]]}]}}");
        _cleanup_json_ json_t *addresses = json_pack("[s, s]", "fe80::1", "10.9.9.5");

        assert_int_equal(json_array_size(json_object_get(result.normalized, "interfaces")), 1);
        assert_string_equal(string_at(&result, "interfaces", 0, "name"), "nic0");
        assert_true(json_equal(json_object_get(interface_at(&result, 0), "addresses"), addresses));
        assert_string_equal(string_at(&result, "interfaces", 0, "switchName"), "tor");
}

static void test_infiniband(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize(
                "{\"inventory\": {\"interfaces\": [{\"name\": \"ib0\", \"client_id\": null,"
                " \"mac_address\": \"80:00:02:08:fe:80:00:00:00:00:00:00:7c:fe:90:03:00:29:26:52\"},"
                " {\"name\": \"ib1\", \"mac_address\": \"7c:fe:90:29:26:53\", \"client_id\": \"ff:00:00:00:00:00:02:00:00:02:c9:00:7c:fe:90:03:00:29:26:53\","
                "  \"vendor\": \"0x15b3\", \"product\": \"0x1013\", \"biosdevname\": \"p1p1\"}], \"boot\": {\"pxe_interface\": \"20-7c-fe-90-29-26-52\"}}}");

        assert_string_equal(string_at(&result, "interfaces", 0, "mac"), "7c:fe:90:29:26:52");
        assert_string_equal(string_at(&result, "interfaces", 0, "clientId"), "ff:00:00:00:00:00:02:00:00:02:c9:00:7c:fe:90:03:00:29:26:52");
        assert_true(json_is_true(json_object_get(interface_at(&result, 0), "boots")));
        assert_string_equal(string_at(&result, "interfaces", 1, "clientId"), "ff:00:00:00:00:00:02:00:00:02:c9:00:7c:fe:90:03:00:29:26:53");
        assert_string_equal(string_at(&result, "interfaces", 1, "vendor"), "0x15b3");
        assert_string_equal(string_at(&result, "interfaces", 1, "product"), "0x1013");
        assert_string_equal(string_at(&result, "interfaces", 1, "biosdevname"), "p1p1");
}

/* What hooks and rules look at besides. */
static void test_disks_flags_and_bmc(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize(
                "{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:aa:bb:01\"}],"
                " \"disks\": [{\"name\": \"/dev/sda\", \"wwn\": \"0x5000c500a1b2c3d4\", \"wwn_with_extension\": \"0x5000c500a1b2c3d40001\","
                "  \"wwn_vendor_extension\": \"0x0001\", \"hctl\": \"2:0:0:0\", \"by_path\": \"/dev/disk/by-path/pci-0000:00:1f.2-ata-1\","
                "  \"logical_sectors\": 512, \"physical_sectors\": 4096}, {\"name\": \"/dev/sdb\", \"hctl\": 7, \"physical_sectors\": \"x\"}],"
                " \"cpu\": {\"flags\": [\"vmx\", \"aes\", null, {}, \"\"]}, \"bmc_address\": \"0.0.0.0\", \"bmc_v6address\": \"2001:db8::7/64\","
                " \"bmc_mac\": \"0C:C4:7A:00:00:01\"}}");
        _cleanup_json_ json_t *flags = json_pack("[s, s]", "vmx", "aes");
        const json_t *disk = json_array_get(json_object_get(result.normalized, "disks"), 0);

        assert_string_equal(string_at(&result, "disks", 0, "wwnWithExtension"), "0x5000c500a1b2c3d40001");
        assert_string_equal(string_at(&result, "disks", 0, "wwnVendorExtension"), "0x0001");
        assert_string_equal(string_at(&result, "disks", 0, "hctl"), "2:0:0:0");
        assert_string_equal(string_at(&result, "disks", 0, "byPath"), "/dev/disk/by-path/pci-0000:00:1f.2-ata-1");
        assert_int_equal(json_get_int(disk, "logicalSectorSize", 0), 512);
        assert_int_equal(json_get_int(disk, "physicalSectorSize", 0), 4096);
        assert_string_equal(string_at(&result, "disks", 1, "wwnWithExtension"), "null");
        assert_int_equal(json_get_int(json_array_get(json_object_get(result.normalized, "disks"), 1), "physicalSectorSize", -1), -1);
        assert_true(json_equal(json_object_get(result.normalized, "cpuFlags"), flags));
        assert_string_equal(json_get_string(result.normalized, "bmcAddress"), "2001:db8::7");
        assert_string_equal(json_get_string(result.normalized, "bmcAddress6"), "2001:db8::7");
        assert_string_equal(json_get_string(result.normalized, "bmcMac"), "0c:c4:7a:00:00:01");
}

/* When a stored payload is read anew, it may not be known for whom the script was. */
static void test_boot_script_not_known(void **state) {
        _cleanup_json_ json_t *raw = json_loads("{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:aa:bb:01\"}]}}", 0, NULL);
        _cleanup_inventory_ struct inventory_result result = { 0 };
        char reason[INVENTORY_REASON_SIZE];

        assert_int_equal(inventory_normalize(raw, NULL, &result, reason), 0);
        assert_true(json_is_false(json_object_get(interface_at(&result, 0), "boots")));
}

static void test_lldp_of_older_agents(void **state) {
        _cleanup_inventory_ struct inventory_result result =
                normalize("{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:aa:bb:01\","
                          " \"lldp\": [[1, \"04001122334455\"], [2, \"0541\"]]}]}}");

        assert_string_equal(string_at(&result, "interfaces", 0, "switchChassis"), "00:11:22:33:44:55");
        assert_string_equal(string_at(&result, "interfaces", 0, "switchPort"), "A");
        _cleanup_json_ json_t *parsed = json_pack("{s:s, s:s}", "switch_chassis_id", "00:11:22:33:44:55", "switch_port_id", "A");
        assert_true(json_equal(json_object_get(interface_at(&result, 0), "lldp"), parsed));
}

/* Where both are there, what was heard counts: an empty list says that nothing was. */
static void test_lldp_of_newer_agents(void **state) {
        _cleanup_inventory_ struct inventory_result result =
                normalize("{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:aa:bb:01\", \"lldp\": [[5, \"6f6c64\"]]},"
                          " {\"name\": \"b\", \"mac_address\": \"52:54:00:aa:bb:02\", \"lldp\": [[5, \"6f6c64\"]]},"
                          " {\"name\": \"c\", \"mac_address\": \"52:54:00:aa:bb:03\"}]}, \"lldp_raw\": {\"a\": [[5, \"6e6577\"]], \"b\": [], \"c\": []}}");

        assert_string_equal(string_at(&result, "interfaces", 0, "switchName"), "new");
        assert_string_equal(string_at(&result, "interfaces", 1, "switchName"), "old");
        assert_true(json_is_null(json_object_get(interface_at(&result, 2), "lldp")));
        assert_true(json_is_null(json_object_get(interface_at(&result, 2), "switchName")));
}

struct weight {
        size_t values, containers;
};

static void weigh(const json_t *value, struct weight *weight) {
        const json_t *member;
        const char *key;
        size_t i;

        weight->values++;
        weight->containers += json_is_object(value) || json_is_array(value);
        json_array_foreach((json_t *) value, i, member)
                weigh(member, weight);
        json_object_foreach((json_t *) value, key, member)
                weigh(member, weight);
}

/* All TLVs that become more than they were, and as many VLANs as are kept. */
static json_t *verbose_switch(void) {
        json_t *tlvs = json_pack("[[i, s], [i, s], [i, s], [i, s]]", 7, "07ff07ff", 127, "00120f0103ffff0000", 127, "0080c2070300000011", 127,
                                 "0080c202060015");
        char hex[32];

        for (int i = 0; i < LLDP_VLANS_MAX + 1; i++) {
                snprintf(hex, sizeof(hex), "0080c203%04x0161", i);
                json_array_append_new(tlvs, json_pack("[i, s]", 127, hex));
        }
        return tlvs;
}

/* Half of what one message may hold is the payload's (introspect/api_inventory.c); what is made of it fits into the other half. */
static void test_what_is_made_of_a_large_payload_is_bounded(void **state) {
        enum { VALUES = 128 * 1024, CONTAINERS = 32 * 1024, SWITCHES = 180 };
        _cleanup_json_ json_t *interfaces = json_array(), *disks = json_array(), *flags = json_array();
        _cleanup_json_ json_t *raw = json_pack("{s:{s:O, s:O, s:{s:O}}}", "inventory", "interfaces", interfaces, "disks", disks, "cpu", "flags", flags);
        char mac[32];

        for (int i = 0; i < INVENTORY_LIST_MAX; i++) {
                snprintf(mac, sizeof(mac), "52:54:00:00:%02x:%02x", i >> 8, i & 255);
                json_array_append_new(interfaces, json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", mac, "mac_address", mac, "ipv4_address", "192.0.2.1",
                                                            "ipv6_address", "fe80::1", "lldp", i < SWITCHES ? verbose_switch() : json_null()));
                json_array_append_new(disks, json_pack("{s:s}", "name", mac));
                json_array_append_new(flags, json_string("f"));
        }
        struct weight before = { 0 }, after = { 0 };
        weigh(raw, &before);
        assert_in_range(before.containers, CONTAINERS * 9 / 10, CONTAINERS);
        _cleanup_free_ char *text = json_dumps(raw, 0);
        _cleanup_inventory_ struct inventory_result result = normalize(text);
        weigh(result.normalized, &after);
        assert_in_range(after.values, 1, VALUES);
        assert_in_range(after.containers, 1, CONTAINERS);
        assert_true(json_is_object(json_object_get(interface_at(&result, 63), "lldp")));
        assert_true(json_is_null(json_object_get(interface_at(&result, 64), "lldp")));
        assert_int_equal(json_array_size(json_object_get(interface_at(&result, 63), "switchVlans")), LLDP_VLANS_MAX);
        assert_true(json_is_null(json_object_get(interface_at(&result, 64), "switchVlans")));
}

static void test_readers_fail_by_name(void **state) {
        _cleanup_inventory_ struct inventory_result result =
                normalize("{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:00:00:04\"}], \"cpu\": 3, \"memory\": [],"
                          " \"disks\": {}, \"boot\": \"uefi\", \"system_vendor\": null}}");
        static const char *const expected[] = { "ports: ", "cpu: ", "memory: ", "disks: ", "boot-mode: " };
        const json_t *errors = json_object_get(result.normalized, "errors");

        assert_int_equal(json_array_size(errors), ELEMENTS(expected));
        for (size_t i = 0; i < ELEMENTS(expected); i++)
                assert_true(strncmp(json_string_value(json_array_get(errors, i)), expected[i], strlen(expected[i])) == 0);
        assert_null(result.failure);
}

static void test_nothing_left_fails(void **state) {
        static const struct {
                const char *text, *reason;
        } cases[] = {
                { "{}", "validate-interfaces: the payload has no list `inventory.interfaces`" },
                { "{\"inventory\": []}", "validate-interfaces: the payload has no list `inventory.interfaces`" },
                { "{\"inventory\": {\"interfaces\": []}}", "validate-interfaces: none of the 0 interfaces has a name and a usable MAC" },
                { "{\"inventory\": {\"interfaces\": [{}, {\"name\": \"a\"}]}}",
                  "validate-interfaces: none of the 2 interfaces has a name and a usable MAC" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *raw = json_loads(cases[i].text, 0, NULL);
                struct inventory_result result = { 0 };
                char reason[INVENTORY_REASON_SIZE];
                assert_int_equal(inventory_normalize(raw, &boot_mac, &result, reason), -EINVAL);
                assert_string_equal(reason, cases[i].reason);
                assert_null(result.normalized);
        }
}

static void test_long_lists_are_cut(void **state) {
        _cleanup_json_ json_t *disks = json_array();
        _cleanup_json_ json_t *raw = json_pack("{s:{s:[{s:s, s:s}], s:O}}", "inventory", "interfaces", "name", "a", "mac_address",
                                               "52:54:00:aa:bb:01", "disks", disks);

        for (int i = 0; i < INVENTORY_LIST_MAX + 5; i++)
                json_array_append_new(disks, json_pack("{s:s}", "name", "/dev/sda"));
        _cleanup_free_ char *text = json_dumps(raw, 0);
        _cleanup_inventory_ struct inventory_result result = normalize(text);
        assert_int_equal(json_array_size(json_object_get(result.normalized, "disks")), INVENTORY_LIST_MAX);
        bool told = false;
        size_t i;
        const json_t *error;
        json_array_foreach(json_object_get(result.normalized, "errors"), i, error)
                told = told || strcmp(json_string_value(error), "disks: only the first 1024 of 1029 are kept") == 0;
        assert_true(told);
}

static void test_owner(void **state) {
        static const struct {
                const char *text;
                enum inventory_owner expected;
        } cases[] = {
                { "{\"inventory\": {\"interfaces\": [{\"mac_address\": \"52:54:00:00:00:07\"}, {\"mac_address\": \"52:54:00:AA:BB:01\"}]}}", INVENTORY_HAS_MAC },
                { "{\"inventory\": {\"interfaces\": [{\"mac_address\": \"52:54:00:00:00:07\"}]}}", INVENTORY_HAS_OTHERS },
                { "{\"boot_interface\": \"01-52-54-00-aa-bb-01\", \"inventory\": {\"interfaces\": [{\"mac_address\": \"52:54:00:00:00:07\"}]}}",
                  INVENTORY_HAS_MAC },
                { "{\"boot_interface\": \"01-52-54-00-aa-bb-02\"}", INVENTORY_HAS_OTHERS },
                { "{\"inventory\": {\"boot\": {\"pxe_interface\": \"52:54:00:aa:bb:01\"}}}", INVENTORY_HAS_MAC },
                { "{\"error\": \"x\"}", INVENTORY_HAS_NO_MACS },
                { "{\"inventory\": {\"interfaces\": \"x\"}}", INVENTORY_HAS_NO_MACS },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *raw = json_loads(cases[i].text, 0, NULL);
                assert_non_null(raw);
                assert_int_equal(inventory_owner(raw, &boot_mac), cases[i].expected);
        }
}

/* Told once, and again by what is read anew of what was kept. */
static void test_nuls(void **state) {
        _cleanup_inventory_ struct inventory_result result = normalize("{\"inventory\": {\"interfaces\": [{\"name\": \"a\", \"mac_address\": \"52:54:00:aa:bb:01\"}]}}"),
                                                    anew = { .normalized = json_pack("{s:[]}", "errors") };
        const char *expected = "text: NULs were taken out of 1 text, the first at /dmi/x";
        const json_t *errors = json_object_get(result.normalized, "errors"), *again = json_object_get(anew.normalized, "errors");
        size_t before = json_array_size(errors);

        inventory_tell_nuls(result.normalized, &(struct payload_nuls) { 0 });
        assert_int_equal(json_array_size(errors), before);
        inventory_tell_nuls(result.normalized, &(struct payload_nuls) { 1, "/dmi/x" });
        assert_int_equal(json_array_size(errors), before + 1);
        assert_string_equal(json_string_value(json_array_get(errors, before)), expected);
        assert_meets_contract(result.normalized);

        json_array_append_new((json_t *) errors, json_string("disks: text: NULs"));
        inventory_retell_nuls(anew.normalized, result.normalized);
        assert_int_equal(json_array_size(again), 1);
        assert_string_equal(json_string_value(json_array_get(again, 0)), expected);
        inventory_retell_nuls(anew.normalized, NULL);
        assert_int_equal(json_array_size(again), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ironic_python_agents),
                cmocka_unit_test(test_what_only_newer_agents_tell),
                cmocka_unit_test(test_ramdisk_error),
                cmocka_unit_test(test_error_without_inventory),
                cmocka_unit_test(test_errors_of_other_types),
                cmocka_unit_test(test_pxed_agent),
                cmocka_unit_test(test_junk_uuid_is_none),
                cmocka_unit_test(test_interfaces_that_are_none),
                cmocka_unit_test(test_shared_mac_is_one_port),
                cmocka_unit_test(test_vlan_on_a_card_of_older_agents),
                cmocka_unit_test(test_infiniband),
                cmocka_unit_test(test_disks_flags_and_bmc),
                cmocka_unit_test(test_boot_script_not_known),
                cmocka_unit_test(test_lldp_of_older_agents),
                cmocka_unit_test(test_lldp_of_newer_agents),
                cmocka_unit_test(test_what_is_made_of_a_large_payload_is_bounded),
                cmocka_unit_test(test_readers_fail_by_name),
                cmocka_unit_test(test_nothing_left_fails),
                cmocka_unit_test(test_long_lists_are_cut),
                cmocka_unit_test(test_owner),
                cmocka_unit_test(test_nuls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
