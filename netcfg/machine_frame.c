#include "netcfg/machine_frame.h"

#include <string.h>

#include "netcfg/ethernet.h"
#include "netcfg/ipv4.h"
#include "netcfg/ipv6.h"
#include "netcfg/tftp.h"

/* Its place among the MACs of the frame; -1: it is no machine. */
static int add_mac(struct machine_frame *frame, const struct mac *mac, const struct mac *own) {
        unsigned i = 0;

        if (!mac_is_unicast(mac) || memcmp(mac, own, sizeof(*mac)) == 0)
                return -1;
        while (i < frame->count && memcmp(&frame->macs[i], mac, sizeof(*mac)) != 0)
                i++;
        if (i == frame->count)
                frame->macs[frame->count++] = *mac;
        return (int) i;
}

/* RFC 2131 2: operation, type and length of the hardware address; the address itself stands at 28. */
static void take_dhcp4(struct machine_frame *frame, struct wire *wire, const struct mac *own) {
        struct mac mac;

        uint8_t operation = wire_u8(wire);
        uint16_t type_and_length = wire_u16(wire);
        wire_skip(wire, 25);
        wire_copy(wire, mac.bytes, sizeof(mac.bytes));
        if (wire->failed || type_and_length != 0x0106)
                return;
        int machine = add_mac(frame, &mac, own);
        if (operation == 1)
                frame->boots = machine;
        else if (operation == 2)
                frame->answered = machine;
}

static void take_tftp(struct machine_frame *frame, const struct udp *udp, struct wire *wire, int from, int to) {
        size_t size = wire_left(wire);
        uint16_t operation = wire_u16(wire);

        if (wire->failed)
                return;
        if (udp->destination == 69 && (operation == TFTP_READ || operation == TFTP_WRITE)) {
                frame->boots = from;
        } else if (operation == TFTP_ACKNOWLEDGEMENT && size == 4) {
                frame->acknowledges = true;
                frame->ports = (uint32_t) udp->source << 16 | udp->destination;
                frame->block = wire_u16(wire);
        } else if (operation == TFTP_DATA || operation == TFTP_ERROR || operation == TFTP_OPTIONS) {
                frame->answered = to;
        }
}

static void take_udp(struct machine_frame *frame, struct wire *wire, const struct mac *own, int from, int to) {
        struct udp udp;
        struct wire payload;

        if (udp_parse(wire, &udp, &payload) < 0)
                return;
        if (udp.source == 67 || udp.destination == 67 || udp.source == 4011 || udp.destination == 4011)
                take_dhcp4(frame, &payload, own);
        else if (udp.destination == 547 && udp.source == 546) /* not from a relay */
                frame->boots = from;
        else if (udp.source == 547)
                frame->answered = to;
        else
                take_tftp(frame, &udp, &payload, from, to);
}

void machine_frame_parse(const void *bytes, size_t size, const struct mac *own, struct machine_frame *ret) {
        struct wire wire = wire_new(bytes, size), payload;
        struct ethernet ethernet;
        struct ipv4 ip;
        struct ipv6 ip6;

        *ret = (struct machine_frame) { .boots = -1, .answered = -1 };
        if (ethernet_parse(&wire, &ethernet) < 0)
                return;
        int from = add_mac(ret, &ethernet.source, own), to = add_mac(ret, &ethernet.destination, own);
        if (ethernet.type == 0x0800 && ipv4_parse(&wire, &ip, &payload) == 0 && ip.protocol == IPPROTO_UDP)
                take_udp(ret, &payload, own, from, to);
        else if (ethernet.type == 0x86dd && ipv6_parse(&wire, &ip6, &payload) == 0 && ip6.protocol == IPPROTO_UDP)
                take_udp(ret, &payload, own, from, to);
}
