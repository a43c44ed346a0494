/* Disks as the ramdisk sees them: facts, paths, members of RAIDs. */
#include <arpa/inet.h>
#include <errno.h>

#include "introspect/agent/disk_identity.h"
#include "introspect/agent/inventory.h"
#include "introspect/agent/sysfs.h"
#include "tests/unit/agent_fixture.h"

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

/* Intel's VMD hides a server's drives in a PCI domain of its own, whose number has five digits. */
static void test_by_path_behind_vmd(void **state) {
#define VMD "sys/devices/pci0000:64/0000:64:00.5/pci10000:00"
        put(VMD "/10000:00:02.0/10000:01:00.0/nvme/nvme0/uevent", "");
        put("sys/block/nvme0n1/nsid", "1\n");
        put("sys/block/nvme1n1/nsid", "1\n");
        assert_by_path("nvme0n1", VMD "/10000:00:02.0/10000:01:00.0/nvme/nvme0", "/dev/disk/by-path/pci-0000:64:00.5-pci-10000:01:00.0-nvme-1");
        assert_by_path("nvme1n1", VMD "/10000:00:03.0/10000:02:00.0/nvme/nvme1", "/dev/disk/by-path/pci-0000:64:00.5-pci-10000:02:00.0-nvme-1");
#undef VMD
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

/* A drive without an EUI-64 is named by its vendor, serial number and model, up to 140 characters; what tells its namespaces apart comes last. */
static void test_long_nvme_wwid(void **state) {
#define DRIVE "nvme.144d-5336343947364e5437303530303037202020-53414d53554e47204d5a574c4a335438484245532d30303030372020202020202020"
        json_t *disks;
        put("sys/block/nvme0n1/size", "1000\n");
        put("sys/block/nvme0n1/wwid", DRIVE "-00000001\n");
        put("sys/block/nvme0n2/size", "1000\n");
        put("sys/block/nvme0n2/wwid", DRIVE "-00000002\n");
        assert_int_equal(collect_disks(root, &disks), 0);
        assert_text(entry_named(disks, "/dev/nvme0n1"), "wwn", DRIVE "-00000001");
        assert_text(entry_named(disks, "/dev/nvme0n2"), "wwn", DRIVE "-00000002");
        assert_text(entry_named(disks, "/dev/nvme0n2"), "wwn_with_extension", DRIVE "-00000002");
        json_decref(disks);
#undef DRIVE
}

static void test_root_disk_of_none(void **state) {
        json_t *none = json_array(), *chosen = collect_root_disk(none);
        assert_true(json_is_null(chosen));
        json_decref(none);
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

int main(void) {
        const struct CMUnitTest tests[] = {
                TREE_TEST(test_disks),
                TREE_TEST(test_usb_serial),
                TREE_TEST(test_parallel_scsi),
                TREE_TEST(test_by_path),
                TREE_TEST(test_by_path_behind_vmd),
                TREE_TEST(test_by_path_of_fabrics),
                TREE_TEST(test_raid_members),
                TREE_TEST(test_long_nvme_wwid),
                cmocka_unit_test(test_root_disk_of_none),
                cmocka_unit_test(test_wwn),
                cmocka_unit_test(test_vpd_bounds),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
