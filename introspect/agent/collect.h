/* The collectors: each looks at one kind of hardware below `root` ("" on a real machine) and returns JSON in the shape that
 * ironic-python-agent posts. All return 0 with *ret a new reference, or a negative errno with *ret untouched. What cannot be found
 * out is null in the result, not an error. */
#pragma once

#include <ifaddrs.h>
#include <jansson.h>

/* {model_name, frequency (MHz, text), count, architecture, flags[], socket_count} */
int collect_cpu(const char *root, json_t **ret);

/* {total (bytes that the kernel has), physical_mb (installed)}. `installed_kb` is from SMBIOS; 0: not known, then the kernel's. */
int collect_memory(const char *root, unsigned long long installed_kb, json_t **ret);

/* {ram: [{numa_node, size_kb}], cpus: [{cpu, numa_node, thread_siblings[]}], nics: [{name, numa_node}]} */
int collect_numa(const char *root, json_t **ret);

/* [{name, model, size, rotational, wwn, serial, vendor, ...}], without loop, RAM, optical, floppy and device-mapper devices, those
 * that other devices make up, and drives without a medium. */
int collect_disks(const char *root, json_t **ret);

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
