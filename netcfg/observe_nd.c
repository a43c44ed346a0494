#include "netcfg/observer_internal.h"

static void sight(struct observer *o, struct segment *segment, const struct mac *mac, const struct in6_addr *address, uint64_t time) {
        struct ip ip = ip_from_v6(*address);

        observer_sight_ip(o, segment, mac, ip.family != 0 ? &ip : NULL, PROTOCOL_ND, time);
}

/*
 * An advertisement says whose its target is, any other message whose its source is. A solicitation from :: asks whether anybody has the
 * target (duplicate address detection, RFC 4862 5.4): the machine is there, and claims nothing yet.
 */
void observe_nd(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct nd *nd = &packet->nd;
        const struct mac *sender = &packet->ethernet.source;

        if (nd->type == ND_NEIGHBOUR_ADVERTISEMENT)
                sight(o, segment, nd->has_target_mac ? &nd->target_mac : sender, &nd->target, time);
        else
                sight(o, segment, nd->has_source_mac ? &nd->source_mac : sender, &packet->ip6.source, time);
}
