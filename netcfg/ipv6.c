#include "netcfg/ipv6.h"

#include <errno.h>

static bool is_extension(uint8_t protocol) {
        return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS;
}

/* Leaves the cursor at the payload, and in *protocol what that is. */
static int skip_extensions(struct wire *wire, uint8_t *protocol) {
        for (unsigned i = 0; is_extension(*protocol); i++) {
                /* hop-by-hop options come first or not at all (RFC 8200 4.1) */
                if (i == IPV6_EXTENSIONS_MAX || (i > 0 && *protocol == IPPROTO_HOPOPTS))
                        return -EBADMSG;
                *protocol = wire_u8(wire);
                wire_skip(wire, 6 + 8U * wire_u8(wire));
                if (wire->failed)
                        return -EBADMSG;
        }
        return *protocol == IPPROTO_FRAGMENT ? -ENOMSG : 0;
}

int ipv6_parse(struct wire *wire, struct ipv6 *ret, struct wire *ret_payload) {
        struct ipv6 ip;

        uint32_t version = wire_u32(wire) >> 28;
        uint16_t length = wire_u16(wire);
        ip.protocol = wire_u8(wire);
        ip.hop_limit = wire_u8(wire);
        wire_copy(wire, &ip.source, sizeof(ip.source));
        wire_copy(wire, &ip.destination, sizeof(ip.destination));
        struct wire payload = wire_sub(wire, length);
        if (payload.failed || version != 6 || IN6_IS_ADDR_MULTICAST(&ip.source))
                return -EBADMSG;

        int r = skip_extensions(&payload, &ip.protocol);
        if (r < 0)
                return r;
        *ret = ip;
        *ret_payload = payload;
        return 0;
}
