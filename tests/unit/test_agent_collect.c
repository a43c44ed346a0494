/* The collectors, on a made-up /sys and /proc, and the decoders and matchers beneath them. */
#include <arpa/inet.h>
#include <errno.h>

#include "introspect/agent/inventory.h"
#include "introspect/agent/lldp.h"
#include "introspect/agent/log_archive.h"
#include "introspect/agent/sysfs.h"
#include "introspect/agent/usb_port.h"
#include "tests/unit/agent_fixture.h"

static void test_cpu(void **state) {
        json_t *cpu;
        assert_int_equal(collect_cpu(root, &cpu), -ENOENT);
        put("proc/cpuinfo", "processor\t: 0\nmodel name\t: ACME CPU @ 2.40GHz\ncpu MHz\t\t: 1197.042\nflags\t\t: fpu vmx aes\n\n"
                            "processor\t: 1\nmodel name\t: ACME CPU\ncpu MHz\t\t: 2000\nflags\t\t: fpu\n");
        put("sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n");
        put("sys/devices/system/cpu/cpu1/topology/physical_package_id", "3\n");
        assert_int_equal(collect_cpu(root, &cpu), 0);
        assert_text(cpu, "model_name", "ACME CPU @ 2.40GHz");
        assert_text(cpu, "frequency", "1197.042");
        assert_number(cpu, "count", 2);
        assert_number(cpu, "socket_count", 2);
        assert_int_equal(json_array_size(json_object_get(cpu, "flags")), 3);
        json_decref(cpu);
        put("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3700500\n");
        assert_int_equal(collect_cpu(root, &cpu), 0);
        assert_text(cpu, "frequency", "3700.5000");
        json_decref(cpu);
}

static void test_memory(void **state) {
        json_t *memory;
        put("proc/meminfo", "MemTotal:         480272 kB\nMemFree: 1 kB\n");
        assert_int_equal(collect_memory(root, 524288, &memory), 0);
        assert_number(memory, "total", 480272 * 1024);
        assert_number(memory, "physical_mb", 512);
        json_decref(memory);
        assert_int_equal(collect_memory(root, 0, &memory), 0);
        assert_number(memory, "physical_mb", 469);
        json_decref(memory);
        assert_int_equal(collect_memory(root, 262144, &memory), 0); /* half of it was plugged in later */
        assert_number(memory, "physical_mb", 469);
        json_decref(memory);
        put("proc/meminfo", "nonsense\n");
        assert_int_equal(collect_memory(root, 0, &memory), -ENODATA);
}

static void test_numa(void **state) {
        json_t *numa;
        put("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:  1000 kB\n");
        put("sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:  2000 kB\n");
        for (int i = 0; i < 3; i++) {
                char name[128];
                snprintf(name, sizeof name, "sys/devices/system/node/node%d/cpu%d/online", i == 2, i);
                put(name, "1");
                snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%d/topology/core_id", i);
                put(name, "0");
        }
        put("sys/bus/pci/devices/0000:81:00.0/numa_node", "1\n");
        put_link("sys/class/net/eth0/device", "sys/devices/pci0000:80/0000:81:00.0");
        assert_int_equal(collect_numa(root, &numa), 0);
        char *text = json_dumps(numa, JSON_COMPACT);
        assert_string_equal(text, "{\"ram\":[{\"numa_node\":0,\"size_kb\":1000},{\"numa_node\":1,\"size_kb\":2000}],"
                                  "\"cpus\":[{\"cpu\":0,\"numa_node\":0,\"thread_siblings\":[0,1]},"
                                  "{\"cpu\":0,\"numa_node\":1,\"thread_siblings\":[2]}],\"nics\":[{\"name\":\"eth0\",\"numa_node\":1}]}");
        free(text);
        json_decref(numa);
}

/* tar(1), gzip(1) and base64(1) read what was packed. */
static void test_log_archive(void **state) {
        static char long_name[101], big[2 << 20];
        char *text, command[PATH_MAX * 2], line[64] = "";
        const struct log_file files[] = { { "pxed-agent.log", "one\ntwo\n", 8 }, { "dmesg", "", 0 }, { "more", "x", 1 } };
        assert_int_equal(log_archive(files, 3, 1000000000, &text), 0);
        put("archive", text);
        free(text);
        snprintf(command, sizeof command, "base64 -d %s/archive | TZ=UTC tar -tvz -f - | tr -s ' ' | cut -d' ' -f3- | tr '\n' ';'", root);
        FILE *pipe = popen(command, "r");
        char listing[256] = "";
        assert_non_null(fgets(listing, sizeof listing, pipe));
        assert_int_equal(pclose(pipe), 0);
        assert_string_equal(listing, "8 2001-09-09 01:46 pxed-agent.log;0 2001-09-09 01:46 dmesg;1 2001-09-09 01:46 more;");
        snprintf(command, sizeof command, "base64 -d %s/archive | tar -xzO -f - pxed-agent.log | tail -n 1", root);
        pipe = popen(command, "r");
        assert_non_null(fgets(line, sizeof line, pipe));
        assert_int_equal(pclose(pipe), 0);
        assert_string_equal(line, "two\n");

        memset(long_name, 'n', sizeof long_name - 1);
        assert_int_equal(log_archive(&(struct log_file){ long_name, "", 0 }, 1, 0, &text), -EINVAL);
        assert_int_equal(log_archive(&(struct log_file){ "big", big, sizeof big }, 1, 0, &text), -EFBIG);
}

