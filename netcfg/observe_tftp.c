#include "netcfg/observer_internal.h"

/* Reported again with the time of its request, and with all that is known by now. */
static void emit_transfer(struct observer *o, struct segment *segment, struct transfer *transfer, const struct tftp *tftp,
                          const char *detail, uint64_t now) {
        struct step step = { .kind = STEP_TFTP, .network = segment->network, .time = transfer->time, .mac = transfer->mac };

        step.address = ip_from_v4(transfer->client);
        memcpy(step.file, transfer->file, sizeof(step.file));
        if (tftp->operation == TFTP_OPTIONS && tftp->has_size && tftp->size <= INT64_MAX) {
                transfer->has_size = true;
                transfer->size = tftp->size;
        }
        step.has_total = transfer->has_size;
        step.total = transfer->size;
        if (tftp->operation == TFTP_ERROR)
                step_add_detail(&step, "%s: %s (TFTP error %u)", detail, tftp->message, tftp->error);
        else if (tftp->operation == TFTP_WRITE)
                step_add_detail(&step, "%s", detail);
        observer_emit(o, segment, &step, now);
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
        observer_sight(o, segment, &transfer.mac, transfer.client, PROTOCOL_TFTP, time);
        emit_transfer(o, segment, &transfer, &packet->tftp, "wants to write it", time);
}

/* What goes on between the ports that client and server chose belongs to the request that the client's address and port remember. */
void observe_tftp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
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
