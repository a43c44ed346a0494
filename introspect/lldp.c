#include "introspect/lldp.h"

#include <string.h>

#include "introspect/field.h"
#include "lib/address.h"
#include "lib/wire.h"

/* A TLV's length has 9 bits (8.4.2). */
#define VALUE_MAX 511
/* More than fit into a frame. */
#define TLVS_MAX 512

enum { TLV_CHASSIS_ID = 1, TLV_PORT_ID = 2 };
/* 8.5.2.2 and 8.5.3.2 */
enum { CHASSIS_MAC = 4 };
enum { PORT_ALIAS = 1, PORT_MAC = 3, PORT_INTERFACE_NAME = 5, PORT_CIRCUIT_ID = 6, PORT_LOCAL = 7 };

static int digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns how many bytes there are; 0 for what is not hexadecimal. */
static size_t decode(const json_t *text, uint8_t ret[static VALUE_MAX]) {
        const char *hex = json_string_value(text);
        size_t size = json_string_length(text) / 2;

        if (!hex || json_string_length(text) % 2 != 0 || size > VALUE_MAX)
                return 0;
        for (size_t i = 0; i < size; i++) {
                int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
                if (high < 0 || low < 0)
                        return 0;
                ret[i] = (uint8_t) (high << 4 | low);
        }
        return size;
}

static json_t *mac_text(struct wire *value) {
        char text[MAC_TEXT_SIZE];
        struct mac mac;

        if (wire_left(value) != sizeof(mac.bytes) || !wire_copy(value, mac.bytes, sizeof(mac.bytes)))
                return NULL;
        return json_string(mac_format(&mac, text));
}

static json_t *plain_text(struct wire *value) {
        size_t size = wire_left(value);
        /* Refuses what is not UTF-8. */
        _cleanup_json_ json_t *text = json_stringn((const char *) value->at, size);
        json_t *cleaned = text ? field_clean_text(text) : NULL;

        return json_is_null(cleaned) ? NULL : cleaned;
}

static json_t *chassis_id(struct wire *value) {
        return wire_u8(value) == CHASSIS_MAC ? mac_text(value) : NULL;
}

static json_t *port_id(struct wire *value) {
        switch (wire_u8(value)) {
        case PORT_MAC:
                return mac_text(value);
        case PORT_ALIAS:
        case PORT_INTERFACE_NAME:
        case PORT_CIRCUIT_ID:
        case PORT_LOCAL:
                return plain_text(value);
        default:
                return NULL;
        }
}

void lldp_read(const json_t *tlvs, struct lldp_neighbour *ret) {
        const json_t *tlv;
        size_t i;

        *ret = (struct lldp_neighbour) { 0 };
        json_array_foreach((json_t *) tlvs, i, tlv) {
                uint8_t bytes[VALUE_MAX];
                const json_t *type = json_array_get(tlv, 0);
                struct wire value = wire_new(bytes, decode(json_array_get(tlv, 1), bytes));

                if (i >= TLVS_MAX)
                        break;
                if (!json_is_integer(type))
                        continue;
                if (json_integer_value(type) == TLV_CHASSIS_ID && !ret->chassis)
                        ret->chassis = chassis_id(&value);
                else if (json_integer_value(type) == TLV_PORT_ID && !ret->port)
                        ret->port = port_id(&value);
        }
}
