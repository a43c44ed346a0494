#include "netcfg/observer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "netcfg/recent.h"

struct observer {
        struct sightings *sightings;
        struct recent recent;
        void (*step)(const struct step *step, void *userdata);
        void *userdata;
};

int observer_new(uint32_t sightings_max, uint64_t seed, void (*step)(const struct step *step, void *userdata), void *userdata,
                 struct observer **ret) {
        _cleanup_(observer_freep) struct observer *o = calloc(1, sizeof(*o));

        if (!o)
                return -ENOMEM;
        o->step = step;
        o->userdata = userdata;
        int r = sightings_new(sightings_max, seed, &o->sightings);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(o);
        return 0;
}

struct observer *observer_free(struct observer *observer) {
        if (!observer)
                return NULL;
        sightings_free(observer->sightings);
        free(observer);
        return NULL;
}

struct sightings *observer_sightings(struct observer *observer) {
        return observer->sightings;
}

static void emit(struct observer *o, struct segment *segment, const struct step *step, uint64_t now) {
        if (bucket_take(&segment->steps, OBSERVER_STEPS_RATE, OBSERVER_STEPS_BURST, now))
                o->step(step, o->userdata);
        else
                segment->suppressed++;
}

/* `address` 0: the machine has none yet. Without memory for one more MAC the frame is as good as not seen. */
static void sight(struct observer *o, const struct segment *segment, const struct mac *mac, struct in_addr address, enum protocol protocol,
                  uint64_t time) {
        struct ip ip = { .family = AF_INET, .v4 = address };

        if (memcmp(mac, &segment->own, sizeof(*mac)) == 0)
                return;
        (void) sightings_note(o->sightings, segment->network, mac, address.s_addr != 0 ? &ip : NULL, protocol, time);
}

static void observe_arp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        sight(o, segment, &packet->arp.sender_mac, packet->arp.sender_address, PROTOCOL_ARP, time);
}

static _printf_(2, 3) void add_detail(struct step *step, const char *format, ...) {
        size_t length = strlen(step->detail);
        va_list arguments;

        if (length > 0 && length + 2 < sizeof(step->detail))
                length += (size_t) snprintf(step->detail + length, sizeof(step->detail) - length, ", ");
        va_start(arguments, format);
        vsnprintf(step->detail + length, sizeof(step->detail) - length, format, arguments);
        va_end(arguments);
}

static void add_address(struct step *step, const char *what, struct in_addr address) {
        char text[INET_ADDRSTRLEN];

        if (address.s_addr != 0)
                add_detail(step, "%s %s", what, inet_ntop(AF_INET, &address, text, sizeof(text)));
}

/* What a client says of itself is in its own messages only; it is remembered for the answers. */
static void learn_client(struct observer *o, const struct segment *segment, const struct dhcp4 *m, struct step *step) {
        struct exchange *exchange = recent_exchange(&o->recent, segment->network, m->xid, &m->mac);

        *exchange = (struct exchange) {
                .network = segment->network,
                .xid = m->xid,
                .mac = m->mac,
                .stage = dhcp4_stage(m),
                .has_architecture = m->has_architecture,
                .architecture = m->architecture,
                .has_uuid = m->has_uuid && !uuid_is_junk(&m->uuid),
                .uuid = m->uuid,
        };
        if (m->type == DHCP4_REQUEST)
                step->address = m->has_requested ? m->requested : m->client;
        if (m->vendor_class[0])
                add_detail(step, "%s", m->vendor_class);
        if (m->has_server_id)
                add_address(step, "to server", m->server_id);
        add_address(step, "by relay", m->relay);
}

static void describe_answer(const struct packet *packet, struct step *step) {
        const struct dhcp4 *m = &packet->dhcp4;

        step->address = m->yours;
        memcpy(step->file, m->file, sizeof(step->file));
        add_address(step, "from server", m->has_server_id ? m->server_id : packet->ip.source);
        if (m->server.s_addr != 0 && (!m->has_server_id || m->server.s_addr != m->server_id.s_addr))
                add_address(step, "next server", m->server);
        add_address(step, "by relay", m->relay);
        if (packet->udp.source == 4011)
                add_detail(step, "PXE boot server");
        if (m->message[0])
                add_detail(step, "%s", m->message);
}

static const struct {
        uint8_t type;
        bool by_client;
        enum step_kind kind;
} dhcp4_steps[] = {
        { DHCP4_DISCOVER, true, STEP_DISCOVER },
        { DHCP4_OFFER, false, STEP_OFFER },
        { DHCP4_REQUEST, true, STEP_REQUEST },
        { DHCP4_ACKNOWLEDGE, false, STEP_ACKNOWLEDGE },
        { DHCP4_NAK, false, STEP_NAK },
};

