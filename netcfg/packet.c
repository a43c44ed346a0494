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

/* What a TFTP server answers comes from a port of its own choice: only what starts as such an answer is one. */
static int parse_tftp_reply(struct wire *wire, struct packet *packet) {
        struct wire ahead = *wire;
        uint16_t operation = wire_u16(&ahead);

        return operation == TFTP_OPTIONS || operation == TFTP_ERROR ? parse_tftp(wire, packet) : -ENOMSG;
}

enum { PORT_ANY = 0 };

static const struct {
        uint16_t source, destination;
        int (*parse)(struct wire *wire, struct packet *packet);
} by_udp_port[] = {
        { PORT_ANY, 67, parse_dhcp4 },   /* to a server, also from a relay */
        { 67, PORT_ANY, parse_dhcp4 },   /* to a client */
        { PORT_ANY, 4011, parse_dhcp4 }, /* PXE 2.1 boot server, proxy DHCP */
        { 4011, PORT_ANY, parse_dhcp4 },
        { PORT_ANY, 69, parse_tftp },
        { PORT_ANY, PORT_ANY, parse_tftp_reply },
};

static int parse_udp(struct wire *wire, struct packet *packet) {
        struct wire payload;

        int r = udp_parse(wire, &packet->udp, &payload);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTS(by_udp_port); i++)
                if ((by_udp_port[i].source == PORT_ANY || by_udp_port[i].source == packet->udp.source) &&
                    (by_udp_port[i].destination == PORT_ANY || by_udp_port[i].destination == packet->udp.destination))
                        return by_udp_port[i].parse(&payload, packet);
        return -ENOMSG;
}

static int parse_ipv4(struct wire *wire, struct packet *packet) {
        struct wire payload;

        int r = ipv4_parse(wire, &packet->ip, &payload);
        if (r < 0)
                return r;
        return packet->ip.protocol == IPPROTO_UDP ? parse_udp(&payload, packet) : -ENOMSG;
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
