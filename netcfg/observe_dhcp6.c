#include "netcfg/dhcp6_options.h"
#include "netcfg/observer_internal.h"

/* The MAC that a link-local address was made of (RFC 4291 appendix A). False: it was made otherwise. */
static bool eui64_mac(const struct in6_addr *address, struct mac *ret) {
        const uint8_t *id = address->s6_addr + 8;

        if (!IN6_IS_ADDR_LINKLOCAL(address) || id[3] != 0xff || id[4] != 0xfe)
                return false;
        *ret = (struct mac) { { id[0] ^ 2, id[1], id[2], id[5], id[6], id[7] } };
        return true;
}

/* Of the relay next to the machine: what that says of it (RFC 6939), or its link-local address. */
static bool relayed_mac(const struct dhcp6 *m, struct mac *ret) {
        const struct dhcp6_relay *nearest = &m->relays[m->relay_count - 1];

        if (!nearest->has_client_mac)
                return eui64_mac(&nearest->peer_address, ret);
        *ret = nearest->client_mac;
        return true;
}

/*
 * Which interface of which machine a message is from or for. The MAC inside of a DUID comes last: it is that of any one of the machine's
 * interfaces (RFC 8415 11.2). From or to another address than a link-local one the frame may have passed a router.
 */
static bool find_mac(const struct packet *packet, struct mac *ret) {
        const struct dhcp6 *m = &packet->dhcp6;
        bool by_client = dhcp6_by_client(m);

        if (m->relay_count > 0 && relayed_mac(m, ret))
                return true;
        if (m->relay_count == 0 && IN6_IS_ADDR_LINKLOCAL(by_client ? &packet->ip6.source : &packet->ip6.destination)) {
                *ret = by_client ? packet->ethernet.source : packet->ethernet.destination;
                return true;
        }
        return dhcp6_duid_mac(&m->client_id, ret);
}

/*
 * The SMBIOS UUID, where the DUID is made of it (RFC 6355): by iPXE in the order of the text, by firmware (EDK II) as SMBIOS has it. An operating
 * system makes its DUID of something else.
 */
static bool find_uuid(const struct dhcp6 *m, enum step_stage stage, struct uuid *ret) {
        struct uuid uuid;

        if (stage == STAGE_OS || !dhcp6_duid_uuid(&m->client_id, &uuid))
                return false;
        if (stage == STAGE_FIRMWARE)
                uuid_swap(&uuid);
        if (uuid_is_junk(&uuid))
                return false;
        *ret = uuid;
        return true;
}

/* What a client says of itself is in its own messages only; it is remembered for the answers. */
static const struct exchange *learn_client(struct observer *o, const struct segment *segment, const struct dhcp6 *m, const struct mac *mac) {
        struct exchange6 *exchange = recent_exchange6(&o->recent, segment->network, m->xid, &m->client_id);
        struct exchange *client = &exchange->client;

        *exchange = (struct exchange6) {
                .client_id = m->client_id,
                .type = m->type,
                .client = {
                        .network = segment->network,
                        .xid = m->xid,
                        .mac = *mac,
                        .stage = dhcp6_stage(m),
                        .has_architecture = m->has_architecture,
                        .architecture = m->architecture,
                },
        };
        client->has_uuid = find_uuid(m, client->stage, &client->uuid);
        return client;
}

/* The first address; `lasting`: of those that are given, not taken away. */
static struct ip first_address(const struct dhcp6 *m, bool lasting) {
        for (unsigned i = 0; i < m->association_count; i++)
                for (unsigned a = 0; a < m->associations[i].address_count; a++)
                        if (!lasting || m->associations[i].addresses[a].valid_lifetime > 0)
                                return ip_from_v6(m->associations[i].addresses[a].address);
        return (struct ip) {};
}

static void describe_relay(const struct dhcp6 *m, struct step *step) {
        if (m->relay_count > 0) {
                struct ip relay = ip_from_v6(m->relays[m->relay_count - 1].link_address);
                step_add_ip(step, "by relay", &relay);
        }
}

static void describe_request(const struct dhcp6 *m, struct step *step) {
        step->address = first_address(m, false);
        if (m->type == DHCP6_DECLINE)
                step_add_detail(step, "declined by the machine: somebody uses the address");
        if (m->vendor_class_count > 0 && m->vendor_class[0][0])
                step_add_detail(step, "%s", m->vendor_class[0]);
        describe_relay(m, step);
}

