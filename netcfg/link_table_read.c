#include "netcfg/link_table_read.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/if_ether.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

/* What one dump fills, and whether memory sufficed. */
struct reading {
        struct link_table *table;
        bool failed;
};

static void copy_text(const struct nlattr *attribute, char *buffer, size_t size) {
        if (attribute)
                snprintf(buffer, size, "%.*s", nla_len(attribute), (const char *) nla_data(attribute));
}

static unsigned take_u32(const struct nlattr *attribute) {
        return attribute && nla_len(attribute) >= (int) sizeof(uint32_t) ? nla_get_u32(attribute) : 0;
}

static bool is_text(const struct nlattr *attribute, const char *text) {
        return attribute && strncmp(nla_data(attribute), text, (size_t) nla_len(attribute)) == 0;
}

/* ---- links */

static void take_vlan(struct nlattr *data, struct link *link) {
        struct nlattr *attributes[IFLA_VLAN_MAX + 1];

        if (!data || nla_parse_nested(attributes, IFLA_VLAN_MAX, data, NULL) < 0 || !attributes[IFLA_VLAN_ID] ||
            /* 802.1ad has ids of its own */
            (attributes[IFLA_VLAN_PROTOCOL] && nla_get_u16(attributes[IFLA_VLAN_PROTOCOL]) != htons(ETH_P_8021Q)))
                return;
        link->kind = LINK_VLAN;
        link->vlan = nla_get_u16(attributes[IFLA_VLAN_ID]);
}

static void take_kind(struct nlattr *info, struct link *link) {
        struct nlattr *attributes[IFLA_INFO_MAX + 1];

        if (!info || nla_parse_nested(attributes, IFLA_INFO_MAX, info, NULL) < 0)
                return;
        if (is_text(attributes[IFLA_INFO_KIND], "vlan"))
                take_vlan(attributes[IFLA_INFO_DATA], link);
        else if (is_text(attributes[IFLA_INFO_KIND], "bridge"))
                link->kind = LINK_BRIDGE;
}

/* The interface's own settings of IPv4: an array of 32-bit numbers, of which the first has the number 1. */
static bool takes_promotion(struct nlattr *families) {
        struct nlattr *inet[AF_INET + 1], *attributes[IFLA_INET_MAX + 1];
        const size_t at = (IPV4_DEVCONF_PROMOTE_SECONDARIES - 1) * sizeof(uint32_t);
        uint32_t value;

        if (!families || nla_parse_nested(inet, AF_INET, families, NULL) < 0 || !inet[AF_INET] ||
            nla_parse_nested(attributes, IFLA_INET_MAX, inet[AF_INET], NULL) < 0 || !attributes[IFLA_INET_CONF] ||
            (size_t) nla_len(attributes[IFLA_INET_CONF]) < at + sizeof(value))
                return false;
        memcpy(&value, (const char *) nla_data(attributes[IFLA_INET_CONF]) + at, sizeof(value));
        return value != 0;
}

static int take_link(struct nl_msg *msg, void *userdata) {
        struct reading *reading = userdata;
        struct nlattr *attributes[IFLA_MAX + 1];
        const struct ifinfomsg *message = nlmsg_data(nlmsg_hdr(msg));

        if (nlmsg_parse(nlmsg_hdr(msg), sizeof(*message), attributes, IFLA_MAX, NULL) < 0 || !attributes[IFLA_IFNAME])
                return NL_OK;
        struct link *link = link_table_add_link(reading->table);
        if (!link) {
                reading->failed = true;
                return NL_OK;
        }
        link->index = message->ifi_index;
        link->up = message->ifi_flags & IFF_UP;
        link->mtu = take_u32(attributes[IFLA_MTU]);
        link->mtu_max = take_u32(attributes[IFLA_MAX_MTU]);
        link->master = (int) take_u32(attributes[IFLA_MASTER]);
        if (!attributes[IFLA_LINK_NETNSID])
                link->parent = (int) take_u32(attributes[IFLA_LINK]);
        link->promotes = takes_promotion(attributes[IFLA_AF_SPEC]);
        copy_text(attributes[IFLA_IFNAME], link->name, sizeof(link->name));
        copy_text(attributes[IFLA_IFALIAS], link->alias, sizeof(link->alias));
        take_kind(attributes[IFLA_LINKINFO], link);
        return NL_OK;
}

