#include "netcfg/nd.h"

#include <errno.h>

#include "lib/macro.h"

/* An option whose length is not that of an Ethernet address is of another medium. */
static void take_mac(struct wire *value, bool *has, struct mac *mac) {
        if (wire_left(value) != sizeof(mac->bytes))
                return;
        *has = true;
        wire_copy(value, mac->bytes, sizeof(mac->bytes));
}

static void take_source(struct nd *nd, struct wire *value) {
        take_mac(value, &nd->has_source_mac, &nd->source_mac);
}

static void take_target(struct nd *nd, struct wire *value) {
        take_mac(value, &nd->has_target_mac, &nd->target_mac);
}

static void take_prefix(struct nd *nd, struct wire *value) {
        struct nd_prefix prefix = { .length = wire_u8(value) };
        uint8_t flags = wire_u8(value);

        prefix.on_link = flags & 0x80;
        prefix.autonomous = flags & 0x40;
        prefix.valid_lifetime = wire_u32(value);
        prefix.preferred_lifetime = wire_u32(value);
        wire_skip(value, 4);
        wire_copy(value, &prefix.prefix, sizeof(prefix.prefix));
        if (!value->failed && prefix.length <= 128 && nd->prefix_count < ND_PREFIXES_MAX)
                nd->prefixes[nd->prefix_count++] = prefix;
}

static void take_mtu(struct nd *nd, struct wire *value) {
        wire_skip(value, 2);
        uint32_t mtu = wire_u32(value);
        if (value->failed)
                return;
        nd->has_mtu = true;
        nd->mtu = mtu;
}

static void take_dns(struct nd *nd, struct wire *value) {
        wire_skip(value, 2);
        uint32_t lifetime = wire_u32(value);
        if (wire_left(value) < sizeof(nd->dns[0]))
                return;
        nd->dns_lifetime = lifetime;
        while (wire_left(value) >= sizeof(nd->dns[0]) && nd->dns_count < ND_DNS_MAX)
                wire_copy(value, &nd->dns[nd->dns_count++], sizeof(nd->dns[0]));
}

static const struct {
        uint8_t type, option;
        void (*take)(struct nd *nd, struct wire *value);
} options[] = {
        { ND_ROUTER_SOLICITATION, 1, take_source },
        { ND_ROUTER_ADVERTISEMENT, 1, take_source },
        { ND_ROUTER_ADVERTISEMENT, 3, take_prefix },
        { ND_ROUTER_ADVERTISEMENT, 5, take_mtu },
        { ND_ROUTER_ADVERTISEMENT, 25, take_dns },
        { ND_NEIGHBOUR_SOLICITATION, 1, take_source },
        { ND_NEIGHBOUR_ADVERTISEMENT, 2, take_target },
};

static void take_options(struct nd *nd, struct wire *wire) {
        while (wire_left(wire) > 0) {
                uint8_t option = wire_u8(wire), length = wire_u8(wire);

                if (length == 0) { /* RFC 4861 4.6: the packet is to be dropped */
                        wire_fail(wire);
                        return;
                }
                struct wire value = wire_sub(wire, 8U * length - 2);
                for (size_t i = 0; i < ELEMENTS(options) && !value.failed; i++)
                        if (options[i].type == nd->type && options[i].option == option)
                                options[i].take(nd, &value);
        }
}

static void read_router_advertisement(struct nd *nd, struct wire *wire) {
        nd->hop_limit = wire_u8(wire);
        uint8_t flags = wire_u8(wire);
        nd->managed = flags & 0x80;
        nd->other = flags & 0x40;
        nd->router_lifetime = wire_u16(wire);
        nd->reachable_time = wire_u32(wire);
        nd->retransmit_time = wire_u32(wire);
}

static void read_neighbour(struct nd *nd, struct wire *wire) {
        uint32_t flags = wire_u32(wire);

        if (nd->type == ND_NEIGHBOUR_ADVERTISEMENT) {
                nd->router = flags & 1U << 31;
                nd->solicited = flags & 1U << 30;
                nd->override = flags & 1U << 29;
        }
        wire_copy(wire, &nd->target, sizeof(nd->target));
}

static bool is_solicited_node(const struct in6_addr *address) {
        static const uint8_t prefix[] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff }; /* RFC 4291 2.7.1 */

        return memcmp(address, prefix, sizeof(prefix)) == 0;
}

/* What RFC 4861 asks of a message before it may be believed. */
static bool is_valid(const struct nd *nd, const struct ipv6 *ip) {
        bool no_source = IN6_IS_ADDR_UNSPECIFIED(&ip->source);

        switch (nd->type) {
        case ND_ROUTER_SOLICITATION:
                return !(no_source && nd->has_source_mac);
        case ND_ROUTER_ADVERTISEMENT:
                return IN6_IS_ADDR_LINKLOCAL(&ip->source);
        case ND_NEIGHBOUR_SOLICITATION:
                return !IN6_IS_ADDR_MULTICAST(&nd->target) && !(no_source && (nd->has_source_mac || !is_solicited_node(&ip->destination)));
        default: /* ND_NEIGHBOUR_ADVERTISEMENT */
                return !IN6_IS_ADDR_MULTICAST(&nd->target) && !(IN6_IS_ADDR_MULTICAST(&ip->destination) && nd->solicited);
        }
}

int nd_parse(const struct ipv6 *ip, struct wire *wire, struct nd *ret) {
        struct nd nd = { .type = wire_u8(wire) };
        uint8_t code = wire_u8(wire);

        wire_skip(wire, 2); /* checksum */
        if (wire->failed)
                return -EBADMSG;
        if (nd.type < ND_ROUTER_SOLICITATION || nd.type > ND_NEIGHBOUR_ADVERTISEMENT)
                return -ENOMSG;
        if (ip->hop_limit != 255 || code != 0)
                return -EBADMSG;

        if (nd.type == ND_ROUTER_ADVERTISEMENT)
                read_router_advertisement(&nd, wire);
        else if (nd.type == ND_ROUTER_SOLICITATION)
                wire_skip(wire, 4);
        else
                read_neighbour(&nd, wire);
        take_options(&nd, wire);
        if (wire->failed || !is_valid(&nd, ip))
                return -EBADMSG;
        *ret = nd;
        return 0;
}
