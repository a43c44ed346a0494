/* Any IPv6 packet: its extension headers are passed over, and what it may tell by neighbour discovery is within its bounds. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/print.h"

static void check(bool sound) {
        if (!sound)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size), payload;
        struct packet packet = { .kind = PACKET_ND };
        const struct nd *nd = &packet.nd;

        int r = ipv6_parse(&wire, &packet.ip6, &payload);
        check(r == 0 || r == -EBADMSG || r == -ENOMSG);
        if (r < 0)
                return 0;
        check(size >= 40 && payload.at >= data + 40 && payload.end <= data + size);
        r = nd_parse(&packet.ip6, &payload, &packet.nd);
        check(r == 0 || r == -EBADMSG || r == -ENOMSG);
        if (r < 0)
                return 0;
        check(packet.ip6.hop_limit == 255 && nd->type >= ND_ROUTER_SOLICITATION && nd->type <= ND_NEIGHBOUR_ADVERTISEMENT);
        check(nd->prefix_count <= ND_PREFIXES_MAX && nd->dns_count <= ND_DNS_MAX && !IN6_IS_ADDR_MULTICAST(&nd->target));
        for (unsigned i = 0; i < nd->prefix_count; i++)
                check(nd->prefixes[i].length <= 128);
        _cleanup_json_ json_t *json = print_packet(&packet, 0);
        check(json);
        return 0;
}
