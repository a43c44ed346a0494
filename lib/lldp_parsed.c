#include "lib/lldp_parsed.h"

#include <stdio.h>

#include "lib/text.h"

struct bit_name {
        uint16_t bit;
        const char *name;
};

/* 8.5.8.1. "Other" has no name there. */
static const struct bit_name capability_names[] = {
        { LLDP_CAN_REPEATER, "Repeater" },   { LLDP_CAN_BRIDGE, "Bridge" },
        { LLDP_CAN_WLAN, "WLAN" },           { LLDP_CAN_ROUTER, "Router" },
        { LLDP_CAN_TELEPHONE, "Telephone" }, { LLDP_CAN_DOCSIS, "DOCSIS cable device" },
        { LLDP_CAN_STATION, "Station only" }, { LLDP_CAN_CVLAN, "C-Vlan" },
        { LLDP_CAN_SVLAN, "S-Vlan" },        { LLDP_CAN_TPMR, "TPMR" },
};

/* IANAifMauAutoNegCapBits (RFC 4836), whose first bit is the highest. By name, since the hook sorts them. */
static const struct bit_name advertised_names[] = {
        { 1 << 0, "1000BASE-T fdx" },  { 1 << 1, "1000BASE-T hdx" },   { 1 << 2, "1000BASE-X fdx" },         { 1 << 3, "1000BASE-X hdx" },
        { 1 << 8, "100BASE-T2 fdx" },  { 1 << 9, "100BASE-T2 hdx" },   { 1 << 10, "100BASE-TX fdx" },        { 1 << 11, "100BASE-TX hdx" },
        { 1 << 13, "10BASE-T fdx" },   { 1 << 14, "10BASE-T hdx" },    { 1 << 12, "10BASE-T4" },             { 1 << 6, "Asym PAUSE fdx" },
        { 1 << 4, "Asym and Sym PAUSE fdx" }, { 1 << 7, "PAUSE fdx" }, { 1 << 5, "Sym PAUSE fdx" },
};

/* dot3MauType (RFC 4836), by number */
static const char *const mau_names[] = {
        "Unknown",
        "AUI",
        "10BASE-5",
        "FOIRL",
        "10BASE-2",
        "10BASE-T duplex mode unknown",
        "10BASE-FP",
        "10BASE-FB",
        "10BASE-FL duplex mode unknown",
        "10BROAD36",
        "10BASE-T half duplex",
        "10BASE-T full duplex",
        "10BASE-FL half duplex",
        "10BASE-FL full duplex",
        "100 BASE-T4",
        "100BASE-TX half duplex",
        "100BASE-TX full duplex",
        "100BASE-FX half duplex",
        "100BASE-FX full duplex",
        "100BASE-T2 half duplex",
        "100BASE-T2 full duplex",
        "1000BASE-X half duplex",
        "1000BASE-X full duplex",
        "1000BASE-LX half duplex",
        "1000BASE-LX full duplex",
        "1000BASE-SX half duplex",
        "1000BASE-SX full duplex",
        "1000BASE-CX half duplex",
        "1000BASE-CX full duplex",
        "1000BASE-T half duplex",
        "1000BASE-T full duplex",
        "10GBASE-X",
        "10GBASE-LX4",
        "10GBASE-R",
        "10GBASE-ER",
        "10GBASE-LR",
        "10GBASE-SR",
        "10GBASE-W",
        "10GBASE-EW",
        "10GBASE-LW",
        "10GBASE-SW",
        "10GBASE-CX4",
        "2BASE-TL",
        "10PASS-TS",
        "100BASE-BX10D",
        "100BASE-BX10U",
        "100BASE-LX10",
        "1000BASE-BX10D",
        "1000BASE-BX10U",
        "1000BASE-LX10",
        "1000BASE-PX10D",
        "1000BASE-PX10U",
        "1000BASE-PX20D",
        "1000BASE-PX20U",
};

static json_t *names_of(uint16_t bits, const struct bit_name *names, size_t count) {
        json_t *list = json_array();

        for (size_t i = 0; i < count; i++)
                if (bits & names[i].bit)
                        json_array_append_new(list, json_string(names[i].name));
        return list;
}

static void set_text(json_t *object, const char *key, const char *text) {
        if (text[0])
                json_object_set_new(object, key, json_text(text));
}

