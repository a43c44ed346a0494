#include "netcfg/print_internal.h"

static json_t *print_id(const struct lldp_id *id) {
        return json_pack("{s:i, s:s}", "subtype", id->subtype, "id", id->text);
}

static json_t *print_management(const struct lldp *lldp) {
        json_t *list = json_array();

        for (unsigned i = 0; i < lldp->management_count; i++)
                json_array_append_new(list, json_pack("{s:s, s:i, s:I}", "address", lldp->management[i].text, "numbering",
                                                      lldp->management[i].numbering, "interface",
                                                      (json_int_t) lldp->management[i].interface));
        return list;
}

static json_t *print_vlans(const struct lldp *lldp) {
        json_t *list = json_array();

        for (unsigned i = 0; i < lldp->vlan_count; i++)
                json_array_append_new(list, json_pack("{s:i, s:s}", "id", lldp->vlans[i].id, "name", lldp->vlans[i].name));
        return list;
}

static json_t *print_protocol_vlans(const struct lldp *lldp) {
        json_t *list = json_array();

        for (unsigned i = 0; i < lldp->protocol_vlan_count; i++)
                json_array_append_new(list, json_pack("{s:i, s:i}", "id", lldp->protocol_vlans[i].id, "flags",
                                                      lldp->protocol_vlans[i].flags));
        return list;
}

static json_t *print_protocols(const struct lldp *lldp) {
        json_t *list = json_array();

        for (unsigned i = 0; i < lldp->protocol_count; i++)
                json_array_append_new(list, print_hex(lldp->protocols[i].bytes, lldp->protocols[i].size));
        return list;
}

static json_t *print_lldp_basic(const struct lldp *l) {
        return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
                         "chassis", print_id(&l->chassis),
                         "port", print_id(&l->port),
                         "ttl", l->ttl,
                         "portDescription", print_text(l->port_description),
                         "systemName", print_text(l->system_name),
                         "systemDescription", print_text(l->system_description),
                         "capabilities", json_int_or_null(l->has_capabilities, l->capabilities),
                         "enabledCapabilities", json_int_or_null(l->has_capabilities, l->enabled),
                         "managementAddresses", print_management(l),
                         "truncated", l->truncated);
}

static json_t *print_lldp_8021(const struct lldp *l) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "vlan", json_int_or_null(l->has_vlan, l->vlan),
                         "protocolVlans", print_protocol_vlans(l),
                         "vlans", print_vlans(l),
                         "protocols", print_protocols(l),
                         "vidUsageDigest", json_int_or_null(l->has_vid_digest, l->vid_digest),
                         "managementVlan", json_int_or_null(l->has_management_vlan, l->management_vlan),
                         "aggregation", json_int_or_null(l->has_aggregation, l->aggregation),
                         "aggregationPort", json_int_or_null(l->has_aggregation, l->aggregation_port));
}

static json_t *print_lldp_8023(const struct lldp *l) {
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "autonegotiation", json_int_or_null(l->has_phy, l->autonegotiation),
                         "advertised", json_int_or_null(l->has_phy, l->advertised),
                         "mauType", json_int_or_null(l->has_phy, l->mau_type),
                         "powerSupport", json_int_or_null(l->has_power, l->power_support),
                         "powerPair", json_int_or_null(l->has_power, l->power_pair),
                         "powerClass", json_int_or_null(l->has_power, l->power_class),
                         "frameSize", json_int_or_null(l->has_frame_size, l->frame_size));
}

json_t *print_lldp(const struct lldp *lldp) {
        json_t *object = print_lldp_basic(lldp);
        _cleanup_json_ json_t *of_8021 = print_lldp_8021(lldp), *of_8023 = print_lldp_8023(lldp);

        json_object_update(object, of_8021);
        json_object_update(object, of_8023);
        return object;
}

static json_t *print_addresses(const struct ip *addresses, unsigned count) {
        json_t *list = json_array();
        char text[IP_TEXT_SIZE];

        for (unsigned i = 0; i < count; i++)
                json_array_append_new(list, json_string(ip_format(&addresses[i], text)));
        return list;
}

json_t *print_cdp(const struct cdp *c) {
        return json_pack("{s:i, s:i, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "version", c->version,
                         "ttl", c->ttl,
                         "checksumGood", c->checksum_good,
                         "device", c->device,
                         "port", print_text(c->port),
                         "addresses", print_addresses(c->addresses, c->address_count),
                         "managementAddresses", print_addresses(c->management, c->management_count),
                         "capabilities", json_int_or_null(c->has_capabilities, c->capabilities),
                         "software", print_text(c->software),
                         "platform", print_text(c->platform),
                         "domain", print_text(c->domain),
                         "systemName", print_text(c->system_name),
                         "vlan", json_int_or_null(c->has_vlan, c->vlan),
                         "fullDuplex", c->has_duplex ? json_boolean(c->full_duplex) : json_null());
}
