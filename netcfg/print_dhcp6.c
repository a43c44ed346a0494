#include "netcfg/print_internal.h"

static json_t *print_duid(const struct dhcp6_bytes *duid) {
        char uuid_text[UUID_TEXT_SIZE];
        struct uuid uuid;
        struct mac mac;

        if (duid->size == 0)
                return json_null();
        bool has_mac = dhcp6_duid_mac(duid, &mac), has_uuid = dhcp6_duid_uuid(duid, &uuid);
        return json_pack("{s:o, s:o, s:s?}", "bytes", print_hex(duid->data, duid->size), "mac", has_mac ? print_mac(&mac) : json_null(),
                         "uuid", has_uuid ? uuid_format(&uuid, uuid_text) : NULL);
}

static json_t *print_status(const struct dhcp6_status *status) {
        return status->is_set ? json_pack("{s:i, s:o}", "code", status->code, "message", print_text(status->message)) : json_null();
}

static json_t *print_association(const struct dhcp6_association *ia) {
        json_t *addresses = json_array();

        for (unsigned i = 0; i < ia->address_count; i++)
                json_array_append_new(addresses, json_pack("{s:o, s:I, s:I}",
                                                           "address", print_address6(&ia->addresses[i].address),
                                                           "preferredLifetime", (json_int_t) ia->addresses[i].preferred_lifetime,
                                                           "validLifetime", (json_int_t) ia->addresses[i].valid_lifetime));
        return json_pack("{s:I, s:I, s:I, s:o, s:o}",
                         "id", (json_int_t) ia->id,
                         "renew", (json_int_t) ia->renew,
                         "rebind", (json_int_t) ia->rebind,
                         "addresses", addresses,
                         "status", print_status(&ia->status));
}

static json_t *print_relay(const struct dhcp6_relay *relay) {
        return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}",
                         "hopCount", relay->hop_count,
                         "linkAddress", print_address6(&relay->link_address),
                         "peerAddress", print_address6(&relay->peer_address),
                         "interfaceId", print_hex(relay->interface_id.data, relay->interface_id.size),
                         "remoteId", print_hex(relay->remote_id.data, relay->remote_id.size),
                         "clientMac", relay->has_client_mac ? print_mac(&relay->client_mac) : json_null());
}

static json_t *print_classes(const char *classes, size_t size, unsigned count) {
        json_t *array = json_array();

        for (unsigned i = 0; i < count; i++)
                json_array_append_new(array, json_string(classes + size * i));
        return array;
}

static json_t *print_client(const struct dhcp6 *m) {
        json_t *requested = json_array();

        for (unsigned i = 0; i < m->requested_count; i++)
                json_array_append_new(requested, json_integer(m->requested[i]));
        return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "requested", requested,
                         "elapsed", json_int_or_null(m->has_elapsed, m->elapsed),
                         "rapidCommit", m->rapid_commit,
                         "userClass", print_classes(m->user_class[0], sizeof(m->user_class[0]), m->user_class_count),
                         "vendorClassEnterprise", json_int_or_null(m->has_vendor_class, m->vendor_class_enterprise),
                         "vendorClass", print_classes(m->vendor_class[0], sizeof(m->vendor_class[0]), m->vendor_class_count),
                         "vendorOptionsEnterprise", json_int_or_null(m->has_vendor_options, m->vendor_options_enterprise),
                         "vendorOptions", print_hex(m->vendor_options.data, m->vendor_options.size),
                         "fqdn", print_text(m->fqdn),
                         "architecture", json_int_or_null(m->has_architecture, m->architecture),
                         "interface", m->has_interface ? print_hex(m->interface, sizeof(m->interface)) : json_null());
}

json_t *print_dhcp6(const struct dhcp6 *m) {
        json_t *relays = json_array(), *associations = json_array(), *dns = json_array();

        for (unsigned i = 0; i < m->relay_count; i++)
                json_array_append_new(relays, print_relay(&m->relays[i]));
        for (unsigned i = 0; i < m->association_count; i++)
                json_array_append_new(associations, print_association(&m->associations[i]));
        for (unsigned i = 0; i < m->dns_count; i++)
                json_array_append_new(dns, print_address6(&m->dns[i]));
        json_t *object = json_pack("{s:i, s:I, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                                   "type", m->type,
                                   "xid", (json_int_t) m->xid,
                                   "truncated", m->truncated,
                                   "fromRelay", m->from_relay,
                                   "relays", relays,
                                   "clientId", print_duid(&m->client_id),
                                   "serverId", print_duid(&m->server_id),
                                   "associations", associations,
                                   "status", print_status(&m->status),
                                   "preference", json_int_or_null(m->has_preference, m->preference),
                                   "dns", dns,
                                   "bootUrl", print_text(m->boot_url));
        _cleanup_json_ json_t *client = print_client(m);

        json_object_update(object, client);
        return object;
}
