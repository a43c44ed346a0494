#include "netcfg/observer_internal.h"

/* What is announced is about the cable, whichever VLAN the frame is on. A capture takes what this host sends, too: an LLDP daemon here is no
 * neighbour. */
void observe_lldp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct mac *source = &packet->ethernet.source;

        if (observer_is_own(o, segment, source))
                return;
        observer_sight(o, segment, source, (struct in_addr) {}, PROTOCOL_LLDP, time);
        neighbours_note_lldp(o->neighbours, o->interface, &packet->lldp, time);
}

void observe_cdp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct mac *source = &packet->ethernet.source;

        if (observer_is_own(o, segment, source))
                return;
        observer_sight(o, segment, source, (struct in_addr) {}, PROTOCOL_CDP, time);
        neighbours_note_cdp(o->neighbours, o->interface, &packet->cdp, time);
}
