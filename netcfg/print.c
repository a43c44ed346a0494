#include "netcfg/print_internal.h"

#include <arpa/inet.h>
#include <errno.h>

#include "lib/text.h"

json_t *print_mac(const struct mac *mac) {
        char text[MAC_TEXT_SIZE];

        return json_string(mac_format(mac, text));
}

static json_t *address_json(struct in_addr address) {
        char text[INET_ADDRSTRLEN];

        return address.s_addr ? json_string(inet_ntop(AF_INET, &address, text, sizeof(text))) : json_null();
}

json_t *print_text(const char *text) {
        return text[0] ? json_string(text) : json_null();
}

json_t *print_hex(const uint8_t *bytes, size_t size) {
        char text[2 * sizeof(((struct dhcp6_bytes *) NULL)->data) + 1]; /* the longest there are */

        return size > 0 ? json_string(text_hex(text, sizeof(text), bytes, size)) : json_null();
}

static json_t *print_ethernet(const struct ethernet *frame) {
        json_t *tags = json_array();

        for (unsigned i = 0; i < frame->tag_count; i++)
                json_array_append_new(tags, json_pack("{s:i, s:i, s:b, s:i}", "type", frame->tag_types[i], "priority", frame->tags[i] >> 13,
                                                      "dropEligible", frame->tags[i] & 0x1000, "vlan", frame->tags[i] & 0xfff));
        return json_pack("{s:o, s:o, s:o, s:i}", "destination", print_mac(&frame->destination), "source", print_mac(&frame->source), "tags",
                         tags, "type", frame->type);
}

static json_t *print_arp(const struct arp *arp) {
        return json_pack("{s:i, s:o, s:o, s:o, s:o}", "operation", arp->operation, "senderMac", print_mac(&arp->sender_mac), "senderAddress",
                         address_json(arp->sender_address), "targetMac", print_mac(&arp->target_mac), "targetAddress",
                         address_json(arp->target_address));
}

static json_t *print_classes(const struct dhcp4 *m) {
        json_t *classes = json_array();

        for (unsigned i = 0; i < m->user_class_count; i++)
                json_array_append_new(classes, json_string(m->user_class[i]));
        return classes;
}

static json_t *print_parameters(const struct dhcp4 *m) {
        json_t *numbers = json_array();

        for (unsigned i = 0; i < m->parameters.size; i++)
                json_array_append_new(numbers, json_integer(m->parameters.data[i]));
        return numbers;
}

static json_t *print_dhcp4_header(const struct dhcp4 *m) {
        return json_pack("{s:i, s:i, s:i, s:I, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:b}",
                         "operation", m->operation,
                         "type", m->type,
                         "hops", m->hops,
                         "xid", (json_int_t) m->xid,
                         "seconds", m->seconds,
                         "flags", m->flags,
                         "clientAddress", address_json(m->client),
                         "yourAddress", address_json(m->yours),
                         "nextServer", address_json(m->server),
                         "relay", address_json(m->relay),
                         "mac", m->has_mac ? print_mac(&m->mac) : json_null(),
                         "truncated", m->truncated);
}

static json_t *print_dhcp4_options(const struct dhcp4 *m) {
        char uuid[UUID_TEXT_SIZE];

        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s?, s:b, s:b}",
                         "router", address_json(m->router),
                         "serverName", print_text(m->server_name),
                         "file", print_text(m->file),
                         "hostname", print_text(m->hostname),
                         "vendorClass", print_text(m->vendor_class),
                         "message", print_text(m->message),
                         "userClass", print_classes(m),
                         "requested", address_json(m->requested),
                         "serverId", address_json(m->server_id),
                         "leaseTime", json_int_or_null(m->has_lease_time, m->lease_time),
                         "parameters", print_parameters(m),
                         "clientId", print_hex(m->client_id.data, m->client_id.size),
                         "circuitId", print_hex(m->circuit_id.data, m->circuit_id.size),
                         "remoteId", print_hex(m->remote_id.data, m->remote_id.size),
                         "architecture", json_int_or_null(m->has_architecture, m->architecture),
                         "interface", m->has_interface ? print_hex(m->interface, sizeof(m->interface)) : json_null(),
                         "uuid", m->has_uuid ? uuid_format(&m->uuid, uuid) : NULL,
                         "ipxe", m->has_ipxe,
                         "vendorOptions", m->has_vendor_options);
}

static json_t *print_dhcp4(const struct dhcp4 *m) {
        json_t *object = print_dhcp4_header(m), *options = print_dhcp4_options(m);

        json_object_update(object, options);
        json_decref(options);
        return object;
}

static json_t *print_tftp(const struct tftp *tftp) {
        bool is_error = tftp->operation == TFTP_ERROR;

        return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "operation", tftp->operation,
                         "block", json_int_or_null(tftp->operation == TFTP_DATA || tftp->operation == TFTP_ACKNOWLEDGEMENT, tftp->block),
                         "file", print_text(tftp->file),
                         "mode", print_text(tftp->mode),
                         "size", json_int_or_null(tftp->has_size, (int64_t) tftp->size),
                         "blockSize", json_int_or_null(tftp->has_block_size, (int64_t) tftp->block_size),
                         "timeout", json_int_or_null(tftp->has_timeout, (int64_t) tftp->timeout),
                         "windowSize", json_int_or_null(tftp->has_window_size, (int64_t) tftp->window_size),
                         "error", json_int_or_null(is_error, tftp->error),
                         "message", print_text(tftp->message));
}

json_t *print_packet(const struct packet *packet, int result) {
        json_t *object = json_pack("{s:o}", "ethernet", print_ethernet(&packet->ethernet));

        if (result < 0)
                json_object_set_new(object, "error", json_string(result == -EBADMSG ? "damaged" : "unknown"));
        if (packet->kind == PACKET_ARP)
                json_object_set_new(object, "arp", print_arp(&packet->arp));
        if (packet->kind == PACKET_DHCP4 || (packet->kind == PACKET_TFTP && !packet_is_ipv6(packet)))
                json_object_set_new(object, "ip", json_pack("{s:o, s:o}", "source", address_json(packet->ip.source), "destination",
                                                            address_json(packet->ip.destination)));
        if (packet->kind == PACKET_DHCP6 || packet->kind == PACKET_ND || (packet->kind == PACKET_TFTP && packet_is_ipv6(packet)))
                json_object_set_new(object, "ip6", print_ipv6(&packet->ip6));
        if (packet->kind == PACKET_DHCP4 || packet->kind == PACKET_TFTP || packet->kind == PACKET_DHCP6)
                json_object_set_new(object, "udp", json_pack("{s:i, s:i}", "source", packet->udp.source, "destination",
                                                             packet->udp.destination));
        if (packet->kind == PACKET_DHCP4)
                json_object_set_new(object, "dhcp4", print_dhcp4(&packet->dhcp4));
        if (packet->kind == PACKET_TFTP)
                json_object_set_new(object, "tftp", print_tftp(&packet->tftp));
        if (packet->kind == PACKET_LLDP)
                json_object_set_new(object, "lldp", print_lldp(&packet->lldp));
        if (packet->kind == PACKET_CDP)
                json_object_set_new(object, "cdp", print_cdp(&packet->cdp));
        if (packet->kind == PACKET_DHCP6)
                json_object_set_new(object, "dhcp6", print_dhcp6(&packet->dhcp6));
        if (packet->kind == PACKET_ND)
                json_object_set_new(object, "nd", print_nd(&packet->nd));
        return object;
}