static void forget_links(void *userdata) {
        struct reading *reading = userdata;

        reading->table->link_count = 0;
}

static int read_links(struct nl_sock *sock, struct reading *reading) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
        const struct ifinfomsg message = { .ifi_family = AF_UNSPEC };

        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0 ||
            nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0)
                return -ENOMEM;
        return netlink_dump(sock, request, take_link, forget_links, reading);
}

/* ---- addresses */

static int take_address(struct nl_msg *msg, void *userdata) {
        struct reading *reading = userdata;
        struct nlattr *attributes[IFA_MAX + 1];
        const struct ifaddrmsg *message = nlmsg_data(nlmsg_hdr(msg));
        struct ip ip;

        if (nlmsg_parse(nlmsg_hdr(msg), sizeof(*message), attributes, IFA_MAX, NULL) < 0 ||
            /* IFA_ADDRESS is the peer's where there is one */
            !netlink_take_ip(attributes[IFA_LOCAL] ?: attributes[IFA_ADDRESS], message->ifa_family, &ip))
                return NL_OK;
        struct link_address *address = link_table_add_address(reading->table);
        if (!address) {
                reading->failed = true;
                return NL_OK;
        }
        unsigned flags = attributes[IFA_FLAGS] ? take_u32(attributes[IFA_FLAGS]) : message->ifa_flags;
        address->link = (int) message->ifa_index;
        address->prefix = (struct ip_prefix) { ip, message->ifa_prefixlen };
        address->origin = attributes[IFA_PROTO] && nla_len(attributes[IFA_PROTO]) >= 1 ? nla_get_u8(attributes[IFA_PROTO]) : 0;
        /* The flag is that of IPv6's temporary addresses, too. */
        address->secondary = ip.family == AF_INET && flags & IFA_F_SECONDARY;
        address->duplicate = flags & IFA_F_DADFAILED;
        /* An address that an advertisement made has a lifetime, and no tool sets these. */
        address->automatic = ip.family == AF_INET6 && flags & (IFA_F_MANAGETEMPADDR | IFA_F_TEMPORARY | IFA_F_STABLE_PRIVACY);
        return NL_OK;
}

static void forget_addresses(void *userdata) {
        struct reading *reading = userdata;

        reading->table->address_count = 0;
}

static int read_addresses(struct nl_sock *sock, struct reading *reading) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP);
        const struct ifaddrmsg message = { .ifa_family = AF_UNSPEC };

        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0)
                return -ENOMEM;
        return netlink_dump(sock, request, take_address, forget_addresses, reading);
}

/* ---- limits of the neighbour tables */

static int take_limits(struct nl_msg *msg, void *userdata) {
        struct reading *reading = userdata;
        struct nlattr *attributes[NDTA_MAX + 1];

        /* A table tells its thresholds in a message of its own; those of each interface have none. */
        if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct ndtmsg), attributes, NDTA_MAX, NULL) < 0 || !attributes[NDTA_THRESH3])
                return NL_OK;
        const struct neighbour_limits limits = { take_u32(attributes[NDTA_THRESH2]), take_u32(attributes[NDTA_THRESH3]) };
        if (is_text(attributes[NDTA_NAME], "arp_cache"))
                reading->table->neighbours4 = limits;
        else if (is_text(attributes[NDTA_NAME], "ndisc_cache"))
                reading->table->neighbours6 = limits;
        return NL_OK;
}

static int read_limits(struct nl_sock *sock, struct reading *reading) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETNEIGHTBL, NLM_F_DUMP);
        const struct ndtmsg message = { .ndtm_family = AF_UNSPEC };

        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0)
                return -ENOMEM;
        return netlink_dump(sock, request, take_limits, NULL, reading);
}

int link_table_read(struct nl_sock *sock, struct link_table *table) {
        struct reading reading = { .table = table };
        int r;

        link_table_clear(table);
        if ((r = read_links(sock, &reading)) == 0 && (r = read_addresses(sock, &reading)) == 0)
                r = read_limits(sock, &reading);
        if (r == 0 && reading.failed)
                r = -ENOMEM;
        if (r < 0)
                link_table_clear(table);
        return r;
}
