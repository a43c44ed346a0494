#include "netcfg/packet.h"

#include <errno.h>

#include "lib/macro.h"

static int parse_arp(struct wire *wire, struct packet *packet) {
        packet->kind = PACKET_ARP;
        return arp_parse(wire, &packet->arp);
}

static int parse_dhcp4(struct wire *wire, struct packet *packet) {
        packet->kind = PACKET_DHCP4;
        return dhcp4_parse(wire, &packet->dhcp4);
}

static int parse_tftp(struct wire *wire, struct packet *packet) {
        packet->kind = PACKET_TFTP;
        return tftp_parse(wire, &packet->tftp);
}

static int parse_dhcp6(struct wire *wire, struct packet *packet) {
        packet->kind = PACKET_DHCP6;
        return dhcp6_parse(wire, &packet->dhcp6);
}

static int parse_nd(struct wire *wire, struct packet *packet) {
        packet->kind = PACKET_ND;
        return nd_parse(&packet->ip6, wire, &packet->nd);
}

/* What follows a TFTP request goes on between two ports of free choice: only what looks like such a packet is one. */
static int parse_tftp_other(struct wire *wire, struct packet *packet) {
        struct wire ahead = *wire;
        uint16_t operation = wire_u16(&ahead), block = wire_u16(&ahead);
        bool is_one = operation == TFTP_OPTIONS || operation == TFTP_ERROR || (operation == TFTP_DATA && block == 1) ||
                      (operation == TFTP_ACKNOWLEDGEMENT && !ahead.failed && wire_left(&ahead) == 0);

        return is_one ? parse_tftp(wire, packet) : -ENOMSG;
}

enum { PORT_ANY = 0 };

struct port_row {
        uint16_t source, destination;
        int (*parse)(struct wire *wire, struct packet *packet);
};

static const struct port_row by_udp4_port[] = {
        { PORT_ANY, 67, parse_dhcp4 },   /* to a server, also from a relay */
        { 67, PORT_ANY, parse_dhcp4 },   /* to a client */
        { PORT_ANY, 4011, parse_dhcp4 }, /* PXE 2.1 boot server, proxy DHCP */
        { 4011, PORT_ANY, parse_dhcp4 },
        { PORT_ANY, 69, parse_tftp },
        { PORT_ANY, PORT_ANY, parse_tftp_other },
}, by_udp6_port[] = {
        { PORT_ANY, 547, parse_dhcp6 }, /* to a server or relay */
        { PORT_ANY, 546, parse_dhcp6 }, /* to a client */
        { PORT_ANY, 69, parse_tftp },
        { PORT_ANY, PORT_ANY, parse_tftp_other },
};

static int parse_udp(struct wire *wire, struct packet *packet, const struct port_row *rows, size_t row_count) {
        struct wire payload;

        int r = udp_parse(wire, &packet->udp, &payload);
        if (r < 0)
                return r;
        for (size_t i = 0; i < row_count; i++)
                if ((rows[i].source == PORT_ANY || rows[i].source == packet->udp.source) &&
                    (rows[i].destination == PORT_ANY || rows[i].destination == packet->udp.destination))
                        return rows[i].parse(&payload, packet);
        return -ENOMSG;
}

static int parse_ipv4(struct wire *wire, struct packet *packet) {
        struct wire payload;

        int r = ipv4_parse(wire, &packet->ip, &payload);
        if (r < 0)
                return r;
        return packet->ip.protocol == IPPROTO_UDP ? parse_udp(&payload, packet, by_udp4_port, ELEMENTS(by_udp4_port)) : -ENOMSG;
}

static int parse_ipv6(struct wire *wire, struct packet *packet) {
        struct wire payload;

        int r = ipv6_parse(wire, &packet->ip6, &payload);
        if (r < 0)
                return r;
        if (packet->ip6.protocol == IPPROTO_UDP)
                return parse_udp(&payload, packet, by_udp6_port, ELEMENTS(by_udp6_port));
        return packet->ip6.protocol == IPPROTO_ICMPV6 ? parse_nd(&payload, packet) : -ENOMSG;
}

static int parse_lldp(struct wire *wire, struct packet *packet) {
        packet->kind = PACKET_LLDP;
        return lldp_parse_unit(wire, &packet->lldp);
}

/* An 802.3 frame has its length in place of a type, so that padding is told apart; LLC (IEEE 802.2) follows, and for CDP SNAP. */
static int parse_llc(struct wire *wire, struct packet *packet) {
        static const uint8_t cdp[] = { 0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00 };
        struct wire payload = wire_sub(wire, packet->ethernet.type);

        if (payload.failed)
                return -EBADMSG;
        const uint8_t *header = wire_bytes(&payload, sizeof(cdp));
        if (!header || memcmp(header, cdp, sizeof(cdp)) != 0)
                return -ENOMSG;
        packet->kind = PACKET_CDP;
        return cdp_parse(&payload, &packet->cdp);
}

static const struct {
        uint16_t type;
        int (*parse)(struct wire *wire, struct packet *packet);
} by_ethertype[] = {
        { 0x0800, parse_ipv4 },
        { 0x0806, parse_arp },
        { 0x86dd, parse_ipv6 },
        { 0x88cc, parse_lldp },
};

int packet_parse(const void *frame, size_t size, struct packet *ret) {
        struct wire wire = wire_new(frame, size);

        /* Not the whole of it: each parser sets all of its own part, and the union is large. */
        ret->kind = PACKET_OTHER;
        ret->ethernet = (struct ethernet) {};
        int r = ethernet_parse(&wire, &ret->ethernet);
        if (r < 0)
                return r;

        r = ret->ethernet.type < ETHERNET_TYPE_MIN ? parse_llc(&wire, ret) : -ENOMSG;
        for (size_t i = 0; i < ELEMENTS(by_ethertype); i++)
                if (by_ethertype[i].type == ret->ethernet.type) {
                        r = by_ethertype[i].parse(&wire, ret);
                        break;
                }
        if (r < 0)
                ret->kind = PACKET_OTHER;
        return r;
}
