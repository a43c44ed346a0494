#include "netcfg/report.h"

#include "lib/text.h"

static const struct {
        enum protocol protocol;
        const char *name;
} protocols[] = {
        { PROTOCOL_DHCP, "dhcp" },
        { PROTOCOL_ARP, "arp" },
        { PROTOCOL_TFTP, "tftp" },
        { PROTOCOL_NEIGHBOUR, "neighbour" },
        { PROTOCOL_ND, "nd" },
        { PROTOCOL_DHCP6, "dhcp6" },
        { PROTOCOL_LLDP, "lldp" },
        { PROTOCOL_CDP, "cdp" },
};

static const char *or_null(const char *text) {
        return text[0] ? text : NULL;
}

static json_t *ip_json(const struct ip *ip) {
        char text[IP_TEXT_SIZE];

        return ip->family == 0 ? json_null() : json_string(ip_format(ip, text));
}

json_t *report_step(const struct step *step, const char *network) {
        char mac[MAC_TEXT_SIZE], uuid[UUID_TEXT_SIZE];
        json_t *json = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o, s:o, s:s?, s:o, s:o, s:s?}",
                                 "mac", mac_format(&step->mac, mac),
                                 "network", network,
                                 "kind", step_kind_names[step->kind],
                                 "uuid", step->has_uuid ? uuid_format(&step->uuid, uuid) : NULL,
                                 "stage", step->stage == STAGE_NONE ? NULL : step_stage_names[step->stage],
                                 "architecture", json_int_or_null(step->has_architecture, step->architecture),
                                 "address", ip_json(&step->address),
                                 "file", or_null(step->file),
                                 "bytes", json_int_or_null(step->has_bytes, (int64_t) step->bytes),
                                 "total", json_int_or_null(step->has_total, (int64_t) step->total),
                                 "detail", or_null(step->detail));
        json_t *wire = json_pack("{s:s?, s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:o}",
                                 "protocol", step->protocol == STEP_PROTOCOL_NONE ? NULL : step_protocol_names[step->protocol],
                                 "xid", json_int_or_null(step->has_xid, step->xid),
                                 "server", ip_json(&step->server),
                                 "foreign", step->foreign == FOREIGN_UNKNOWN ? json_null() : json_boolean(step->foreign == FOREIGN_YES),
                                 "options", step_options_to_json(step->options),
                                 "vlan", json_int_or_null(step->has_vlan, step->vlan),
                                 "transfer", step->transfer == TRANSFER_NONE ? NULL : step_transfer_names[step->transfer],
                                 "repeats", json_int_or_null(step->repeats > 0, step->repeats),
                                 "last", json_int_or_null(step->last != 0, (int64_t) step->last));

        json_object_update(json, wire);
        json_decref(wire);
        return json;
}

static json_t *hex_or_null(const uint8_t *bytes, size_t size) {
        char text[2 * UINT8_MAX + 1];

        return size > 0 ? json_string(text_hex(text, sizeof(text), bytes, size)) : json_null();
}

static json_t *describe_machine(const struct details *d) {
        char uuid[UUID_TEXT_SIZE], relay[IP_TEXT_SIZE];
        struct ip ip = ip_from_mapped(&d->relay);

        return json_pack("{s:s?, s:s?, s:o, s:s?, s:o, s:s?, s:o, s:o}",
                         "hostname", or_null(d->hostname),
                         "vendorClass", or_null(d->vendor_class),
                         "architecture", json_int_or_null(d->has_architecture, d->architecture),
                         "uuid", d->has_uuid ? uuid_format(&d->uuid, uuid) : NULL,
                         "clientId", hex_or_null(d->client_id.data, d->client_id.size),
                         "relay", d->has_relay ? ip_format(&ip, relay) : NULL,
                         "circuitId", hex_or_null(d->circuit_id.data, d->circuit_id.size),
                         "remoteId", hex_or_null(d->remote_id.data, d->remote_id.size));
}

