#include "netcfg/observer_internal.h"

static void copy_text(char *to, size_t size, const char *from) {
        size_t length = strnlen(from, size - 1);

        memcpy(to, from, length);
}

void observe_dhcp4_details(struct observer *o, const struct segment *segment, const struct dhcp4 *m) {
        struct details details = {
                .has_architecture = m->has_architecture,
                .architecture = m->architecture,
                .has_uuid = m->has_uuid && !uuid_is_junk(&m->uuid),
                .has_relay = m->relay.s_addr != 0,
        };

        if (details.has_uuid)
                details.uuid = m->uuid;
        if (details.has_relay)
                details.relay = ip_to_mapped(&(struct ip) { .family = AF_INET, .v4 = m->relay });
        copy_text(details.hostname, sizeof(details.hostname), m->hostname);
        copy_text(details.vendor_class, sizeof(details.vendor_class), m->vendor_class);
        DETAIL_SET(details.client_id, m->client_id.data, m->client_id.size);
        DETAIL_SET(details.circuit_id, m->circuit_id.data, m->circuit_id.size);
        DETAIL_SET(details.remote_id, m->remote_id.data, m->remote_id.size);
        observer_describe(o, segment, &m->mac, &details);
}

void observe_dhcp6_details(struct observer *o, const struct segment *segment, const struct dhcp6 *m, const struct exchange *client) {
        struct details details = {
                .has_architecture = client->has_architecture,
                .architecture = client->architecture,
                .has_uuid = client->has_uuid,
                .uuid = client->uuid,
                .has_relay = m->relay_count > 0,
        };

        copy_text(details.hostname, sizeof(details.hostname), m->fqdn);
        if (m->vendor_class_count > 0)
                copy_text(details.vendor_class, sizeof(details.vendor_class), m->vendor_class[0]);
        DETAIL_SET(details.client_id, m->client_id.data, m->client_id.size);
        if (details.has_relay) {
                const struct dhcp6_relay *nearest = &m->relays[m->relay_count - 1];
                details.relay = nearest->link_address;
                DETAIL_SET(details.circuit_id, nearest->interface_id.data, nearest->interface_id.size);
                DETAIL_SET(details.remote_id, nearest->remote_id.data, nearest->remote_id.size);
        }
        observer_describe(o, segment, &client->mac, &details);
}
