#include "netcfg/observer_internal.h"

void observer_answer(struct observer *o, const struct segment *segment, struct foreign_server *answer, uint64_t time) {
        if (foreign_is_own(&o->own, &answer->address, &o->source))
                return;
        answer->network = segment->network;
        answer->vlan = o->vlan;
        answer->mac = o->source;
        foreign_note(&o->foreign, answer, time);
}

static struct ip optional(struct in_addr address) {
        return address.s_addr ? (struct ip) { .family = AF_INET, .v4 = address } : (struct ip) {};
}

void observe_dhcp4_answer(struct observer *o, const struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct dhcp4 *m = &packet->dhcp4;

        /* What goes to a relay (port 67) is for machines of another network. */
        if (m->operation != 2 || packet->udp.destination == 67 ||
            (m->type != DHCP4_OFFER && m->type != DHCP4_ACKNOWLEDGE && m->type != DHCP4_NAK))
                return;
        struct foreign_server answer = {
                .address = { .family = AF_INET, .v4 = m->server_id.s_addr ? m->server_id : packet->ip.source },
                .offered = optional(m->yours),
                .next_server = optional(m->server),
                .gateway = optional(m->router),
                .client = m->mac,
        };
        memcpy(answer.file, m->file, sizeof(answer.file));
        observer_answer(o, segment, &answer, time);
}