/* As a kernel says its command line, whole or cut off. */
static void test_hidden_tokens(void **state) {
#define TOKEN "6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11.525400aabb01.1f.6b026663.3adc9d23cd6631ed87f166db8e270fa5"
        char text[] = "a=http://192.0.2.1/v1/continue?token=p1." TOKEN " b=http://192.0.2.1/t/p1.-.52 sp1.x=p2.5 c=p1.5";
        char line[sizeof text + 1] = "?";
        log_hide_tokens(text, sizeof text - 2); /* what stands behind is not the log's */
        assert_null(strstr(text, TOKEN));
        const char *hidden = strstr(text, "?token=p1.*");
        assert_non_null(hidden);
        assert_int_equal(strspn(hidden + 10, "*"), strlen(TOKEN));
        snprintf(line, sizeof line, "%s", hidden + 10 + strlen(TOKEN));
        assert_string_equal(line, " b=http://192.0.2.1/t/p1.**** sp1.x=p2.5 c=p1.5");
#undef TOKEN
}

static void test_nics(void **state) {
        struct sockaddr_in v4 = { .sin_family = AF_INET };
        struct sockaddr_in6 local = { .sin6_family = AF_INET6 }, global = { .sin6_family = AF_INET6 };
        inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr);
        inet_pton(AF_INET6, "fe80::1", &local.sin6_addr);
        inet_pton(AF_INET6, "2001:db8::7", &global.sin6_addr);
        struct ifaddrs third = { .ifa_name = (char *) "eth0", .ifa_addr = (struct sockaddr *) &global };
        struct ifaddrs second = { .ifa_next = &third, .ifa_name = (char *) "eth0", .ifa_addr = (struct sockaddr *) &local };
        struct ifaddrs first = { .ifa_next = &second, .ifa_name = (char *) "eth0", .ifa_addr = (struct sockaddr *) &v4 };
        json_t *nics;

        put_link("sys/class/net/eth0/device", "sys/devices/pci0000:00/0000:00:03.0/virtio0");
        put_link("sys/class/net/eth0/device/driver", "sys/bus/virtio/drivers/virtio_net");
        put("sys/class/net/eth0/address", "52:54:00:12:34:56\n");
        put("sys/class/net/eth0/carrier", "1\n");
        put("sys/class/net/eth0/speed", "-1\n");
        put("sys/class/net/eth0/device/vendor", "0x1af4\n");
        put("sys/class/net/eth0/device/device", "0x0001\n");
        put("sys/bus/pci/devices/0000:00:03.0/index", "2\n");
        put_link("sys/class/net/ib0/device", "sys/devices/pci0000:00/0000:00:09.0");
        put("sys/class/net/ib0/type", "32\n");
        put("sys/class/net/ib0/speed", "40000\n");
        put("sys/class/net/ib0/address", "a0:00:02:20:fe:80:00:00:00:00:00:00:7c:fe:90:03:00:29:26:52\n");
        put("sys/class/net/lo/address", "00:00:00:00:00:00\n");

        assert_int_equal(collect_nics(root, &first, &nics), 0);
        assert_int_equal(json_array_size(nics), 2);
        json_t *eth0 = entry_named(nics, "eth0"), *ib0 = entry_named(nics, "ib0");
        assert_text(eth0, "mac_address", "52:54:00:12:34:56");
        assert_text(eth0, "ipv4_address", "192.0.2.7");
        assert_text(eth0, "ipv6_address", "2001:db8::7");
        assert_text(eth0, "pci_address", "0000:00:03.0");
        assert_text(eth0, "driver", "virtio_net");
        assert_text(eth0, "vendor", "0x1af4");
        assert_text(eth0, "product", "0x0001");
        assert_text(eth0, "biosdevname", "em2");
        assert_null_value(ib0, "biosdevname");
        assert_true(json_is_true(json_object_get(eth0, "has_carrier")));
        assert_null_value(eth0, "speed_mbps");
        assert_text(ib0, "mac_address", "7c:fe:90:29:26:52");
        assert_text(ib0, "client_id", "ff:00:00:00:00:00:02:00:00:02:c9:00:7c:fe:90:03:00:29:26:52");
        assert_number(ib0, "speed_mbps", 40000);
        assert_true(json_is_false(json_object_get(ib0, "has_carrier")));
        json_decref(nics);
}

