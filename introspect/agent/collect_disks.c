#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/disk_identity.h"
#include "introspect/agent/sysfs.h"

#define VPD_MAX 4096
#define ROOT_DISK_MIN (4LL << 30)

/* Devices without hardware of their own, and drives for media that come and go. */
bool collect_is_disk(const char *root, const char *name) {
        static const char *const others[] = { "loop", "ram", "zram", "sr", "fd", "dm-", "md", "nbd", "drbd", "rbd", "mtdblock" };
        long long sectors, hidden;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
                size_t length = strlen(others[i]);
                if (strncmp(name, others[i], length) == 0 && (name[length] == '\0' || strchr("0123456789", name[length])))
                        return false;
        }
        /* a path of a multipath NVMe namespace (nvme0c0n1) is hidden behind the namespace */
        if (sysfs_read_number(&hidden, "%s/sys/block/%s/hidden", root, name) == 0 && hidden)
                return false;
        return sysfs_read_number(&sectors, "%s/sys/block/%s/size", root, name) == 0 && sectors > 0;
}

/* Cables of old, and what virtual machines have in their place: known by the class of the host. */
static bool is_parallel_scsi(const char *path) {
        const char *host = strstr(path, "/host");
        return host && sysfs_exists("%.*s/spi_host", (int) (host + 1 + strcspn(host + 1, "/") - path), path);
}

/* How the disk is attached, by the devices above it; as lsblk's TRAN. */
static const char *transport(const char *name, const char *path) {
        static const struct {
                const char *part, *transport;
        } parts[] = { { "/usb", "usb" },  { "/session", "iscsi" }, { "/rport-", "fc" },    { "/end_device-", "sas" },
                      { "/ata", "sata" }, { "/mmc_host/", "mmc" }, { "/virtio", "virtio" } };
        if (strncmp(name, "nvme", 4) == 0)
                return "nvme";
        for (size_t i = 0; path && i < sizeof parts / sizeof *parts; i++)
                if (strstr(path, parts[i].part))
                        return parts[i].transport;
        return path && is_parallel_scsi(path) ? "spi" : NULL;
}

/* "0:0:1:0", the SCSI address, where the device is one. */
static void hctl_of(const char *path, char *buf, size_t size) {
        unsigned host, channel, target, lun;
        char rest;
        const char *last = path ? strrchr(path, '/') : NULL;
        buf[0] = '\0';
        if (last && sscanf(last + 1, "%u:%u:%u:%u%c", &host, &channel, &target, &lun, &rest) == 4)
                snprintf(buf, size, "%s", last + 1);
}

/* Of the USB device whose interface the disk is at; udev too takes it only where the disk itself tells none. */
static json_t *usb_serial(const char *path) {
        const char *interface = path ? disk_usb_interface(path) : NULL;
        return interface ? sysfs_json_text("%.*sserial", (int) (interface - path), path) : json_null();
}

/* `path` is the disk's device, resolved. */
static json_t *serial_of(const char *root, const char *name, const char *path) {
        char text[256], serial[DISK_TEXT_MAX];
        unsigned char *page;
        size_t size;
        if (sysfs_read_binary(&page, &size, VPD_MAX, "%s/sys/block/%s/device/vpd_pg80", root, name) == 0) {
                disk_vpd80_serial(page, size, serial);
                free(page);
                if (*serial)
                        return json_text(serial);
        }
        /* virtio-blk has it at the block device; NVMe, and MMC, at the device */
        if (sysfs_read(text, sizeof text, "%s/sys/block/%s/serial", root, name) > 0
            || sysfs_read(text, sizeof text, "%s/sys/block/%s/device/serial", root, name) > 0)
                return json_text(text);
        return usb_serial(path);
}

static json_t *model_of(const char *root, const char *name) {
        char model[DISK_TEXT_MAX];
        unsigned char *page;
        size_t size;
        if (sysfs_read_binary(&page, &size, VPD_MAX, "%s/sys/block/%s/device/vpd_pg89", root, name) == 0) {
                disk_vpd89_model(page, size, model);
                free(page);
                if (*model)
                        return json_text(model);
        }
        return sysfs_json_text("%s/sys/block/%s/device/model", root, name);
}

static void set_wwn(json_t *disk, const char *root, const char *name) {
        char wwid[DISK_WWID_MAX];
        struct disk_wwn wwn;
        /* NVMe has it at the namespace, SCSI at the device */
        if (sysfs_read(wwid, sizeof wwid, "%s/sys/block/%s/wwid", root, name) <= 0)
                sysfs_read(wwid, sizeof wwid, "%s/sys/block/%s/device/wwid", root, name);
        disk_wwn_parse(wwid, &wwn);
        json_object_set_new(disk, "wwn", json_text(wwn.wwn));
        json_object_set_new(disk, "wwn_with_extension", json_text(wwn.with_extension));
        json_object_set_new(disk, "wwn_vendor_extension", json_text(wwn.vendor_extension));
}

static json_t *describe(const char *root, const char *name) {
        char hctl[64];
        long long sectors = 0, rotational = 0, removable = 0;
        char *path = sysfs_real_path("%s/sys/block/%s/device", root, name);
        hctl_of(path, hctl, sizeof hctl);
        sysfs_read_number(&sectors, "%s/sys/block/%s/size", root, name);
        sysfs_read_number(&rotational, "%s/sys/block/%s/queue/rotational", root, name);
        sysfs_read_number(&removable, "%s/sys/block/%s/removable", root, name);
        json_t *disk =
                json_pack("{s:o, s:o, s:I, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_sprintf("/dev/%s", name),
                          "model", model_of(root, name), "size", (json_int_t) (sectors * COLLECT_SECTOR_BYTES), "rotational",
                          rotational == 1, "removable", removable == 1, "serial", serial_of(root, name, path), "vendor",
                          sysfs_json_text("%s/sys/block/%s/device/vendor", root, name), "hctl", json_text(hctl), "by_path",
                          collect_by_path(root, name, path), "logical_sectors",
                          sysfs_json_number("%s/sys/block/%s/queue/logical_block_size", root, name), "physical_sectors",
                          sysfs_json_number("%s/sys/block/%s/queue/physical_block_size", root, name), "tran",
                          json_text(transport(name, path)));
        set_wwn(disk, root, name);
        free(path);
        return disk;
}

int collect_disks(const char *root, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        int r = sysfs_names(&names, "%s/sys/block", root);
        if (r < 0)
                return r;
        json_t *list = json_array();
        for (char **name = names; *name; name++)
                if (collect_is_disk(root, *name))
                        json_array_append_new(list, describe(root, *name));
        *ret = list;
        return 0;
}

static bool is_portable(json_t *disk) {
        const char *tran = json_string_value(json_object_get(disk, "tran"));
        return json_is_true(json_object_get(disk, "removable")) || (tran && strcmp(tran, "usb") == 0);
}

json_t *collect_root_disk(json_t *disks) {
        json_t *disk, *best = NULL;
        size_t index;
        json_array_foreach(disks, index, disk) {
                json_int_t size = json_integer_value(json_object_get(disk, "size"));
                if (size < ROOT_DISK_MIN)
                        continue;
                bool fixed_now = !is_portable(disk), fixed_best = best && !is_portable(best);
                if (!best || (fixed_now && !fixed_best)
                    || (fixed_now == fixed_best && size < json_integer_value(json_object_get(best, "size"))))
                        best = disk;
        }
        return best ? json_incref(best) : json_null();
}
