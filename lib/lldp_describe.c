#include "lib/lldp_describe.h"

/* More than fit into a frame. */
#define TLVS_MAX 512

static int digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A failed cursor for what is not hexadecimal. */
static struct wire decode(const json_t *text, uint8_t bytes[static LLDP_VALUE_MAX]) {
        const char *hex = json_string_value(text);
        size_t size = json_string_length(text) / 2;
        struct wire value = wire_new(bytes, size <= LLDP_VALUE_MAX ? size : 0);

        value.failed = !hex || json_string_length(text) % 2 != 0 || size > LLDP_VALUE_MAX;
        for (size_t i = 0; i < size && !value.failed; i++) {
                int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
                value.failed = high < 0 || low < 0;
                bytes[i] = value.failed ? 0 : (uint8_t) (high << 4 | low);
        }
        return value;
}

void lldp_read(const json_t *tlvs, struct lldp *ret) {
        const json_t *tlv;
        size_t i;

        *ret = (struct lldp) {};
        json_array_foreach((json_t *) tlvs, i, tlv) {
                uint8_t bytes[LLDP_VALUE_MAX];
                const json_t *type = json_array_get(tlv, 0);

                if (i >= TLVS_MAX)
                        break;
                if (json_is_integer(type) && json_integer_value(type) > LLDP_END && json_integer_value(type) <= LLDP_ORGANIZATION)
                        (void) lldp_add(ret, (unsigned) json_integer_value(type), decode(json_array_get(tlv, 1), bytes));
        }
}

static json_t *vlans_json(const struct lldp *lldp) {
        json_t *vlans = lldp->vlan_count > 0 ? json_array() : json_null();

        for (unsigned i = 0; i < lldp->vlan_count; i++)
                json_array_append_new(vlans, json_integer(lldp->vlans[i].id));
        return vlans;
}

void lldp_describe(const struct lldp *lldp, json_t *interface) {
        const struct lldp_id *chassis = &lldp->chassis, *port = &lldp->port;
        bool has_chassis = chassis->form == LLDP_MAC && chassis->subtype == LLDP_CHASSIS_MAC;
        bool has_port = port->form == LLDP_WORDS || (port->form == LLDP_MAC && port->subtype == LLDP_PORT_MAC);

        json_object_set_new(interface, "switchChassis", json_text(has_chassis ? chassis->text : NULL));
        json_object_set_new(interface, "switchPort", json_text(has_port ? port->text : NULL));
        json_object_set_new(interface, "switchName", json_text(lldp->system_name[0] ? lldp->system_name : NULL));
        /* 0: the port has none (802.1Q D.2.1.1) */
        json_object_set_new(interface, "switchVlan", json_int_or_null(lldp->has_vlan && lldp->vlan > 0, lldp->vlan));
        json_object_set_new(interface, "switchVlans", vlans_json(lldp));
}