/* A list comes with its first member. */
static void append(json_t *object, const char *key, json_t *value) {
        json_t *list = json_object_get(object, key);

        if (!list && json_object_set_new(object, key, list = json_array()) < 0)
                list = NULL;
        json_array_append_new(list, value);
}

static void add_basic(const struct lldp *lldp, json_t *object) {
        set_text(object, "switch_chassis_id", lldp->chassis.text);
        set_text(object, "switch_port_id", lldp->port.text);
        set_text(object, "switch_port_description", lldp->port_description);
        set_text(object, "switch_system_name", lldp->system_name);
        set_text(object, "switch_system_description", lldp->system_description);
        if (lldp->has_capabilities) {
                json_object_set_new(object, "switch_capabilities_support",
                                    names_of(lldp->capabilities, capability_names, ELEMENTS(capability_names)));
                json_object_set_new(object, "switch_capabilities_enabled",
                                    names_of(lldp->enabled, capability_names, ELEMENTS(capability_names)));
        }
        /* Of families that are no address of IP or a MAC nothing is given there. */
        for (unsigned i = 0; i < lldp->management_count; i++)
                if (lldp->management[i].form != LLDP_BYTES)
                        append(object, "switch_mgmt_addresses", json_text(lldp->management[i].text));
}

static void add_vlans(const struct lldp *lldp, json_t *object) {
        if (lldp->has_vlan)
                json_object_set_new(object, "switch_port_untagged_vlan_id", json_integer(lldp->vlan));
        for (unsigned i = 0; i < lldp->vlan_count; i++)
                append(object, "switch_port_vlans",
                       json_pack("{s:i, s:o}", "id", lldp->vlans[i].id, "name", json_text(lldp->vlans[i].name)));
        if (lldp->has_management_vlan)
                json_object_set_new(object, "switch_port_management_vlan_id", json_integer(lldp->management_vlan));
        /* What is said with the first counts for the port. */
        if (lldp->protocol_vlan_count > 0) {
                json_object_set_new(object, "switch_port_protocol_vlan_support", json_boolean(lldp->protocol_vlans[0].flags & 2));
                json_object_set_new(object, "switch_port_protocol_vlan_enabled", json_boolean(lldp->protocol_vlans[0].flags & 4));
        }
        for (unsigned i = 0; i < lldp->protocol_vlan_count; i++)
                append(object, "switch_port_protocol_vlan_ids", json_integer(lldp->protocol_vlans[i].id));
}

static void add_protocols(const struct lldp *lldp, json_t *object) {
        char hex[2 * LLDP_PROTOCOL_SIZE + 1];

        for (unsigned i = 0; i < lldp->protocol_count; i++)
                append(object, "switch_protocol_identities",
                       json_string(text_hex(hex, sizeof(hex), lldp->protocols[i].bytes, lldp->protocols[i].size)));
}

static void add_link(const struct lldp *lldp, json_t *object) {
        char number[8];

        if (lldp->has_aggregation) {
                json_object_set_new(object, "switch_port_link_aggregation_support", json_boolean(lldp->aggregation & 1));
                json_object_set_new(object, "switch_port_link_aggregation_enabled", json_boolean(lldp->aggregation & 2));
                json_object_set_new(object, "switch_port_link_aggregation_id", json_integer(lldp->aggregation_port));
        }
        if (lldp->has_frame_size)
                json_object_set_new(object, "switch_port_mtu", json_integer(lldp->frame_size));
        if (!lldp->has_phy)
                return;
        snprintf(number, sizeof(number), "%u", lldp->mau_type);
        json_object_set_new(object, "switch_port_autonegotiation_support", json_boolean(lldp->autonegotiation & 1));
        json_object_set_new(object, "switch_port_autonegotiation_enabled", json_boolean(lldp->autonegotiation & 2));
        json_object_set_new(object, "switch_port_physical_capabilities",
                            names_of(lldp->advertised, advertised_names, ELEMENTS(advertised_names)));
        json_object_set_new(object, "switch_port_mau_type",
                            json_string(lldp->mau_type < ELEMENTS(mau_names) ? mau_names[lldp->mau_type] : number));
}

json_t *lldp_parsed(const struct lldp *lldp) {
        _cleanup_json_ json_t *object = json_object();

        add_basic(lldp, object);
        add_vlans(lldp, object);
        add_protocols(lldp, object);
        add_link(lldp, object);
        return json_object_size(object) > 0 ? TAKE_POINTER(object) : json_null();
}
