#include "netcfg/link_wanted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VLAN_ID_MAX 4094
#define MTU_MAX 65535

static bool copy_name(const char *name, char *buffer, size_t size) {
        return name && *name && snprintf(buffer, size, "%s", name) < (int) size;
}

static uint64_t count_machines(const char *first, const char *last) {
        struct ip a, b;

        if (!first || !last || ip_parse(first, &a) < 0 || ip_parse(last, &b) < 0 || a.family != AF_INET || b.family != AF_INET ||
            ntohl(b.v4.s_addr) < ntohl(a.v4.s_addr))
                return 0;
        return (uint64_t) ntohl(b.v4.s_addr) - ntohl(a.v4.s_addr) + 1;
}

static int parse_vlan(const json_t *entry, struct link_wanted *wanted) {
        int64_t vlan = json_get_int(entry, "vlan", 0);

        if (vlan == 0)
                return 0;
        if (vlan < 0 || vlan > VLAN_ID_MAX || !copy_name(json_get_string(entry, "parent"), wanted->parent, sizeof(wanted->parent)))
                return -EINVAL;
        wanted->vlan = (uint16_t) vlan;
        return 0;
}

static int parse_addresses(const json_t *entry, struct link_wanted *wanted) {
        const char *address = json_get_string(entry, "address"), *address6 = json_get_string(entry, "address6");

        if (!address || ip_prefix_parse(address, &wanted->address) < 0)
                return -EINVAL;
        wanted->has_address6 = address6;
        return address6 ? ip_prefix_parse(address6, &wanted->address6) : 0;
}

int link_wanted_parse(const json_t *entry, struct link_wanted *ret) {
        const char *manage = json_get_string(entry, "manage");
        int64_t mtu = json_get_int(entry, "mtu", 0);
        struct link_wanted wanted = {
                .mtu = (unsigned) mtu,
                .machines = count_machines(json_get_string(entry, "poolStart"), json_get_string(entry, "poolEnd")),
                .repair = manage && strcmp(manage, "repair") == 0,
        };

        if (!copy_name(json_get_string(entry, "name"), wanted.network, sizeof(wanted.network)) ||
            !copy_name(json_get_string(entry, "interface"), wanted.interface, sizeof(wanted.interface)) || mtu < 0 || mtu > MTU_MAX ||
            parse_vlan(entry, &wanted) < 0 || parse_addresses(entry, &wanted) < 0)
                return -EINVAL;
        *ret = wanted;
        return 0;
}
