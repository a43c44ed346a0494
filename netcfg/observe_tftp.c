#include "netcfg/observer_internal.h"

/* Reported again with the time of its request, and with all that is known by now. */
static void emit_transfer(struct observer *o, struct segment *segment, const struct transfer *transfer, uint64_t now) {
        struct step step = {
                .kind = STEP_TFTP,
                .network = segment->network,
                .time = transfer->time,
                .mac = transfer->mac,
                .transfer = transfer->state,
                .address = transfer->client,
                .server = transfer->server,
                .repeats = transfer->repeats,
                .last = transfer->last,
                .has_bytes = transfer->state == TRANSFER_DATA || transfer->state == TRANSFER_DONE,
                .bytes = transfer_bytes(transfer),
        };

        step.has_total = transfer_size(transfer, &step.total);
        memcpy(step.file, transfer->file, sizeof(step.file));
        transfer_options(transfer, step.options, sizeof(step.options));
        transfer_detail(transfer, step.detail, sizeof(step.detail));
        observer_emit(o, segment, &step, now);
}

static void observe_tftp_request(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct mac *mac = &packet->ethernet.source;
        struct ip client = packet_source(packet), server = packet_destination(packet);

        if (memcmp(mac, &segment->own, sizeof(*mac)) == 0 || !mac_is_unicast(mac))
                return;
        struct transfer *transfer = transfer_request(&o->transfers, segment->network, &client, packet->udp.source, &server, &packet->tftp,
                                                     time);
        transfer->mac = *mac;
        observer_sight_ip(o, segment, mac, client.family != 0 ? &client : NULL, PROTOCOL_TFTP, time);
        emit_transfer(o, segment, transfer, time);
}

/* What goes on between the ports that client and server chose belongs to the request that the client's address and port remember. */
void observe_tftp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct tftp *tftp = &packet->tftp;
        struct ip source = packet_source(packet), destination = packet_destination(packet);

        if (packet->udp.destination == 69 && (tftp->operation == TFTP_READ || tftp->operation == TFTP_WRITE)) {
                observe_tftp_request(o, segment, packet, time);
                return;
        }
        struct transfer *transfer = transfer_find(&o->transfers, segment->network, &destination, packet->udp.destination, time);
        bool by_client = !transfer;
        if (by_client)
                transfer = transfer_find(&o->transfers, segment->network, &source, packet->udp.source, time);
        if (transfer && transfer_packet(&o->transfers, transfer, tftp, by_client, time))
                emit_transfer(o, segment, transfer, time);
}
