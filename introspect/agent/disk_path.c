#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/disk_identity.h"
#include "introspect/agent/sysfs.h"

struct scsi_address {
        unsigned host, channel, target, lun;
};

static bool scsi_address(const char *path, struct scsi_address *ret) {
        const char *last = strrchr(path, '/');
        char rest;
        return last && sscanf(last + 1, "%u:%u:%u:%u%c", &ret->host, &ret->channel, &ret->target, &ret->lun, &rest) == 4;
}

/* Behind a port multiplier the channel counts, with a slave on the cable the target; else udev keeps the name of old. */
static json_t *ata_path(const char *root, const char *pci, unsigned ata, const struct scsi_address *address) {
        long long port;
        if (sysfs_read_number(&port, "%s/sys/class/ata_port/ata%u/port_no", root, ata) < 0)
                return json_null();
        if (address->channel != 0)
                return json_sprintf("/dev/disk/by-path/pci-%s-ata-%lld.%u.0", pci, port, address->channel);
        if (address->target != 0)
                return json_sprintf("/dev/disk/by-path/pci-%s-ata-%lld.%u", pci, port, address->target);
        return json_sprintf("/dev/disk/by-path/pci-%s-ata-%lld", pci, port);
}

/* Hosts are numbered in the order in which drivers come; the name has the number among those of one adapter. */
static unsigned host_offset(const char *path, unsigned host) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        const char *at = strstr(path, "/host");
        unsigned number, lowest = host;
        char rest;
        if (!at || sysfs_names(&names, "%.*s", (int) (at - path), path) < 0)
                return 0;
        for (char **name = names; *name; name++)
                if (sscanf(*name, "host%u%c", &number, &rest) == 1 && number < lowest)
                        lowest = number;
        return host - lowest;
}

/* "usb-0:1.2:1.0-": the ports that lead to the device, configuration and interface, which are the name of the interface ("3-1.2:1.0") without its
 * bus. "" if there is none. */
static void usb_part(const char *path, char *buf, size_t size) {
        const char *interface = disk_usb_interface(path);
        const char *ports = interface ? strchr(interface, '-') + 1 : NULL;
        buf[0] = '\0';
        if (ports)
                snprintf(buf, size, "usb-0:%.*s-", (int) strcspn(ports, "/"), ports);
}

/* The component of `path` that ends at `end` (a slash or the NUL). Returns where it starts: the slash before it. */
static const char *component(const char *path, const char *end, char *buf, size_t size) {
        const char *start = end;
        while (start > path && start[-1] != '/')
                start--;
        snprintf(buf, size, "%.*s", (int) (end - start), start);
        return start > path ? start - 1 : path;
}

/* Peripheral addressing up to 255; what is above is written with the words of the LUN's eight bytes (SAM-5, 4.7). */
static void lun_part(unsigned lun, char *buf, size_t size) {
        if (lun < 256)
                snprintf(buf, size, "lun-%u", lun);
        else
                snprintf(buf, size, "lun-0x%04x%04x00000000", lun & 0xffff, lun >> 16);
}

/* .../host0/port-0:0/[expander-0:0/port-0:0:1/]end_device-0:0:1/target...: a disk at one phy is named by the phy and the expander that has it, one that
 * is connected by several at once by its own address. */
static json_t *sas_path(const char *root, const char *pci, const char *path, const char *at, const char *lun) {
        char device[64], port[64], parent[64], address[32], own[32], phy[16], phys[16];
        const char *up = component(path, at + 1 + strcspn(at + 1, "/"), device, sizeof device);
        up = component(path, up, port, sizeof port);
        component(path, up, parent, sizeof parent);
        sysfs_read(own, sizeof own, "%s/sys/class/sas_device/%s/sas_address", root, device);
        sysfs_read(phy, sizeof phy, "%s/sys/class/sas_device/%s/phy_identifier", root, device);
        sysfs_read(phys, sizeof phys, "%s/sys/class/sas_port/%s/num_phys", root, port);
        if (!*phys)
                return json_null();
        if (strcmp(phys, "1") != 0)
                return *own ? json_sprintf("/dev/disk/by-path/pci-%s-sas-%s-%s", pci, own, lun) : json_null();
        if (!*phy)
                return json_null();
        if (sysfs_read(address, sizeof address, "%s/sys/class/sas_device/%s/sas_address", root, parent) > 0)
                return json_sprintf("/dev/disk/by-path/pci-%s-sas-exp%s-phy%s-%s", pci, address, phy, lun);
        return json_sprintf("/dev/disk/by-path/pci-%s-sas-phy%s-%s", pci, phy, lun);
}

/* By the name of the port at the other end. */
static json_t *fibre_path(const char *root, const char *pci, const char *path, const char *at, const char *lun) {
        char remote[64], name[32];
        component(path, at + 1 + strcspn(at + 1, "/"), remote, sizeof remote);
        if (sysfs_read(name, sizeof name, "%s/sys/class/fc_remote_ports/%s/port_name", root, remote) <= 0)
                return json_null();
        return json_sprintf("/dev/disk/by-path/pci-%s-fc-%s-%s", pci, name, lun);
}

/* "0000:01:00.0"; where drives are hidden in a PCI domain of their own (Intel's VMD), the device that hides them goes before:
 * "0000:64:00.5-pci-10000:01:00.0". "" if there is none. */
static void pci_part(const char *path, char *buf, size_t size) {
        char part[PATH_MAX], address[16];
        size_t used = 0;
        buf[0] = '\0';
        for (const char *domain = path, *next; domain && used < size; domain = next) {
                next = strstr(domain + 1, "/pci");
                snprintf(part, sizeof part, "%.*s", (int) (next ? (size_t) (next - domain) : strlen(domain)), domain);
                collect_pci_address(part, address, sizeof address);
                if (*address)
                        used += (size_t) snprintf(buf + used, size - used, "%s%s", used > 0 ? "-pci-" : "", address);
        }
}

json_t *collect_by_path(const char *root, const char *name, const char *path) {
        char pci[64], usb[64], lun[32];
        long long namespace;
        unsigned ata;
        struct scsi_address address;
        if (!path)
                return json_null();
        pci_part(path, pci, sizeof pci);
        if (!*pci)
                return json_null();
        if (strncmp(name, "nvme", 4) == 0 && sysfs_read_number(&namespace, "%s/sys/block/%s/nsid", root, name) == 0)
                return json_sprintf("/dev/disk/by-path/pci-%s-nvme-%lld", pci, namespace);
        if (strncmp(name, "vd", 2) == 0)
                return json_sprintf("/dev/disk/by-path/pci-%s", pci);
        if (!scsi_address(path, &address) || strstr(path, "/session"))
                return json_null();
        lun_part(address.lun, lun, sizeof lun);
        const char *at = strstr(path, "/end_device-");
        if (at)
                return sas_path(root, pci, path, at, lun);
        at = strstr(path, "/rport-");
        if (at)
                return fibre_path(root, pci, path, at, lun);
        at = strstr(path, "/ata");
        if (at && sscanf(at, "/ata%u/", &ata) == 1)
                return ata_path(root, pci, ata, &address);
        usb_part(path, usb, sizeof usb);
        return json_sprintf("/dev/disk/by-path/pci-%s-%sscsi-%u:%u:%u:%u", pci, usb, host_offset(path, address.host), address.channel,
                            address.target, address.lun);
}
