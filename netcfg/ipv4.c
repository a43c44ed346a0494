#include "netcfg/ipv4.h"

#include <errno.h>

int ipv4_parse(struct wire *wire, struct ipv4 *ret, struct wire *ret_payload) {
        struct ipv4 ip;

        uint8_t version = wire_u8(wire);
        unsigned header = (version & 15) * 4U;
        wire_skip(wire, 1); /* type of service */
        uint16_t total = wire_u16(wire);
        wire_skip(wire, 2); /* identification */
        uint16_t fragment = wire_u16(wire);
        ip.ttl = wire_u8(wire);
        ip.protocol = wire_u8(wire);
        wire_skip(wire, 2); /* checksum */
        wire_copy(wire, &ip.source, sizeof(ip.source));
        wire_copy(wire, &ip.destination, sizeof(ip.destination));
        if (wire->failed || version >> 4 != 4 || header < 20 || total < header)
                return -EBADMSG;

        wire_skip(wire, header - 20);
        struct wire payload = wire_sub(wire, total - header);
        if (payload.failed)
                return -EBADMSG;
        if (fragment & 0x3fff) /* more fragments, or an offset */
                return -ENOMSG;
        *ret = ip;
        *ret_payload = payload;
        return 0;
}

int udp_parse(struct wire *wire, struct udp *ret, struct wire *ret_payload) {
        struct udp udp;

        udp.source = wire_u16(wire);
        udp.destination = wire_u16(wire);
        uint16_t length = wire_u16(wire);
        wire_skip(wire, 2); /* checksum */
        if (wire->failed || length < 8)
                return -EBADMSG;

        struct wire payload = wire_sub(wire, length - 8U);
        if (payload.failed)
                return -EBADMSG;
        *ret = udp;
        *ret_payload = payload;
        return 0;
}