/* In a PCI domain behind Intel's VMD, whose number has five digits. */
static void test_nic_behind_vmd(void **state) {
        json_t *nics;
        put_link("sys/class/net/eth0/device", "sys/devices/pci0000:64/0000:64:00.5/pci10000:00/10000:01:00.0");
        assert_int_equal(collect_nics(root, NULL, &nics), 0);
        assert_text(entry_named(nics, "eth0"), "pci_address", "10000:01:00.0");
        json_decref(nics);
}

static void test_pci_and_usb(void **state) {
        json_t *list;
        put("sys/bus/pci/devices/0000:00:03.0/vendor", "0x1af4\n");
        put("sys/bus/pci/devices/0000:00:03.0/device", "0x1000\n");
        put("sys/bus/pci/devices/0000:00:03.0/class", "0x020000\n");
        put("sys/bus/pci/devices/0000:00:03.0/revision", "0x01\n");
        put("sys/bus/pci/devices/0000:00:03.0/numa_node", "-1\n");
        assert_int_equal(collect_pci(root, &list), 0);
        char *text = json_dumps(list, JSON_COMPACT);
        assert_string_equal(text, "[{\"vendor_id\":\"1af4\",\"product_id\":\"1000\",\"class\":\"020000\",\"revision\":\"01\","
                                  "\"bus\":\"0000:00:03.0\",\"numa_node_id\":\"-1\"}]");
        free(text);
        json_decref(list);

        assert_int_equal(collect_usb(root, &list), 0); /* no USB in this kernel */
        assert_int_equal(json_array_size(list), 0);
        json_decref(list);
        put("sys/bus/usb/devices/1-1/manufacturer", "ACME\n");
        put("sys/bus/usb/devices/1-1/product", "Keyboard \xff\n");
        put("sys/bus/usb/devices/1-1/busnum", "1\n");
        put("sys/bus/usb/devices/1-1/devnum", "4\n");
        put("sys/bus/usb/devices/1-1:1.0/bInterfaceNumber", "00\n");
        assert_int_equal(collect_usb(root, &list), 0);
        assert_int_equal(json_array_size(list), 1);
        assert_text(json_array_get(list, 0), "product", "Keyboard ?"); /* what is not UTF-8 must not make it unsendable */
        assert_text(json_array_get(list, 0), "handle", "USB:1:4");
        json_decref(list);
}

/* ---- what is plugged into USB ---- */

struct plugged {
        unsigned bus, device, asked_ports;
        uint32_t ports;
};

/* Two hubs, each with one answer. */
static uint32_t plugged_ports(void *userdata, unsigned bus, unsigned device, unsigned ports) {
        for (struct plugged *hub = userdata; hub->bus; hub++)
                if (hub->bus == bus && hub->device == device) {
                        hub->asked_ports = ports;
                        return hub->ports;
                }
        fail_msg("not a hub: %u:%u", bus, device);
        return 0;
}

static void put_usb(const char *name, const char *bus, const char *number, const char *ports) {
        char path[PATH_MAX];
        const char *const files[][2] = { { "busnum", bus }, { "devnum", number }, { "maxchild", ports } };
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
                snprintf(path, sizeof path, "sys/bus/usb/devices/%s/%s", name, files[i][0]);
                put(path, files[i][1]);
        }
}

/* Port 2 of the root hub has a hub, which has a stick in its port 3; the kernel has heard of them one after the other. */
static void test_usb_starting(void **state) {
        struct plugged hubs[] = { { 3, 1, 0, 1 << 2 }, { 3, 2, 0, UINT32_C(1) << 3 | UINT32_C(1) << 31 }, { 0 } };
        assert_false(usb_device_starting(root, plugged_ports, hubs)); /* no USB in this kernel */
        put_usb("usb3", "3\n", "1\n", "4\n");
        assert_true(usb_device_starting(root, plugged_ports, hubs));
        assert_int_equal(hubs[0].asked_ports, 4);
        put_usb("3-2", "3\n", "2\n", "200\n"); /* a number that no hub has */
        put("sys/bus/usb/devices/3-2:1.0/bInterfaceNumber", "00\n");
        assert_true(usb_device_starting(root, plugged_ports, hubs));
        assert_int_equal(hubs[1].asked_ports, USB_PORTS_MAX);
        put_usb("3-2.3", "3\n", "5\n", "0\n");
        assert_true(usb_device_starting(root, plugged_ports, hubs));
        put_usb("3-2.31", "3\n", "6\n", "0\n");
        assert_false(usb_device_starting(root, plugged_ports, hubs));
        hubs[0].ports = 0; /* a hub that does not answer */
        assert_false(usb_device_starting(root, plugged_ports, hubs));
}

