/* The collectors, on a made-up /sys and /proc, and the decoders and matchers beneath them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/disk_identity.h"
#include "introspect/agent/inventory.h"
#include "introspect/agent/lldp.h"
#include "introspect/agent/log_archive.h"
#include "introspect/agent/sysfs.h"
#include "introspect/agent/usb_port.h"

static char root[] = "/tmp/pxed-agent-test-XXXXXX";

/* ---- making the tree ---- */

static void make_parents(const char *path) {
        char copy[PATH_MAX];
        snprintf(copy, sizeof copy, "%s", path);
        for (char *slash = strchr(copy + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                mkdir(copy, 0755);
                *slash = '/';
        }
}

static void put_bytes(const char *name, const void *data, size_t size) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", root, name);
        make_parents(path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fwrite(data, 1, size, file);
        fclose(file);
}

static void put(const char *name, const char *text) {
        put_bytes(name, text, strlen(text));
}

/* A link whose target, below the root, need not be written relative to it. */
static void put_link(const char *name, const char *target) {
        char path[PATH_MAX], full[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", root, name);
        snprintf(full, sizeof full, "%s/%s", root, target);
        make_parents(path);
        make_parents(full);
        mkdir(full, 0755);
        assert_int_equal(symlink(full, path), 0);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw) {
        return remove(path);
}

static int make_root(void **state) {
        strcpy(root + strlen(root) - 6, "XXXXXX");
        return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
        return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- reading the result ---- */

static json_t *entry_named(json_t *list, const char *name) {
        size_t index;
        json_t *entry;
        json_array_foreach(list, index, entry)
                if (strcmp(json_string_value(json_object_get(entry, "name")), name) == 0)
                        return entry;
        fail_msg("no entry named %s", name);
        return NULL;
}

#define assert_text(object, key, expected) assert_string_equal(json_string_value(json_object_get(object, key)), expected)
#define assert_number(object, key, expected) assert_int_equal(json_integer_value(json_object_get(object, key)), expected)
#define assert_null_value(object, key) assert_true(json_is_null(json_object_get(object, key)))

/* ---- tests ---- */

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

static void make_ata_disk(void) {
        unsigned char vpd80[24] = { 0, 0x80, 0, 20 }, vpd89[60 + 512] = { 0, 0x89 };
        memcpy(vpd80 + 4, "      SATA-SERIAL-1 ", 20);
        /* ATA has the bytes of each word swapped */
        memcpy(vpd89 + 60 + 54, "CAEMS lodiS atetD si k                  ", 40);
        put_link("sys/block/sda/device", "sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0");
        put("sys/block/sda/size", "2097152\n");
        put("sys/block/sda/queue/rotational", "1\n");
        put("sys/block/sda/queue/logical_block_size", "512\n");
        put("sys/block/sda/queue/physical_block_size", "4096\n");
        put("sys/block/sda/device/vendor", "ATA     \n");
        put("sys/block/sda/device/model", "ACME Solid State\n");
        put("sys/block/sda/device/wwid", "naa.5000c500a1b2c3d4\n");
        put("sys/class/ata_port/ata3/port_no", "1\n");
        put_bytes("sys/block/sda/device/vpd_pg80", vpd80, sizeof vpd80);
        put_bytes("sys/block/sda/device/vpd_pg89", vpd89, sizeof vpd89);
}

static void make_other_disks(void) {
        put_link("sys/block/vda/device", "sys/devices/pci0000:00/0000:00:04.0/virtio1");
        put("sys/block/vda/size", "20971520\n");
        put("sys/block/vda/serial", "VIRTIO-1\n");
        put("sys/block/vda/queue/rotational", "1\n");
        put("sys/block/vda/device/vendor", "0x1af4\n");
        put_link("sys/block/nvme0n1/device", "sys/devices/pci0000:00/0000:00:05.0/nvme/nvme0");
        put("sys/block/nvme0n1/size", "41943040\n");
        put("sys/block/nvme0n1/nsid", "1\n");
        put("sys/block/nvme0n1/wwid", "nvme.1b36-4e564d45-51454d55-00000001\n");
        put("sys/block/nvme0n1/device/serial", "NVME-1              \n");
        put("sys/block/nvme0n1/device/model", "QEMU NVMe Ctrl                          \n");
        /* none of these is a disk */
        put("sys/block/loop0/size", "100\n");
        put("sys/block/zram0/size", "100\n");
        put("sys/block/sr0/size", "100\n");
        put("sys/block/dm-0/size", "100\n");
        put("sys/block/sdz/size", "0\n");
        put("sys/block/nvme0c0n1/size", "41943040\n");
        put("sys/block/nvme0c0n1/hidden", "1\n");
}

static void test_disks(void **state) {
        json_t *disks;
        make_ata_disk();
        make_other_disks();
        assert_int_equal(collect_disks(root, &disks), 0);
        assert_int_equal(json_array_size(disks), 3);

        json_t *sda = entry_named(disks, "/dev/sda"), *vda = entry_named(disks, "/dev/vda"), *nvme = entry_named(disks, "/dev/nvme0n1");
        assert_text(sda, "model", "ACME Solid State Disk");
        assert_text(sda, "serial", "SATA-SERIAL-1");
        assert_text(sda, "vendor", "ATA");
        assert_text(sda, "hctl", "2:0:0:0");
        assert_text(sda, "tran", "sata");
        assert_text(sda, "wwn", "0x5000c500a1b2c3d4");
        assert_text(sda, "wwn_with_extension", "0x5000c500a1b2c3d4");
        assert_null_value(sda, "wwn_vendor_extension");
        assert_text(sda, "by_path", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1");
        assert_number(sda, "size", 1073741824);
        assert_number(sda, "physical_sectors", 4096);
        assert_true(json_is_true(json_object_get(sda, "rotational")));

        assert_text(vda, "serial", "VIRTIO-1");
        assert_text(vda, "tran", "virtio");
        assert_text(vda, "by_path", "/dev/disk/by-path/pci-0000:00:04.0");
        assert_null_value(vda, "model");
        assert_null_value(vda, "hctl");

        assert_text(nvme, "serial", "NVME-1");
        assert_text(nvme, "model", "QEMU NVMe Ctrl");
        assert_text(nvme, "tran", "nvme");
        assert_text(nvme, "wwn", "nvme.1b36-4e564d45-51454d55-00000001");
        assert_text(nvme, "by_path", "/dev/disk/by-path/pci-0000:00:05.0-nvme-1");

        json_t *chosen = collect_root_disk(disks);
        assert_text(chosen, "name", "/dev/vda"); /* sda is smaller, but too small */
        json_decref(chosen);
        json_object_set_new(vda, "tran", json_string("usb"));
        chosen = collect_root_disk(disks);
        assert_text(chosen, "name", "/dev/nvme0n1");
        json_decref(chosen);
        json_decref(disks);
}

static void assert_by_path(const char *name, const char *device, const char *expected) {
        char link[64];
        snprintf(link, sizeof link, "sys/block/%s/device", name);
        put_link(link, device);
        char *path = sysfs_real_path("%s/%s", root, link);
        json_t *value = collect_by_path(root, name, path);
        if (expected)
                assert_string_equal(json_string_value(value), expected);
        else
                assert_true(json_is_null(value));
        json_decref(value);
        free(path);
}

/* A stick has no page 0x80: its serial number is the USB device's, also in another configuration than the first. */
static void test_usb_serial(void **state) {
#define STICK "sys/devices/pci0000:00/0000:00:06.0/usb3/3-1/3-1.2"
        json_t *disks;
        put("sys/block/sdb/size", "1000\n");
        put("sys/block/sdb/removable", "1\n");
        put_link("sys/block/sdb/device", STICK "/3-1.2:2.0/host9/target9:0:0/9:0:0:0");
        put(STICK "/../serial", "HUB\n");
        put(STICK "/serial", "STICK-1\n");
        assert_int_equal(collect_disks(root, &disks), 0);
        assert_text(entry_named(disks, "/dev/sdb"), "serial", "STICK-1");
        assert_text(entry_named(disks, "/dev/sdb"), "tran", "usb");
        json_decref(disks);
        put_bytes("sys/block/sdb/device/vpd_pg80", "\0\x80\0\6DISK-1", 10);
        assert_int_equal(collect_disks(root, &disks), 0);
        assert_text(entry_named(disks, "/dev/sdb"), "serial", "DISK-1");
        json_decref(disks);
#undef STICK
}

static void test_parallel_scsi(void **state) {
#define HOST "sys/devices/pci0000:00/0000:00:08.0/host3"
        json_t *disks;
        put("sys/block/sda/size", "1000\n");
        put_link("sys/block/sda/device", HOST "/target3:0:2/3:0:2:0");
        assert_int_equal(collect_disks(root, &disks), 0);
        assert_null_value(entry_named(disks, "/dev/sda"), "tran");
        json_decref(disks);
        put(HOST "/spi_host/host3/signalling", "LVD\n");
        assert_int_equal(collect_disks(root, &disks), 0);
        assert_text(entry_named(disks, "/dev/sda"), "tran", "spi");
        json_decref(disks);
#undef HOST
}

/* Each as udev of a Debian 12 names it. */
static void test_by_path(void **state) {
#define ADAPTER "sys/devices/pci0000:00/0000:00:06.0"
        put(ADAPTER "/virtio2/host5/uevent", "");
        assert_by_path("sda", ADAPTER "/virtio2/host6/target6:0:3/6:0:3:1", "/dev/disk/by-path/pci-0000:00:06.0-scsi-1:0:3:1");
        assert_by_path("sdb", ADAPTER "/usb3/3-1/3-1.2/3-1.2:1.0/host9/target9:0:0/9:0:0:0",
                       "/dev/disk/by-path/pci-0000:00:06.0-usb-0:1.2:1.0-scsi-0:0:0:0");
        put("sys/class/ata_port/ata1/port_no", "1\n");
        assert_by_path("sdc", ADAPTER "/ata1/host0/target0:0:1/0:0:1:0", "/dev/disk/by-path/pci-0000:00:06.0-ata-1.1");
        assert_by_path("sdd", ADAPTER "/ata1/host0/target0:2:0/0:2:0:0", "/dev/disk/by-path/pci-0000:00:06.0-ata-1.2.0");
        assert_by_path("sde", ADAPTER "/ata2/host0/target0:0:0/0:0:0:0", NULL);
        assert_by_path("sdf", ADAPTER "/host1/session1/target1:0:0/1:0:0:0", NULL);
        assert_by_path("mmcblk0", ADAPTER "/mmc_host/mmc0/mmc0:0001", NULL);
        assert_by_path("sdg", "sys/devices/platform/host1/target1:0:0/1:0:0:0", NULL);
}

/* As systemd's udev-builtin-path_id.c names them. */
static void test_by_path_of_fabrics(void **state) {
#define EXPANDED ADAPTER "/host2/port-2:0/expander-2:0/port-2:0:1/end_device-2:0:1/target2:0:1/2:0:1:0"
        put("sys/class/sas_port/port-2:1/num_phys", "1\n");
        put("sys/class/sas_device/end_device-2:1/phy_identifier", "3\n");
        assert_by_path("sda", ADAPTER "/host2/port-2:1/end_device-2:1/target2:0:0/2:0:0:5", "/dev/disk/by-path/pci-0000:00:06.0-sas-phy3-lun-5");
        put("sys/class/sas_port/port-2:0:1/num_phys", "1\n");
        put("sys/class/sas_device/end_device-2:0:1/phy_identifier", "7\n");
        put("sys/class/sas_device/end_device-2:0:1/sas_address", "0x5000c500a1b2c3d5\n");
        put("sys/class/sas_device/expander-2:0/sas_address", "0x500056b36789abff\n");
        assert_by_path("sdb", EXPANDED, "/dev/disk/by-path/pci-0000:00:06.0-sas-exp0x500056b36789abff-phy7-lun-0");
        put("sys/class/sas_port/port-2:0:1/num_phys", "2\n");
        assert_by_path("sdc", EXPANDED, "/dev/disk/by-path/pci-0000:00:06.0-sas-0x5000c500a1b2c3d5-lun-0");
        assert_by_path("sdd", ADAPTER "/host2/port-2:9/end_device-2:9/target2:0:9/2:0:9:0", NULL); /* nothing is known of it */
        put("sys/class/fc_remote_ports/rport-1:0-0/port_name", "0x5006016041e0d2f1\n");
        assert_by_path("sde", ADAPTER "/host1/rport-1:0-0/target1:0:0/1:0:0:16384",
                       "/dev/disk/by-path/pci-0000:00:06.0-fc-0x5006016041e0d2f1-lun-0x4000000000000000");
        assert_by_path("sdf", ADAPTER "/host1/rport-1:0-1/target1:0:1/1:0:1:0", NULL);
}

static void put_superblock(const char *name, off_t at) {
        char path[PATH_MAX];
        unsigned char super[512] = { 0xfc, 0x4e, 0x2b, 0xa9, 1 };
        super[145] = (unsigned char) (at / 512 >> 8);
        super[144] = (unsigned char) (at / 512);
        put(name, "");
        snprintf(path, sizeof path, "%s/%s", root, name);
        FILE *file = fopen(path, "r+");
        assert_non_null(file);
        fseek(file, at, SEEK_SET);
        fwrite(super, sizeof super, 1, file);
        fclose(file);
        assert_int_equal(truncate(path, 4 << 20), 0);
}

/* Found on disks and on partitions; a disk that cannot be read, or is none, is passed over. */
static void test_raid_members(void **state) {
        json_t *members;
        put("sys/block/sda/size", "8192\n");
        put("sys/block/sda/sda2/size", "8192\n");
        put("sys/block/sda/sda2/partition", "2\n");
        put("sys/block/sda/queue/size", "8192\n");
        put("sys/block/sdb/size", "8192\n");
        put("sys/block/sdc/size", "8192\n");
        put("sys/block/loop0/size", "8192\n");
        put_superblock("dev/sda2", 4096);
        put_superblock("dev/sdb", 0);
        put_superblock("dev/loop0", 0);
        put_superblock("dev/queue", 0);
        put("dev/sda", "short");
        assert_int_equal(collect_raid_members(root, &members), 0);
        assert_int_equal(json_array_size(members), 2);
        assert_text(json_array_get(members, 0), "device", "/dev/sda2");
        assert_text(json_array_get(members, 0), "version", "1.2");
        assert_text(json_array_get(members, 1), "device", "/dev/sdb");
        assert_number(json_array_get(members, 1), "level", 0);
        assert_null_value(json_array_get(members, 1), "disks");
        json_decref(members);
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

static void test_root_disk_of_none(void **state) {
        json_t *none = json_array(), *chosen = collect_root_disk(none);
        assert_true(json_is_null(chosen));
        json_decref(none);
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

static void test_wwn(void **state) {
        struct disk_wwn wwn;
        disk_wwn_parse("naa.600508b1001c4d3a0123456789abcdef", &wwn);
        assert_string_equal(wwn.wwn, "0x600508b1001c4d3a");
        assert_string_equal(wwn.with_extension, "0x600508b1001c4d3a0123456789abcdef");
        assert_string_equal(wwn.vendor_extension, "0x0123456789abcdef");
        disk_wwn_parse("eui.0025385b71b00d0e", &wwn);
        assert_string_equal(wwn.wwn, "eui.0025385b71b00d0e");
        assert_string_equal(wwn.vendor_extension, "");
        disk_wwn_parse("t10.ATA     QEMU HARDDISK   QM00001", &wwn);
        assert_string_equal(wwn.wwn, "");
        disk_wwn_parse("naa.12", &wwn);
        assert_string_equal(wwn.wwn, "");
        disk_wwn_parse("", &wwn);
        assert_string_equal(wwn.with_extension, "");
}

static void test_vpd_bounds(void **state) {
        char text[DISK_TEXT_MAX];
        const unsigned char lying[] = { 0, 0x80, 0xff, 0xff, 'A', 'B' };
        disk_vpd80_serial(lying, sizeof lying, text);
        assert_string_equal(text, "AB");
        disk_vpd80_serial(lying, 3, text);
        assert_string_equal(text, "");
        disk_vpd80_serial((const unsigned char *) "\0\x83\0\2AB", 6, text);
        assert_string_equal(text, "");
        disk_vpd89_model(lying, sizeof lying, text);
        assert_string_equal(text, "");
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

#define TREE_TEST(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void) {
        const struct CMUnitTest tests[] = {
                TREE_TEST(test_cpu),      TREE_TEST(test_memory),           TREE_TEST(test_numa),
                TREE_TEST(test_disks),    TREE_TEST(test_nics),             TREE_TEST(test_pci_and_usb), TREE_TEST(test_usb_starting), TREE_TEST(test_usb_serial), TREE_TEST(test_parallel_scsi),
                TREE_TEST(test_platform), TREE_TEST(test_failures_are_posted),
                TREE_TEST(test_by_path),  TREE_TEST(test_by_path_of_fabrics),  TREE_TEST(test_raid_members),     TREE_TEST(test_log_archive),
                TREE_TEST(test_bmc_by_acpi), TREE_TEST(test_lldp_of_firmware),
                cmocka_unit_test(test_root_disk_of_none),
                cmocka_unit_test(test_wwn), cmocka_unit_test(test_vpd_bounds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
