/*
 * IPv6 neighbour discovery (RFC 4861): router solicitations and advertisements, neighbour solicitations and advertisements, and those of their
 * options that tell addresses. Pure. Checksums are not looked at (see ipv4.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netcfg/ipv6.h"

/* ICMPv6 types */
enum { ND_ROUTER_SOLICITATION = 133, ND_ROUTER_ADVERTISEMENT, ND_NEIGHBOUR_SOLICITATION, ND_NEIGHBOUR_ADVERTISEMENT };

/* Of prefixes and of DNS servers; more are passed over. */
#define ND_PREFIXES_MAX 4
#define ND_DNS_MAX 4

/* Option 3, RFC 4861 4.6.2. Lifetimes in seconds. */
struct nd_prefix {
        struct in6_addr prefix;
        uint8_t length;
        bool on_link, autonomous;
        uint32_t valid_lifetime, preferred_lifetime;
};

struct nd {
        uint8_t type; /* one of the above */

        /* of a neighbour solicitation or advertisement */
        struct in6_addr target;
        bool router, solicited, override; /* only of an advertisement */

        /* of a router advertisement */
        uint8_t hop_limit; /* 0: not told */
        bool managed, other;      /* addresses, other things come by DHCPv6 */
        uint16_t router_lifetime; /* seconds; 0: no default router */
        uint32_t reachable_time, retransmit_time; /* milliseconds; 0: not told */
        struct nd_prefix prefixes[ND_PREFIXES_MAX];
        unsigned prefix_count;
        bool has_mtu;
        uint32_t mtu; /* option 5 */
        /* option 25 (RFC 8106); those of several options together, with the lifetime of the last */
        struct in6_addr dns[ND_DNS_MAX];
        unsigned dns_count;
        uint32_t dns_lifetime; /* seconds */

        /* options 1 and 2, where they are Ethernet addresses */
        bool has_source_mac, has_target_mac;
        struct mac source_mac, target_mac;
};

/*
 * The payload of the IPv6 packet `ip`, an ICMPv6 message. -ENOMSG: no such message. -EBADMSG: damaged, or not to be believed by the
 * rules of RFC 4861 6.1.1, 6.1.2, 7.1.1 and 7.1.2, above all one whose hop limit is not 255: it may come from beyond a router.
 */
int nd_parse(const struct ipv6 *ip, struct wire *wire, struct nd *ret);
