#include "netcfg/observer_internal.h"

void observer_answer(struct observer *o, const struct segment *segment, struct foreign_server *answer, uint64_t time) {
        if (answer->address.family == 0 || foreign_is_own(&o->own, &answer->address, &o->source))
                return;
        answer->network = segment->network;
        answer->vlan = o->vlan;
        answer->mac = o->source;
        foreign_note(&o->foreign, answer, time);
}

void observe_dhcp4_answer(struct observer *o, const struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct dhcp4 *m = &packet->dhcp4;

        /* What goes to a relay (port 67) is for machines of another network. */
        if (m->operation != 2 || packet->udp.destination == 67 ||
            (m->type != DHCP4_OFFER && m->type != DHCP4_ACKNOWLEDGE && m->type != DHCP4_NAK))
                return;
        struct foreign_server answer = {
                .address = ip_from_v4(m->server_id.s_addr ? m->server_id : packet->ip.source),
                .offered = ip_from_v4(m->yours),
                .next_server = ip_from_v4(m->server),
                .gateway = ip_from_v4(m->router),
                .client = m->mac,
        };
        memcpy(answer.file, m->file, sizeof(answer.file));
        observer_answer(o, segment, &answer, time);
}

void observe_dhcp6_answer(struct observer *o, const struct segment *segment, const struct packet *packet, const struct mac *mac,
                          const struct ip *address, uint64_t time) {
        const struct dhcp6 *m = &packet->dhcp6;

        /* What goes to a relay is for machines of another network. */
        if (m->relay_count > 0 || (m->type != DHCP6_ADVERTISE && m->type != DHCP6_REPLY))
                return;
        struct foreign_server answer = { .address = packet_source(packet), .offered = *address, .client = *mac };
        memcpy(answer.file, m->boot_url, sizeof(answer.file));
        observer_answer(o, segment, &answer, time);
        if (m->type == DHCP6_REPLY && address->family != 0)
                observer_lease(o, segment, address, mac, time);
}