static void test_platform(void **state) {
        json_t *value;
        collect_tpm(root, &value);
        assert_true(json_is_false(json_object_get(value, "present")));
        json_decref(value);
        put("sys/firmware/acpi/tables/TCPA", "x"); /* there, without a driver */
        collect_tpm(root, &value);
        assert_true(json_is_true(json_object_get(value, "present")));
        assert_text(value, "version", "1.2");
        json_decref(value);
        put("sys/class/tpm/tpm0/tpm_version_major", "2\n");
        collect_tpm(root, &value);
        assert_text(value, "version", "2.0");
        json_decref(value);
        collect_boot(root, "", &value);
        assert_text(value, "current_boot_mode", "bios");
        assert_null_value(value, "pxe_interface");
        json_decref(value);
        put("sys/firmware/efi/runtime", "0");
        collect_boot(root, "01-52-54-00-12-34-56", &value);
        assert_text(value, "current_boot_mode", "uefi");
        assert_text(value, "pxe_interface", "01-52-54-00-12-34-56");
        json_decref(value);
}

static void test_lldp_of_firmware(void **state) {
        char command[32];
        lldp_firmware_stop(root); /* none there */
        put("sys/kernel/debug/i40e/0000:01:00.0/command", "");
        put("sys/kernel/debug/i40e/0000:01:00.1/other", ""); /* is said, and passed over */
        lldp_firmware_stop(root);
        sysfs_read(command, sizeof command, "%s/sys/kernel/debug/i40e/0000:01:00.0/command", root);
        assert_string_equal(command, "lldp stop");
}

/* An empty tree: everything fails, and what is posted says so, and is still JSON. */
static void test_failures_are_posted(void **state) {
        struct agent_options options;
        struct inventory inventory;
        agent_options_parse("", &options);
        inventory_start(&inventory, root, &options);
        inventory_collect_machine(&inventory);
        inventory_collect_devices(&inventory);
        inventory_collect_disks(&inventory);
        inventory_collect_bmc(&inventory);
        inventory_collect_nics(&inventory);
        inventory_set_lldp(&inventory, json_object());
        inventory_set_logs(&inventory, "kernel says\n", 12);
        char *text = inventory_text(&inventory, "", "");
        json_t *payload = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(payload);
        const char *error = json_string_value(json_object_get(payload, "error"));
        assert_non_null(strstr(error, "cpu: "));
        assert_non_null(strstr(error, "memory: "));
        assert_non_null(strstr(error, "disks: "));
        assert_non_null(strstr(error, "interfaces: "));
        assert_null(strstr(error, "pci_devices"));
        assert_non_null(json_string_value(json_object_get(payload, "logs")));
        assert_true(json_array_size(json_object_get(json_object_get(payload, "pxed_agent"), "collector_errors")) >= 6);
        assert_true(json_is_object(json_object_get(json_object_get(payload, "inventory"), "system_vendor")));
        json_decref(payload);
        free(text);
        inventory_clear(&inventory);
}

static void test_bmc_by_acpi(void **state) {
        struct agent_options options;
        struct inventory inventory;
        agent_options_parse("", &options);
        inventory_start(&inventory, root, &options);
        assert_false(inventory.has_bmc);
        inventory_clear(&inventory);
        put("sys/bus/acpi/devices/IPI0001:00/path", "\\_SB_.MI0_");
        inventory_start(&inventory, root, &options);
        assert_true(inventory.has_bmc);
        inventory_clear(&inventory);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                TREE_TEST(test_cpu),
                TREE_TEST(test_memory),
                TREE_TEST(test_numa),
                cmocka_unit_test(test_hidden_tokens),
                TREE_TEST(test_nics),
                TREE_TEST(test_nic_behind_vmd),
                TREE_TEST(test_pci_and_usb),
                TREE_TEST(test_usb_starting),
                TREE_TEST(test_platform),
                TREE_TEST(test_failures_are_posted),
                TREE_TEST(test_log_archive),
                TREE_TEST(test_bmc_by_acpi),
                TREE_TEST(test_lldp_of_firmware),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
