#include "netcfg/observer_internal.h"

/* The appliance is one machine, whichever of its MACs it has at the moment; the kernel may also answer for an address on each card. */
static const struct mac *claimer_of(const struct observer *o, const struct segment *segment, const struct mac *mac) {
        static const struct mac appliance = CLAIMER_APPLIANCE;

        return observer_is_own(o, segment, mac) ? &appliance : mac;
}

void observer_claim(struct observer *o, const struct segment *segment, const struct ip *address, const struct mac *mac, uint64_t time) {
        if (mac_is_unicast(mac))
                claims_note(o->claims, segment->network, o->vlan, address, claimer_of(o, segment, mac), time);
}

void observer_lease(struct observer *o, const struct segment *segment, const struct ip *address, const struct mac *mac, uint64_t time) {
        if (mac_is_unicast(mac))
                claims_leased(o->claims, segment->network, o->vlan, address, claimer_of(o, segment, mac), time);
}

void observer_decline(struct observer *o, const struct segment *segment, const struct ip *address, const struct mac *mac, uint64_t time) {
        if (mac_is_unicast(mac))
                claims_declined(o->claims, segment->network, o->vlan, address, claimer_of(o, segment, mac), time);
}

/* RFC 5227 1.1: an ARP probe has the sender address 0, and claims nothing; each other ARP packet says who its sender is. */
static void observe_arp_claim(struct observer *o, const struct segment *segment, const struct arp *arp, uint64_t time) {
        struct ip address = ip_from_v4(arp->sender_address);

        if (address.family != 0)
                observer_claim(o, segment, &address, &arp->sender_mac, time);
}

/* RFC 2131 table 5: the address of a DHCPDECLINE is in option 50. */
static void observe_dhcp4_claim(struct observer *o, const struct segment *segment, const struct dhcp4 *m, uint64_t time) {
        struct ip given = ip_from_v4(m->yours), refused = ip_from_v4(m->requested);

        if (m->has_mac && m->operation == 2 && m->type == DHCP4_ACKNOWLEDGE && given.family != 0)
                observer_lease(o, segment, &given, &m->mac, time);
        if (m->has_mac && m->operation == 1 && m->type == DHCP4_DECLINE && refused.family != 0)
                observer_decline(o, segment, &refused, &m->mac, time);
}

/*
 * Without the override flag an advertisement is one of several that are right (RFC 4861 7.2.7, 7.2.8: anycast, a proxy). A solicitation from ::
 * only asks (RFC 4862 5.4).
 */
static void observe_nd_claim(struct observer *o, const struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct nd *nd = &packet->nd;
        bool advertised = nd->type == ND_NEIGHBOUR_ADVERTISEMENT;
        struct ip address = ip_from_v6(advertised ? nd->target : packet->ip6.source);
        const struct mac *mac = advertised && nd->has_target_mac ? &nd->target_mac : !advertised && nd->has_source_mac ? &nd->source_mac : &o->source;

        if (address.family != 0 && (!advertised || nd->override))
                observer_claim(o, segment, &address, mac, time);
}

void observe_claims(struct observer *o, const struct segment *segment, const struct packet *packet, uint64_t time) {
        if (packet->kind == PACKET_ARP)
                observe_arp_claim(o, segment, &packet->arp, time);
        else if (packet->kind == PACKET_ND)
                observe_nd_claim(o, segment, packet, time);
        else if (packet->kind == PACKET_DHCP4) {
                observe_dhcp4_answer(o, segment, packet, time);
                observe_dhcp4_claim(o, segment, &packet->dhcp4, time);
        }
}
