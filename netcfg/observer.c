#include "netcfg/observer_internal.h"

#include <errno.h>

int observer_new(uint32_t sightings_max, uint64_t seed, void (*step)(const struct step *step, void *userdata), void *userdata,
                 struct observer **ret) {
        _cleanup_(observer_freep) struct observer *o = calloc(1, sizeof(*o));

        if (!o)
                return -ENOMEM;
        o->step = step;
        o->userdata = userdata;
        int r = sightings_new(sightings_max, seed, &o->sightings);
        if (r < 0 || (r = neighbours_new(&o->neighbours)) < 0 || (r = claims_new(sightings_max < CLAIMS_MAX ? sightings_max : CLAIMS_MAX, seed, &o->claims)) < 0)
                return r;
        *ret = TAKE_POINTER(o);
        return 0;
}

struct observer *observer_free(struct observer *observer) {
        if (!observer)
                return NULL;
        sightings_free(observer->sightings);
        neighbours_free(observer->neighbours);
        claims_free(observer->claims);
        free(observer);
        return NULL;
}

struct sightings *observer_sightings(struct observer *observer) {
        return observer->sightings;
}

struct neighbours *observer_neighbours(struct observer *observer) {
        return observer->neighbours;
}

struct foreign *observer_foreign(struct observer *observer) {
        return &observer->foreign;
}

struct claims *observer_claims(struct observer *observer) {
        return observer->claims;
}

void observer_forget(struct observer *observer, uint16_t network) {
        sightings_forget(observer->sightings, network);
        foreign_forget(&observer->foreign, network);
        claims_forget(observer->claims, network);
}

struct own *observer_own(struct observer *observer) {
        return &observer->own;
}

void observer_emit(struct observer *o, struct segment *segment, struct step *step, uint64_t now) {
        step->has_vlan = o->vlan != SIGHTING_OWN_VLAN;
        step->vlan = step->has_vlan ? (uint16_t) o->vlan : 0;
        if (bucket_take(&segment->steps, OBSERVER_STEPS_RATE, OBSERVER_STEPS_BURST, now))
                o->step(step, o->userdata);
        else
                segment->suppressed++;
}

bool observer_is_own(const struct observer *o, const struct segment *segment, const struct mac *mac) {
        return memcmp(mac, &segment->own, sizeof(*mac)) == 0 || own_has_mac(&o->own, mac);
}

void observer_sight_ip(struct observer *o, struct segment *segment, const struct mac *mac, const struct ip *address,
                       enum protocol protocol, uint64_t time) {
        if (observer_is_own(o, segment, mac))
                return;
        int r = sightings_note(o->sightings, segment->network, o->vlan, mac, address, protocol, time);
        if (r == SIGHTING_NEW || r == SIGHTING_NEW_SQUEEZED)
                flood_note(&segment->flood, mac, &o->source, r == SIGHTING_NEW_SQUEEZED, time);
}

void observer_sight(struct observer *o, struct segment *segment, const struct mac *mac, struct in_addr address, enum protocol protocol,
                    uint64_t time) {
        struct ip ip = { .family = AF_INET, .v4 = address };

        observer_sight_ip(o, segment, mac, address.s_addr != 0 ? &ip : NULL, protocol, time);
}

void observer_describe(struct observer *o, const struct segment *segment, const struct mac *mac, const struct details *details) {
        sightings_describe(o->sightings, segment->network, o->vlan, mac, details);
}

enum step_foreign observer_whose(const struct observer *o, const struct ip *server, const struct mac *source) {
        if (o->own.address_count == 0)
                return FOREIGN_UNKNOWN;
        return foreign_is_own(&o->own, server, source) ? FOREIGN_NO : FOREIGN_YES;
}

static void observe_arp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        observer_sight(o, segment, &packet->arp.sender_mac, packet->arp.sender_address, PROTOCOL_ARP, time);
}

static void (*const by_kind[PACKET_KINDS])(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) = {
        [PACKET_ARP] = observe_arp,
        [PACKET_DHCP4] = observe_dhcp4,
        [PACKET_TFTP] = observe_tftp,
        [PACKET_LLDP] = observe_lldp,
        [PACKET_CDP] = observe_cdp,
        [PACKET_DHCP6] = observe_dhcp6,
        [PACKET_ND] = observe_nd,
};

/* Its repetition would be another step; of the others a repetition says nothing new. */
static bool makes_steps(const struct packet *packet) {
        return packet->kind == PACKET_DHCP4 || packet->kind == PACKET_DHCP6 || packet->kind == PACKET_TFTP;
}

int segment_stray_vlan(const struct segment *segment, const struct ethernet *frame) {
        unsigned vlan = ethernet_vlan(frame);

        return vlan == segment->vlan ? -1 : (int) vlan;
}

void observer_frame(struct observer *o, struct segment *segment, const char *interface, const void *frame, size_t size, uint64_t time) {
        struct packet packet;

        if (packet_parse(frame, size, &packet) < 0)
                return;
        size_t header = 14 + 4 * packet.ethernet.tag_count;
        if (makes_steps(&packet) &&
            recent_is_repeated(&o->recent, segment->network, (const uint8_t *) frame + header, size - header, time))
                return;
        o->vlan = segment_stray_vlan(segment, &packet.ethernet);
        o->interface = interface;
        o->source = packet.ethernet.source;
        observe_claims(o, segment, &packet, time);
        by_kind[packet.kind](o, segment, &packet, time);
}

void observer_neighbour(struct observer *o, struct segment *segment, const struct mac *mac, const struct ip *address, bool confirmed,
                        uint64_t time) {
        if (observer_is_own(o, segment, mac))
                return;
        if (!confirmed && sightings_knows(o->sightings, segment->network, mac, address))
                return;
        (void) sightings_note(o->sightings, segment->network, SIGHTING_OWN_VLAN, mac, address, PROTOCOL_NEIGHBOUR, time);
}