json_t *report_sighting(const struct sighting *sighting, const char *network) {
        _cleanup_json_ json_t *details = describe_machine(&sighting->details);
        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        json_t *addresses = json_array(), *names = json_array();

        for (unsigned i = 0; i < sighting->address_count; i++)
                json_array_append_new(addresses, json_string(ip_format(&sighting->addresses[i], address)));
        for (size_t i = 0; i < ELEMENTS(protocols); i++)
                if (sighting->protocols & protocols[i].protocol)
                        json_array_append_new(names, json_string(protocols[i].name));
        json_t *object = json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:o}",
                         "mac", mac_format(&sighting->mac, mac),
                         "network", network,
                         "vlan", json_int_or_null(sighting->vlan != SIGHTING_OWN_VLAN, sighting->vlan),
                         "addresses", addresses,
                         "firstSeen", (json_int_t) sighting->first,
                         "lastSeen", (json_int_t) sighting->last,
                         "protocols", names);
        json_object_update(object, details);
        return object;
}

json_t *report_neighbour(const struct neighbour *n) {
        json_t *management = json_array();

        for (unsigned i = 0; i < n->management_count; i++)
                json_array_append_new(management, json_string(n->management[i]));
        return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:I, s:I}",
                         "interface", n->interface,
                         "protocol", n->protocol == NEIGHBOUR_LLDP ? "lldp" : "cdp",
                         "chassis", n->chassis,
                         "port", n->port,
                         "portDescription", or_null(n->port_description),
                         "systemName", or_null(n->system_name),
                         "systemDescription", or_null(n->system_description),
                         "managementAddresses", management,
                         "vlan", json_int_or_null(n->vlan > 0, n->vlan),
                         "firstSeen", (json_int_t) n->first,
                         "lastSeen", (json_int_t) n->last);
}

json_t *report_foreign_server(const struct foreign_server *server, const char *network) {
        char mac[MAC_TEXT_SIZE], client[MAC_TEXT_SIZE];

        return json_pack("{s:s, s:o, s:s, s:o, s:o, s:s?, s:o, s:s?, s:o, s:I, s:I}",
                         "network", network,
                         "address", ip_json(&server->address),
                         "mac", mac_format(&server->mac, mac),
                         "vlan", json_int_or_null(server->vlan != SIGHTING_OWN_VLAN, server->vlan),
                         "offered", ip_json(&server->offered),
                         "client", mac_is_unicast(&server->client) ? mac_format(&server->client, client) : NULL,
                         "nextServer", ip_json(&server->next_server),
                         "file", or_null(server->file),
                         "gateway", ip_json(&server->gateway),
                         "firstSeen", (json_int_t) server->first,
                         "lastSeen", (json_int_t) server->last);
}

json_t *report_address_conflict(const struct address_conflict *conflict, const char *network) {
        char mac[MAC_TEXT_SIZE];
        json_t *macs = json_array();

        for (unsigned i = 0; i < conflict->mac_count; i++)
                json_array_append_new(macs, json_string(mac_format(&conflict->macs[i], mac)));
        return json_pack("{s:s, s:o, s:o, s:o}",
                         "network", network,
                         "address", ip_json(&conflict->address),
                         "macs", macs,
                         "vlan", json_int_or_null(conflict->vlan != SIGHTING_OWN_VLAN, conflict->vlan));
}

json_t *report_link(const struct link_state *link, const char *network, uint64_t captured, uint64_t dropped, json_t *neighbours) {
        char mac[MAC_TEXT_SIZE], address[IP_PREFIX_TEXT_SIZE];
        json_t *addresses = json_array();

        for (unsigned i = 0; i < link->address_count; i++)
                json_array_append_new(addresses, json_string(ip_prefix_format(&link->addresses[i], address)));
        return json_pack("{s:s, s:b, s:b, s:b, s:o, s:s?, s:o, s:o, s:I, s:I, s:o}",
                         "network", network,
                         "exists", link->exists,
                         "up", link->up,
                         "carrier", link->carrier,
                         "index", json_int_or_null(link->exists, link->index),
                         "mac", link->has_mac ? mac_format(&link->mac, mac) : NULL,
                         "mtu", json_int_or_null(link->exists, link->mtu),
                         "addresses", addresses,
                         "captured", (json_int_t) captured,
                         "dropped", (json_int_t) dropped,
                         "neighbours", neighbours);
}
