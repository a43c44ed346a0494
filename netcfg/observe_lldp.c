#include "netcfg/observer_internal.h"

void observe_lldp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        observer_sight(o, segment, &packet->ethernet.source, (struct in_addr) {}, PROTOCOL_LLDP, time);
}

void observe_cdp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        observer_sight(o, segment, &packet->ethernet.source, (struct in_addr) {}, PROTOCOL_CDP, time);
}