static void emit_dhcp4(struct observer *o, struct segment *segment, const struct packet *packet, enum step_kind kind, uint64_t time) {
        const struct dhcp4 *m = &packet->dhcp4;
        struct step step = { .kind = kind, .network = segment->network, .time = time, .mac = m->mac };

        if (m->operation == 1)
                learn_client(o, segment, m, &step);
        else
                describe_answer(packet, &step);
        const struct exchange *exchange = recent_exchange(&o->recent, segment->network, m->xid, &m->mac);
        if (exchange_is(exchange, segment->network, m->xid, &m->mac)) {
                step.stage = exchange->stage;
                step.has_architecture = exchange->has_architecture;
                step.architecture = exchange->architecture;
                step.has_uuid = exchange->has_uuid;
                step.uuid = exchange->uuid;
        }
        emit(o, segment, &step, time);
}

static void observe_dhcp4(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct dhcp4 *m = &packet->dhcp4;

        if (!m->has_mac || !mac_is_unicast(&m->mac) || memcmp(&m->mac, &segment->own, sizeof(m->mac)) == 0)
                return;
        if (m->operation == 1)
                sight(o, segment, &m->mac, m->client, PROTOCOL_DHCP, time);
        else if (m->type == DHCP4_ACKNOWLEDGE)
                sight(o, segment, &m->mac, m->yours, PROTOCOL_DHCP, time);

        for (size_t i = 0; i < ELEMENTS(dhcp4_steps); i++)
                if (dhcp4_steps[i].type == m->type && dhcp4_steps[i].by_client == (m->operation == 1))
                        emit_dhcp4(o, segment, packet, dhcp4_steps[i].kind, time);
}

/* Reported again with the time of its request, and with all that is known by now. */
static void emit_transfer(struct observer *o, struct segment *segment, struct transfer *transfer, const struct tftp *tftp,
                          const char *detail, uint64_t now) {
        struct step step = { .kind = STEP_TFTP, .network = segment->network, .time = transfer->time, .mac = transfer->mac };

        step.address = transfer->client;
        memcpy(step.file, transfer->file, sizeof(step.file));
        if (tftp->operation == TFTP_OPTIONS && tftp->has_size && tftp->size <= INT64_MAX) {
                transfer->has_size = true;
                transfer->size = tftp->size;
        }
        step.has_total = transfer->has_size;
        step.total = transfer->size;
        if (tftp->operation == TFTP_ERROR)
                add_detail(&step, "%s: %s (TFTP error %u)", detail, tftp->message, tftp->error);
        else if (tftp->operation == TFTP_WRITE)
                add_detail(&step, "%s", detail);
        emit(o, segment, &step, now);
}

static void observe_tftp_request(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        struct transfer transfer = {
                .network = segment->network,
                .client = packet->ip.source,
                .port = packet->udp.source,
                .mac = packet->ethernet.source,
                .time = time,
        };

        if (memcmp(&transfer.mac, &segment->own, sizeof(transfer.mac)) == 0 || !mac_is_unicast(&transfer.mac))
                return;
        memcpy(transfer.file, packet->tftp.file, sizeof(transfer.file));
        recent_add_transfer(&o->recent, &transfer);
        sight(o, segment, &transfer.mac, transfer.client, PROTOCOL_TFTP, time);
        emit_transfer(o, segment, &transfer, &packet->tftp, "wants to write it", time);
}

/* What goes on between the ports that client and server chose belongs to the request that the client's address and port remember. */
static void observe_tftp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        if (packet->udp.destination == 69 && packet->tftp.operation != TFTP_ERROR) {
                if (packet->tftp.operation != TFTP_OPTIONS)
                        observe_tftp_request(o, segment, packet, time);
                return;
        }

        struct transfer *transfer =
                recent_find_transfer(&o->recent, segment->network, packet->ip.destination, packet->udp.destination, time);
        if (transfer)
                emit_transfer(o, segment, transfer, &packet->tftp, "refused by the server", time);
        else if ((transfer = recent_find_transfer(&o->recent, segment->network, packet->ip.source, packet->udp.source, time)))
                emit_transfer(o, segment, transfer, &packet->tftp, "ended by the machine", time);
}

static void (*const by_kind[])(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) = {
        [PACKET_ARP] = observe_arp,
        [PACKET_DHCP4] = observe_dhcp4,
        [PACKET_TFTP] = observe_tftp,
};

void observer_frame(struct observer *o, struct segment *segment, const void *frame, size_t size, uint64_t time) {
        struct packet packet;

        if (packet_parse(frame, size, &packet) < 0)
                return;
        /* The capture of an interface gets the frames of the VLANs above it too: they belong to other networks. */
        if (ethernet_vlan(&packet.ethernet) != 0)
                return;
        size_t header = 14 + 4 * packet.ethernet.tag_count;
        if (packet.kind != PACKET_ARP &&
            recent_is_repeated(&o->recent, segment->network, (const uint8_t *) frame + header, size - header, time))
                return;
        by_kind[packet.kind](o, segment, &packet, time);
}

void observer_neighbour(struct observer *o, struct segment *segment, const struct mac *mac, const struct ip *address, bool confirmed,
                        uint64_t time) {
        if (memcmp(mac, &segment->own, sizeof(*mac)) == 0)
                return;
        if (!confirmed && sightings_knows(o->sightings, segment->network, mac, address))
                return;
        (void) sightings_note(o->sightings, segment->network, mac, address, PROTOCOL_NEIGHBOUR, time);
}
