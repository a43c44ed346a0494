#include "netcfg/observer_internal.h"

/* The appliance's own cards are one machine: the kernel may answer for an address on each of them. */
static const struct mac *claimer_of(const struct observer *o, const struct segment *segment, const struct mac *mac) {
        return own_has_mac(&o->own, mac) ? &segment->own : mac;
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
void observe_arp_claim(struct observer *o, const struct segment *segment, const struct arp *arp, uint64_t time) {
        if (arp->sender_address.s_addr != 0)
                observer_claim(o, segment, &(struct ip) { .family = AF_INET, .v4 = arp->sender_address }, &arp->sender_mac, time);
}

/* RFC 2131 table 5: the address of a DHCPDECLINE is in option 50. */
void observe_dhcp4_claim(struct observer *o, const struct segment *segment, const struct dhcp4 *m, uint64_t time) {
        if (!m->has_mac)
                return;
        if (m->operation == 2 && m->type == DHCP4_ACKNOWLEDGE && m->yours.s_addr != 0)
                observer_lease(o, segment, &(struct ip) { .family = AF_INET, .v4 = m->yours }, &m->mac, time);
        else if (m->operation == 1 && m->type == DHCP4_DECLINE && m->has_requested && m->requested.s_addr != 0)
                observer_decline(o, segment, &(struct ip) { .family = AF_INET, .v4 = m->requested }, &m->mac, time);
}
