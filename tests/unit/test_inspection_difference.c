/* What is told of two inventories: each kind of change, what identifies disks and interfaces, and that nothing else is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json_pointer.h"
#include "pxed/inspection/difference.h"

#define MACHINE                                                                                                                             \
        "{\"node\":\"n\",\"number\":1,\"received\":5,\"serial\":\"S1\",\"firmwareVersion\":\"2.1\",\"memory\":68719476736,\"cpus\":64,"    \
        "\"bmcAddress\":\"10.0.0.9\",\"cpuFlags\":[\"vmx\",\"aes\"],\"disks\":["                                                           \
        "{\"name\":\"/dev/sda\",\"serial\":\"A\",\"wwn\":\"0x1\",\"size\":480103981056,\"model\":\"Fast\"},"                               \
        "{\"name\":\"/dev/sdb\",\"serial\":\"B\",\"wwn\":\"0x2\",\"size\":480103981056},{\"name\":\"/dev/sdc\",\"size\":1000},"            \
        "{\"name\":\"/dev/sdd\",\"wwn\":\"0x4\",\"size\":2000398934016}],\"interfaces\":["                                                  \
        "{\"name\":\"eth0\",\"mac\":\"52:54:00:00:00:01\",\"driver\":\"igb\",\"pciAddress\":\"0000:02:00.0\",\"addresses\":[\"10.0.0.1\"]," \
        "\"boots\":true,\"carrier\":true,\"switchChassis\":\"00:11:22:33:44:55\",\"switchPort\":\"Gi1/0/1\",\"switchVlans\":[1,2],"        \
        "\"lldp\":{\"switch_port_mtu\":1500}},"                                                                                             \
        "{\"name\":\"eth1\",\"mac\":\"52:54:00:00:00:02\",\"addresses\":[],\"boots\":false}],\"errors\":[\"usb: no such bus\"],\"pluginData\":null}"

static json_t *machine(void) {
        json_t *inventory = json_loads(MACHINE, 0, NULL);
        assert_non_null(inventory);
        return inventory;
}

static json_t *difference(const json_t *before, const json_t *after) {
        json_t *differences = json_array();
        assert_int_equal(inventory_difference(before, after, differences), 0);
        return differences;
}

/* The machine with a value (JSON text; NULL: taken out) put at a place. */
static json_t *edited(const char *pointer, const char *value) {
        json_t *inventory = machine();
        if (value)
                assert_int_equal(json_pointer_set(inventory, pointer, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
        else
                assert_int_equal(json_pointer_delete(inventory, pointer), 1);
        return inventory;
}

static void assert_one(const json_t *before, const json_t *after, const char *change, const char *pointer, bool hardware, const char *text) {
        _cleanup_json_ json_t *differences = difference(before, after);
        const json_t *first = json_array_get(differences, 0);
        if (json_array_size(differences) != 1)
                print_error("%zu differences for: %s\n", json_array_size(differences), text);
        assert_int_equal(json_array_size(differences), 1);
        assert_string_equal(json_get_string(first, "text"), text);
        assert_string_equal(json_get_string(first, "change"), change);
        assert_string_equal(json_get_string(first, "pointer"), pointer);
        assert_int_equal(json_get_bool(first, "hardware", false), hardware);
        assert_int_equal(json_get_string(first, "before") == NULL, strcmp(change, "added") == 0);
        assert_int_equal(json_get_string(first, "after") == NULL, strcmp(change, "removed") == 0);
}

static void test_each_change(void **state) {
        static const struct {
                const char *pointer, *value; /* that makes the newer one */
                const char *change, *told_at;
                bool hardware;
                const char *text;
        } cases[] = {
                { "/memory", "51539607552", "changed", "/memory", true, "memory is 48 GiB, was 64 GiB" },
                /* Another kernel takes a little more of it. */
                { "/memory", "68715282432", "changed", "/memory", false, "memory is 63.9 GiB, was 64 GiB" },
                { "/memory", "null", "removed", "/memory", false, "memory is not told, was 64 GiB" },
                { "/memory", NULL, "removed", "/memory", false, "memory is not told, was 64 GiB" },
                { "/uuid", "\"01234567-89ab-4cde-8f01-23456789abcd\"", "added", "/uuid", false, "UUID is 01234567-89ab-4cde-8f01-23456789abcd, was not told" },
                { "/firmwareVersion", "\"2.2\"", "changed", "/firmwareVersion", true, "firmware version is 2.2, was 2.1" },
                { "/bmcAddress", "\"10.0.0.10\"", "changed", "/bmcAddress", true, "BMC address is 10.0.0.10, was 10.0.0.9" },
                { "/cpuFlags", "[\"aes\",\"svm\"]", "changed", "/cpuFlags", false, "CPU flags: now also svm; no longer vmx" },
                { "/cpuFlags", "[\"aes\",\"vmx\",\"vmx\"]", "changed", "/cpuFlags", false, "CPU flags: another number of the same" },
                { "/later", "{\"a\":1}", "added", "/later", false, "later is {\"a\":1}, was not told" },
                { "/pluginData", "{\"pci_devices\":{\"gpu\":1}}", "added", "/pluginData", false, "found is {\"pci_devices\":{\"gpu\":1}}, was not told" },
                { "/disks/0", NULL, "removed", "/disks/0", true, "disk A (/dev/sda, 480 GB, Fast) is gone" },
                { "/disks/2", NULL, "removed", "/disks/2", true, "disk /dev/sdc (1 kB) is gone" },
                { "/disks/3", NULL, "removed", "/disks/3", true, "disk 0x4 (/dev/sdd, 2 TB) is gone" },
                { "/disks/-", "{\"name\":\"/dev/nvme0n1\",\"serial\":\"N\"}", "added", "/disks/4", true, "disk N (/dev/nvme0n1) is new" },
                { "/disks/0/name", "\"/dev/sdz\"", "changed", "/disks/0/name", false, "disk A (/dev/sdz): name is /dev/sdz, was /dev/sda" },
                { "/disks/0/wwn", "\"0x9\"", NULL, NULL, false, NULL }, /* another LUN of that serial number */
                { "/disks/0/wwn", NULL, "removed", "/disks/0/wwn", false, "disk A (/dev/sda): WWN is not told, was 0x1" },
                { "/disks/2/size", "2000", "changed", "/disks/2/size", true, "disk /dev/sdc: size is 2 kB, was 1 kB" },
                { "/disks/2/serial", "\"C\"", "added", "/disks/2/serial", false, "disk C (/dev/sdc): serial number is C, was not told" },
                { "/interfaces/1", NULL, "removed", "/interfaces/1", true, "interface 52:54:00:00:00:02 (eth1) is gone" },
                { "/interfaces/0/pciAddress", "\"0000:03:00.0\"", "changed", "/interfaces/0/pciAddress", true,
                  "interface 52:54:00:00:00:01 (eth0): PCI address is 0000:03:00.0, was 0000:02:00.0" },
                { "/interfaces/0/switchPort", "\"Gi1/0/7\"", "changed", "/interfaces/0/switchPort", true,
                  "interface 52:54:00:00:00:01 (eth0): switch port is Gi1/0/7, was Gi1/0/1" },
                { "/interfaces/0/switchPort", "null", "removed", "/interfaces/0/switchPort", false,
                  "interface 52:54:00:00:00:01 (eth0): switch port is not told, was Gi1/0/1" },
                { "/interfaces/0/carrier", "false", "changed", "/interfaces/0/carrier", false, "interface 52:54:00:00:00:01 (eth0): carrier is false, was true" },
                { "/interfaces/0/name", "\"ens3\"", "changed", "/interfaces/0/name", false, "interface 52:54:00:00:00:01 (ens3): name is ens3, was eth0" },
                { "/interfaces/0/addresses", "[\"10.0.0.2\"]", "changed", "/interfaces/0/addresses", false,
                  "interface 52:54:00:00:00:01 (eth0): addresses: now also 10.0.0.2; no longer 10.0.0.1" },
                { "/interfaces/0/lldp/switch_port_mtu", "9000", "changed", "/interfaces/0/lldp/switch_port_mtu", false,
                  "interface 52:54:00:00:00:01 (eth0): LLDP switch_port_mtu is 9000, was 1500" },
                { "/errors/0", NULL, "removed", "/errors/0", false, "no longer told: usb: no such bus" },
                { "/errors/-", "\"bmc: none\"", "added", "/errors/1", false, "not collected: bmc: none" },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *before = machine(), *after = edited(cases[i].pointer, cases[i].value);
                if (cases[i].text)
                        assert_one(before, after, cases[i].change, cases[i].told_at, cases[i].hardware, cases[i].text);
        }
}

/* The other way round: what was gone is new. */
static void test_backwards(void **state) {
        _cleanup_json_ json_t *whole = machine(), *less = edited("/disks/0", NULL), *none = edited("/bmcAddress", NULL);
        assert_one(less, whole, "added", "/disks/0", true, "disk A (/dev/sda, 480 GB, Fast) is new");
        assert_one(none, whole, "added", "/bmcAddress", false, "BMC address is 10.0.0.9, was not told");
}

/* The order of lists, null instead of nothing, and whose inventory it is are no differences. */
static void test_the_same(void **state) {
        static const char *const same[][2] = {
                { "/cpuFlags", "[\"aes\",\"vmx\"]" }, { "/firmwareDate", "null" }, { "/number", "2" }, { "/received", "6" }, { "/node", "\"m\"" },
                { "/failure", "\"root-device: none\"" }, { "/interfaces/0/vendor", "null" }, { "/interfaces/0/switchVlans", "[2,1]" },
        };
        _cleanup_json_ json_t *before = machine(), *turned = machine();
        for (size_t i = 0; i < ELEMENTS(same); i++) {
                _cleanup_json_ json_t *after = edited(same[i][0], same[i][1]), *differences = difference(before, after);
                assert_int_equal(json_array_size(differences), 0);
        }
        static const char *const lists[] = { "disks", "interfaces" };
        for (size_t i = 0; i < ELEMENTS(lists); i++) {
                json_t *list = json_object_get(turned, lists[i]), *first = json_incref(json_array_get(list, 0));
                json_array_remove(list, 0);
                json_array_append_new(list, first);
        }
        _cleanup_json_ json_t *differences = difference(before, turned);
        assert_int_equal(json_array_size(differences), 0);
}

/* Two of one serial number are told apart by their WWN; a disk in the place of another is another disk. */
static void test_identity(void **state) {
        _cleanup_json_ json_t *before = json_loads("{\"disks\":[{\"name\":\"a\",\"serial\":\"R\",\"wwn\":\"1\",\"size\":1000},"
                                                   "{\"name\":\"b\",\"serial\":\"R\",\"wwn\":\"2\",\"size\":2000}],"
                                                   "\"interfaces\":[{\"mac\":\"m\",\"name\":\"bond0\",\"boots\":false},{\"mac\":\"m\",\"name\":\"eth0\",\"boots\":true}]}", 0, NULL);
        _cleanup_json_ json_t *after = json_loads("{\"disks\":[{\"name\":\"a\",\"serial\":\"R\",\"wwn\":\"2\",\"size\":2000}],"
                                                  "\"interfaces\":[{\"mac\":\"m\",\"name\":\"eth0\",\"boots\":true},{\"mac\":\"m\",\"name\":\"bond0\",\"boots\":false}]}", 0, NULL);
        _cleanup_json_ json_t *told = difference(before, after);
        assert_int_equal(json_array_size(told), 2);
        assert_string_equal(json_get_string(json_array_get(told, 0), "text"), "disk R (a, 1 kB) is gone");
        assert_string_equal(json_get_string(json_array_get(told, 1), "text"), "disk R (a): name is a, was b");

        _cleanup_json_ json_t *one = json_loads("{\"disks\":[{\"name\":\"a\",\"serial\":\"X\"}]}", 0, NULL);
        _cleanup_json_ json_t *other = json_loads("{\"disks\":[{\"name\":\"a\",\"serial\":\"Y\"}]}", 0, NULL);
        _cleanup_json_ json_t *replaced = difference(one, other);
        assert_int_equal(json_array_size(replaced), 2);
        assert_string_equal(json_get_string(json_array_get(replaced, 0), "text"), "disk X (a) is gone");
        assert_string_equal(json_get_string(json_array_get(replaced, 1), "text"), "disk Y (a) is new");
}

/* The pointer of what is gone leads into the older one, any other into the newer one. */
static void test_pointers(void **state) {
        _cleanup_json_ json_t *before = machine(), *after = edited("/disks/0", NULL);
        json_pointer_delete(after, "/disks/2/wwn");
        json_pointer_set(after, "/disks/0/model", json_string("Slow"));
        _cleanup_json_ json_t *told = difference(before, after);
        assert_int_equal(json_array_size(told), 3);
        assert_string_equal(json_get_string(json_array_get(told, 0), "pointer"), "/disks/0");
        assert_string_equal(json_get_string(json_array_get(told, 1), "pointer"), "/disks/0/model");
        assert_string_equal(json_get_string(json_array_get(told, 2), "pointer"), "/disks/3/wwn");
}

/* Where disks could not be collected, none is gone. */
static void test_not_collected(void **state) {
        _cleanup_json_ json_t *before = machine(), *after = edited("/disks", "[]");
        _cleanup_json_ json_t *told = difference(before, after);
        char words[400];
        assert_int_equal(json_array_size(told), 4);
        assert_int_equal(inventory_difference_words(told, words, sizeof words), 0);
        assert_string_equal(words, "");
        json_object_del(before, "errors");
        json_object_del(after, "errors");
        _cleanup_json_ json_t *gone = difference(before, after);
        assert_int_equal(inventory_difference_words(gone, words, sizeof words), 4);
        assert_string_equal(words, "disk A (/dev/sda, 480 GB, Fast) is gone; disk B (/dev/sdb, 480 GB) is gone; disk /dev/sdc (1 kB) is gone; "
                                   "disk 0x4 (/dev/sdd, 2 TB) is gone");
        assert_int_equal(inventory_difference_words(gone, words, 90), 4);
        assert_string_equal(words, "disk A (/dev/sda, 480 GB, Fast) is gone and 3 more");
        for (size_t size = 64; size < sizeof words; size++) {
                assert_int_equal(inventory_difference_words(gone, words, size), 4);
                assert_true(strlen(words) < size);
        }
}

/* What a ramdisk could send at worst is told within bounds. */
static void test_bounds(void **state) {
        _cleanup_json_ json_t *before = json_pack("{s:[]}", "disks"), *after = json_pack("{s:[]}", "disks"), *deep = json_object(), *deeper = json_object();
        char long_name[4000], text[64];
        memset(long_name, 'x', sizeof long_name - 1);
        long_name[sizeof long_name - 1] = '\0';
        for (int i = 0; i < 1500; i++) {
                snprintf(text, sizeof text, "%d", i);
                json_array_append_new(json_object_get(after, "disks"), json_pack("{s:s, s:s, s:s}", "name", text, "serial", long_name, "model", long_name));
        }
        _cleanup_json_ json_t *told = difference(before, after), *none = difference(after, after);
        assert_int_equal(json_array_size(told), DIFFERENCES_MAX);
        assert_int_equal(json_array_size(none), 0);
        assert_true(strlen(json_get_string(json_array_get(told, 0), "text")) < 1024);
        /* Names for which a pointer has no room. */
        json_object_set_new(deep, long_name, json_pack("{s:{s:i}}", "a", long_name, 1));
        json_object_set_new(deeper, long_name, json_pack("{s:{s:i}}", "a", long_name, 2));
        _cleanup_json_ json_t *at_all = difference(deep, deeper), *within = NULL;
        assert_int_equal(json_array_size(at_all), 1);
        assert_string_equal(json_get_string(json_array_get(at_all, 0), "pointer"), "");
        within = difference(json_object_get(deep, long_name), json_object_get(deeper, long_name));
        assert_string_equal(json_get_string(json_array_get(within, 0), "pointer"), "/a");
}

/* ---- any two inventories ---- */

static uint32_t seed;

static unsigned chance(unsigned n) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % n;
}

static json_t *random_value(void) {
        switch (chance(5)) {
        case 0:
                return json_null();
        case 1:
                return json_integer(chance(3));
        case 2:
                return json_pack("[i, i]", (int) chance(2), (int) chance(2));
        case 3:
                return json_pack("{s:i}", "x", (int) chance(2));
        default:
                return json_string(chance(2) ? "p" : "q");
        }
}

static json_t *random_inventory(void) {
        json_t *inventory = json_pack("{s:[], s:[]}", "disks", "interfaces");
        char text[16];
        for (unsigned i = chance(4); i > 0; i--) {
                snprintf(text, sizeof text, "%u", i);
                json_t *disk = json_pack("{s:s, s:o}", "name", text, "size", json_integer(chance(2)));
                if (chance(2))
                        json_object_set_new(disk, "serial", json_string(text));
                json_array_insert_new(json_object_get(inventory, "disks"), chance(2) ? 0 : json_array_size(json_object_get(inventory, "disks")), disk);
                json_array_append_new(json_object_get(inventory, "interfaces"), json_pack("{s:s, s:o}", "mac", text, "lldp", random_value()));
        }
        for (unsigned i = chance(4); i > 0; i--)
                json_object_set_new(inventory, chance(2) ? "memory" : "other", random_value());
        return inventory;
}

/* Lists by what identifies their members, other lists sorted, no nulls: written apart from the code under test. */
static json_t *mapped(const json_t *value, const char *parent) {
        json_t *result, *member;
        const char *key;
        size_t i;
        if (json_is_array(value)) {
                result = json_object();
                json_array_foreach((json_t *) value, i, member) {
                        const char *identity = json_get_string(member, strcmp(parent, "interfaces") == 0 ? "mac" : "name");
                        _cleanup_free_ char *text = identity ? strdup(identity) : json_dumps(member, JSON_ENCODE_ANY);
                        json_t *before = json_object_get(result, text);
                        json_object_set_new(result, text, json_is_object(member) ? mapped(member, "") : json_integer(json_integer_value(before) + 1));
                }
                return result;
        }
        if (!json_is_object(value))
                return json_incref((json_t *) value);
        result = json_object();
        json_object_foreach((json_t *) value, key, member)
                if (!json_is_null(member))
                        json_object_set_new(result, key, mapped(member, key));
        return result;
}

static void test_empty_only_where_alike(void **state) {
        unsigned alike = 0;
        for (seed = 0; seed < 20000; seed += 1) {
                uint32_t kept = seed;
                _cleanup_json_ json_t *a = random_inventory(), *b = random_inventory(), *same = json_deep_copy(a);
                _cleanup_json_ json_t *ab = difference(a, b), *ba = difference(b, a), *aa = difference(a, same), *ma = mapped(a, ""), *mb = mapped(b, "");
                assert_int_equal(json_array_size(aa), 0);
                assert_int_equal(json_array_size(ab), json_array_size(ba));
                if ((json_array_size(ab) == 0) != (json_equal(ma, mb) == 1))
                        fail_msg("seed %u: %s and %s: %zu differences", kept, json_dumps(a, 0), json_dumps(b, 0), json_array_size(ab));
                alike += json_array_size(ab) == 0;
                seed = kept;
        }
        assert_in_range(alike, 100, 10000);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_change),
                cmocka_unit_test(test_backwards),
                cmocka_unit_test(test_the_same),
                cmocka_unit_test(test_identity),
                cmocka_unit_test(test_pointers),
                cmocka_unit_test(test_not_collected),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_empty_only_where_alike),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
