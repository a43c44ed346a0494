/* The collectors: each looks at one kind of hardware below `root` ("" on a real machine) and returns JSON in the shape that
 * ironic-python-agent posts. All return 0 with *ret a new reference, or a negative errno with *ret untouched. What cannot be found
 * out is null in the result, not an error. */
#pragma once

#include <ifaddrs.h>
#include <jansson.h>
#include <stdbool.h>

#define COLLECT_SECTOR_BYTES 512 /* the unit of /sys/block/X/size, whatever the disk's own sector is */

/* {model_name, frequency (MHz, text), count, architecture, flags[], socket_count} */
int collect_cpu(const char *root, json_t **ret);

/* {total (bytes that the kernel has), physical_mb (installed)}. `installed_kb` is from SMBIOS; 0: not known. Then, and where it is less than the kernel
 * has, it is the kernel's. */
int collect_memory(const char *root, unsigned long long installed_kb, json_t **ret);

/* {ram: [{numa_node, size_kb}], cpus: [{cpu, numa_node, thread_siblings[]}], nics: [{name, numa_node}]} */
int collect_numa(const char *root, json_t **ret);

/* [{name, model, size, rotational, wwn, serial, vendor, ...}], without loop, RAM, optical, floppy and device-mapper devices, those
 * that other devices make up, and drives without a medium. */
int collect_disks(const char *root, json_t **ret);

/* Is /sys/block/`name` one of those? */
bool collect_is_disk(const char *root, const char *name);

/* [{device, format, version, array_uuid, array_name, level, disks, role}] of the disks and partitions that bear the superblock of a software RAID
 * (md, Intel's, DDF), which are read below `root`/dev: nothing assembles arrays here, so sysfs does not know. */
int collect_raid_members(const char *root, json_t **ret);

/* The name that udev would give a disk below /dev/disk/by-path (systemd, udev-builtin-path_id.c), null for the kinds whose rule is not plain.
 * `path` is its `device` in sysfs, resolved; NULL gives null. */
json_t *collect_by_path(const char *root, const char *name, const char *path);

/* Picks from collect_disks()'s list what IPA would without hints: the smallest of at least 4 GiB; a USB stick only if there is nothing
 * else. A new reference; null if there is none. */
json_t *collect_root_disk(json_t *disks);

/* [{name, mac_address, ipv4_address, ipv6_address, has_carrier, ...}] of cards with a device behind them. `addresses` is from
 * getifaddrs(3), borrowed, may be NULL. */
int collect_nics(const char *root, const struct ifaddrs *addresses, json_t **ret);

/* [{vendor_id, product_id, class, revision, bus, numa_node_id}] */
int collect_pci(const char *root, json_t **ret);

/* [{vendor, product, handle, vendor_id, product_id, serial_number}] */
int collect_usb(const char *root, json_t **ret);

/* {present, version ("1.2" or "2.0") or null} */
int collect_tpm(const char *root, json_t **ret);

/* {current_boot_mode: "bios"|"uefi", pxe_interface: `bootif` as it stands on the command line, null if ""} */
int collect_boot(const char *root, const char *bootif, json_t **ret);

/* Writes the address of the PCI device that `real_path` (resolved, in sysfs) lies below or is ("0000:00:03.0"): the last component of
 * that form. "" if there is none. `buf` holds at least 16 bytes. */
void collect_pci_address(const char *real_path, char *buf, size_t size);
