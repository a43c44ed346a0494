#include "netcfg/dhcp4_options.h"
#include "netcfg/observer_internal.h"

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
        if (m->type == DHCP4_REQUEST || m->type == DHCP4_DECLINE)
                step->address = ip_from_v4(m->has_requested ? m->requested : m->client);
        if (m->has_server_id) {
                step->server = ip_from_v4(m->server_id);
                step->foreign = observer_whose(o, &step->server, NULL);
        }
        if (m->type == DHCP4_DECLINE)
                step_add_detail(step, "declined by the machine: somebody uses the address");
        if (m->vendor_class[0])
                step_add_detail(step, "%s", m->vendor_class);
        step_add_address(step, "to server", m->server_id);
        step_add_address(step, "by relay", m->relay);
}

static void describe_answer(const struct observer *o, const struct packet *packet, struct step *step) {
        const struct dhcp4 *m = &packet->dhcp4;

        step->address = ip_from_v4(m->yours);
        step->server = ip_from_v4(m->has_server_id ? m->server_id : packet->ip.source);
        step->foreign = observer_whose(o, &step->server, &packet->ethernet.source);
        memcpy(step->file, m->file, sizeof(step->file));
        step_add_address(step, "from server", m->has_server_id ? m->server_id : packet->ip.source);
        if (m->server.s_addr != 0 && (!m->has_server_id || m->server.s_addr != m->server_id.s_addr))
                step_add_address(step, "next server", m->server);
        step_add_address(step, "by relay", m->relay);
        if (packet->udp.source == 4011)
                step_add_detail(step, "PXE boot server");
        if (m->message[0])
                step_add_detail(step, "%s", m->message);
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
        /* The other way round: the machine will not have the address. */
        { DHCP4_DECLINE, true, STEP_NAK },
};

static void emit_dhcp4(struct observer *o, struct segment *segment, const struct packet *packet, enum step_kind kind, uint64_t time) {
        const struct dhcp4 *m = &packet->dhcp4;
        struct step step = {
                .kind = kind,
                .network = segment->network,
                .time = time,
                .mac = m->mac,
                .protocol = STEP_DHCP4,
                .has_xid = true,
                .xid = m->xid,
        };

        dhcp4_describe_options(m, step.options, sizeof(step.options));
        if (m->operation == 1)
                learn_client(o, segment, m, &step);
        else
                describe_answer(o, packet, &step);
        const struct exchange *exchange = recent_exchange(&o->recent, segment->network, m->xid, &m->mac);
        step_add_client(&step, exchange_is(exchange, segment->network, m->xid, &m->mac) ? exchange : NULL);
        observer_emit(o, segment, &step, time);
}

void observe_dhcp4(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct dhcp4 *m = &packet->dhcp4;

        if (!m->has_mac || !mac_is_unicast(&m->mac) || memcmp(&m->mac, &segment->own, sizeof(m->mac)) == 0)
                return;
        if (m->operation == 1) {
                observer_sight(o, segment, &m->mac, m->client, PROTOCOL_DHCP, time);
                observe_dhcp4_details(o, segment, m);
        } else if (m->type == DHCP4_ACKNOWLEDGE)
                observer_sight(o, segment, &m->mac, m->yours, PROTOCOL_DHCP, time);

        for (size_t i = 0; i < ELEMENTS(dhcp4_steps); i++)
                if (dhcp4_steps[i].type == m->type && dhcp4_steps[i].by_client == (m->operation == 1))
                        emit_dhcp4(o, segment, packet, dhcp4_steps[i].kind, time);
}
