#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/collect.h"
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

/* "usb-0:1.2:1.0-": the ports that lead to the device, configuration and interface, which are the name of the last interface above the disk
 * ("3-1.2:1.0") without its bus. "" if there is none; `buf` is then "" too. */
static void usb_part(const char *path, char *buf, size_t size) {
        unsigned bus;
        int length;
        buf[0] = '\0';
        for (const char *at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
                size_t name = strcspn(at + 1, "/");
                length = 0;
                if (sscanf(at + 1, "%u-%n", &bus, &length) == 1 && length > 0 && memchr(at + 1, ':', name))
                        snprintf(buf, size, "usb-0:%.*s-", (int) name - length, at + 1 + length);
        }
}

/* What stands between adapter and disk on these has a rule of its own, by names of the fabric. */
static bool is_fabric(const char *path) {
        return strstr(path, "/rport-") || strstr(path, "/session") || strstr(path, "/end_device-");
}

json_t *collect_by_path(const char *root, const char *name, const char *path) {
        char pci[16], usb[64];
        long long namespace;
        unsigned ata;
        struct scsi_address address;
        if (!path)
                return json_null();
        collect_pci_address(path, pci, sizeof pci);
        if (!*pci)
                return json_null();
        if (strncmp(name, "nvme", 4) == 0 && sysfs_read_number(&namespace, "%s/sys/block/%s/nsid", root, name) == 0)
                return json_sprintf("/dev/disk/by-path/pci-%s-nvme-%lld", pci, namespace);
        if (strncmp(name, "vd", 2) == 0)
                return json_sprintf("/dev/disk/by-path/pci-%s", pci);
        if (!scsi_address(path, &address) || is_fabric(path))
                return json_null();
        const char *at = strstr(path, "/ata");
        if (at && sscanf(at, "/ata%u/", &ata) == 1)
                return ata_path(root, pci, ata, &address);
        usb_part(path, usb, sizeof usb);
        return json_sprintf("/dev/disk/by-path/pci-%s-%sscsi-%u:%u:%u:%u", pci, usb, host_offset(path, address.host), address.channel,
                            address.target, address.lun);
}
