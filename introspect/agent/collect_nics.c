#include <arpa/inet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/sysfs.h"

#define INFINIBAND_ADDRESS_TEXT 59 /* 20 bytes with colons */

/* How good an address is to reach the machine by: 2 global, 1 link-local, 0 none. */
static int v6_rank(const struct in6_addr *address) {
        if (IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address))
                return 0;
        return IN6_IS_ADDR_LINKLOCAL(address) ? 1 : 2;
}

static json_t *ipv4_address(const struct ifaddrs *addresses, const char *name) {
        char text[INET_ADDRSTRLEN];
        for (const struct ifaddrs *a = addresses; a; a = a->ifa_next)
                if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET && strcmp(a->ifa_name, name) == 0)
                        return json_text(
                                inet_ntop(AF_INET, &((const struct sockaddr_in *) a->ifa_addr)->sin_addr, text, sizeof text));
        return json_null();
}

static json_t *ipv6_address(const struct ifaddrs *addresses, const char *name) {
        const struct in6_addr *best = NULL;
        char text[INET6_ADDRSTRLEN];
        for (const struct ifaddrs *a = addresses; a; a = a->ifa_next) {
                if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET6 || strcmp(a->ifa_name, name) != 0)
                        continue;
                const struct in6_addr *address = &((const struct sockaddr_in6 *) a->ifa_addr)->sin6_addr;
                if (v6_rank(address) > (best ? v6_rank(best) : 0))
                        best = address;
        }
        return best ? json_text(inet_ntop(AF_INET6, best, text, sizeof text)) : json_null();
}

/* An InfiniBand port has a 20-byte address; its place in the world of MACs, and the client identifier by which its DHCP goes, are
 * derived from the GUID in the last 8 bytes, as IPA's Mellanox manager does (RFC 4390 for the identifier). */
static void set_hardware_address(json_t *nic, const char *root, const char *name) {
        char address[128], mac[32] = "";
        long long type = ARPHRD_ETHER;
        sysfs_read(address, sizeof address, "%s/sys/class/net/%s/address", root, name);
        sysfs_read_number(&type, "%s/sys/class/net/%s/type", root, name);
        if (type == ARPHRD_INFINIBAND && strlen(address) == INFINIBAND_ADDRESS_TEXT) {
                const char *guid = address + 36;
                snprintf(mac, sizeof mac, "%.9s%.8s", guid, guid + 15);
                json_object_set_new(nic, "client_id", json_sprintf("ff:00:00:00:00:00:02:00:00:02:c9:00:%s", guid));
        } else {
                snprintf(mac, sizeof mac, "%.17s", address);
                json_object_set_new(nic, "client_id", json_null());
        }
        json_object_set_new(nic, "mac_address", json_text(mac));
}

/* -1 and an error (no link, a virtual card) both mean that it is not known. */
static json_t *speed(const char *root, const char *name) {
        long long mbps;
        return sysfs_read_number(&mbps, "%s/sys/class/net/%s/speed", root, name) == 0 && mbps > 0 ? json_integer(mbps)
                                                                                                  : json_null();
}

/* As biosdevname(1) names a card on the main board: "em" and the number that the firmware gives it (SMBIOS type 41). */
static json_t *biosdevname(const char *root, const char *pci) {
        long long number;
        return *pci && sysfs_read_number(&number, "%s/sys/bus/pci/devices/%s/index", root, pci) == 0 && number > 0
                       ? json_sprintf("em%lld", number)
                       : json_null();
}

static json_t *describe(const char *root, const struct ifaddrs *addresses, const char *name) {
        char driver[64], pci[16] = "";
        long long carrier = 0;
        char *device = sysfs_real_path("%s/sys/class/net/%s/device", root, name);
        if (device)
                collect_pci_address(device, pci, sizeof pci);
        free(device);
        sysfs_link_name(driver, sizeof driver, "%s/sys/class/net/%s/device/driver", root, name);
        sysfs_read_number(&carrier, "%s/sys/class/net/%s/carrier", root, name);
        json_t *nic =
                json_pack("{s:o, s:o, s:o, s:b, s:n, s:o, s:o, s:o, s:o, s:o, s:o}", "name", json_text(name), "ipv4_address",
                          ipv4_address(addresses, name), "ipv6_address", ipv6_address(addresses, name), "has_carrier",
                          carrier == 1, "lldp", "vendor", sysfs_json_text("%s/sys/class/net/%s/device/vendor", root, name),
                          "product", sysfs_json_text("%s/sys/class/net/%s/device/device", root, name), "biosdevname",
                          biosdevname(root, pci), "speed_mbps", speed(root, name), "pci_address", json_text(pci), "driver", json_text(driver));
        set_hardware_address(nic, root, name);
        return nic;
}

int collect_nics(const char *root, const struct ifaddrs *addresses, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        int r = sysfs_names(&names, "%s/sys/class/net", root);
        if (r < 0)
                return r;
        json_t *list = json_array();
        for (char **name = names; *name; name++)
                if (sysfs_exists("%s/sys/class/net/%s/device", root, *name))
                        json_array_append_new(list, describe(root, addresses, *name));
        *ret = list;
        return 0;
}
