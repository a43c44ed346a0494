/*
 * A captured frame, taken apart. What follows what (EtherType, IP protocol, port -> parser) stands in tables in packet.c: a further
 * protocol is a parser of its own, a kind here, a row there, and a row in observer.c that says what it tells. Pure.
 */
#pragma once

#include "lib/lldp.h"
#include "netcfg/arp.h"
#include "netcfg/cdp.h"
#include "netcfg/dhcp4.h"
#include "netcfg/dhcp6.h"
#include "netcfg/ethernet.h"
#include "netcfg/ipv4.h"
#include "netcfg/ipv6.h"
#include "netcfg/nd.h"
#include "netcfg/tftp.h"

enum packet_kind { PACKET_OTHER, PACKET_ARP, PACKET_DHCP4, PACKET_TFTP, PACKET_LLDP, PACKET_CDP, PACKET_DHCP6, PACKET_ND, PACKET_KINDS };

struct packet {
        enum packet_kind kind; /* which of the union is set */
        struct ethernet ethernet;
        struct ipv4 ip;  /* DHCP4, TFTP */
        struct ipv6 ip6; /* DHCP6, ND, TFTP: of TFTP the one that `ethernet` names */
        struct udp udp; /* DHCP4, TFTP, DHCP6 */
        union {
                struct arp arp;
                struct dhcp4 dhcp4;
                struct tftp tftp;
                struct lldp lldp;
                struct cdp cdp;
                struct dhcp6 dhcp6;
                struct nd nd;
        };
};

static inline bool packet_is_ipv6(const struct packet *packet) {
        return packet->ethernet.type == 0x86dd;
}

/* Of a packet that has one of both. */
static inline struct ip packet_source(const struct packet *packet) {
        return packet_is_ipv6(packet) ? ip_from_v6(packet->ip6.source) : ip_from_v4(packet->ip.source);
}

static inline struct ip packet_destination(const struct packet *packet) {
        return packet_is_ipv6(packet) ? ip_from_v6(packet->ip6.destination) : ip_from_v4(packet->ip.destination);
}

/* Takes a frame apart. -EBADMSG: some layer is damaged; -ENOMSG: sound as far as it was looked at, but nothing that is known. In both
 * cases `ret->ethernet` is set where the frame has that much, and the kind is PACKET_OTHER. */
int packet_parse(const void *frame, size_t size, struct packet *ret);