static void describe_answer(const struct observer *o, const struct packet *packet, struct step *step) {
        const struct dhcp6 *m = &packet->dhcp6;
        const struct dhcp6_status *refusal = dhcp6_refusal(m);

        step->server = packet_source(packet);
        step->foreign = observer_whose(o, &step->server, &packet->ethernet.source);
        step->address = first_address(m, true);
        memcpy(step->file, m->boot_url, sizeof(step->file));
        step_add_ip(step, "from server", &step->server);
        describe_relay(m, step);
        if (refusal) {
                step->kind = STEP_NAK;
                step_add_detail(step, "refused: %s (status %u)", refusal->message[0] ? refusal->message : "no reason told", refusal->code);
        }
}

static const struct {
        uint8_t type;
        enum step_kind kind;
} steps[] = {
        { DHCP6_SOLICIT, STEP_DISCOVER },
        { DHCP6_ADVERTISE, STEP_OFFER },
        { DHCP6_REQUEST, STEP_REQUEST },
        { DHCP6_CONFIRM, STEP_REQUEST },
        { DHCP6_RENEW, STEP_REQUEST },
        { DHCP6_REBIND, STEP_REQUEST },
        { DHCP6_INFORMATION_REQUEST, STEP_REQUEST },
        { DHCP6_REPLY, STEP_ACKNOWLEDGE },
        /* The other way round: the machine will not have the address. */
        { DHCP6_DECLINE, STEP_NAK },
};

static void emit(struct observer *o, struct segment *segment, const struct packet *packet, const struct mac *mac,
                 const struct exchange *client, uint64_t time) {
        const struct dhcp6 *m = &packet->dhcp6;
        size_t i = 0;

        while (i < ELEMENTS(steps) && steps[i].type != m->type)
                i++;
        if (i == ELEMENTS(steps))
                return;
        struct step step = {
                .kind = steps[i].kind,
                .network = segment->network,
                .time = time,
                .mac = *mac,
                .protocol = STEP_DHCP6,
                .has_xid = true,
                .xid = m->xid,
        };
        dhcp6_describe_options(m, step.options, sizeof(step.options));
        if (dhcp6_by_client(m))
                describe_request(m, &step);
        else
                describe_answer(o, packet, &step);
        step_add_client(&step, client);
        observer_emit(o, segment, &step, time);
}

static bool is_machine(const struct segment *segment, const struct mac *mac) {
        return mac_is_unicast(mac) && memcmp(mac, &segment->own, sizeof(*mac)) != 0;
}

static void observe_client(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct dhcp6 *m = &packet->dhcp6;
        struct mac mac;

        if (!find_mac(packet, &mac) || !is_machine(segment, &mac))
                return;
        const struct exchange *client = learn_client(o, segment, m, &mac);
        observer_sight_ip(o, segment, &mac, NULL, PROTOCOL_DHCP6, time);
        observe_dhcp6_details(o, segment, m, client);
        struct ip address = first_address(m, false);
        if (m->type == DHCP6_DECLINE && address.family != 0)
                observer_decline(o, segment, &address, &mac, time);
        emit(o, segment, packet, &mac, client, time);
}

static void observe_server(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        const struct dhcp6 *m = &packet->dhcp6;
        const struct exchange6 *exchange = recent_exchange6(&o->recent, segment->network, m->xid, &m->client_id);
        bool known = exchange6_is(exchange, segment->network, m->xid, &m->client_id);
        struct mac mac;

        if (known)
                mac = exchange->client.mac;
        else if (!find_mac(packet, &mac) || !is_machine(segment, &mac))
                return;
        /* The answer to who gives an address back says nothing. */
        if (known && (exchange->type == DHCP6_RELEASE || exchange->type == DHCP6_DECLINE))
                return;
        struct ip address = first_address(m, true);
        observe_dhcp6_answer(o, segment, packet, &mac, &address, time);
        if (m->type == DHCP6_REPLY && address.family != 0)
                observer_sight_ip(o, segment, &mac, &address, PROTOCOL_DHCP6, time);
        emit(o, segment, packet, &mac, known ? &exchange->client : NULL, time);
}

void observe_dhcp6(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time) {
        (dhcp6_by_client(&packet->dhcp6) ? observe_client : observe_server)(o, segment, packet, time);
}
