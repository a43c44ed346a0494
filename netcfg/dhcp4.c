#include "netcfg/dhcp4.h"

#include <errno.h>

#include "lib/macro.h"
#include "netcfg/text.h"

/* As much of one option as is ever looked at: all pieces that fit a frame of 1500 bytes. */
#define VALUE_MAX 1024

/* The areas that options are read from, in the order in which RFC 3396 section 7 joins them. */
struct areas {
        const uint8_t *at[3];
        size_t size[3];
        unsigned count;
};

/* The next option of an area; false at its end, also when that comes in the middle of one (*ret_truncated is set then). */
static bool next_option(struct wire *area, uint8_t *ret_code, struct wire *ret_value, bool *ret_truncated) {
        uint8_t code;

        do {
                if (wire_left(area) == 0)
                        return false;
                code = wire_u8(area);
        } while (code == 0);
        if (code == 255)
                return false;

        *ret_code = code;
        *ret_value = wire_sub(area, wire_u8(area));
        if (ret_value->failed || area->failed) {
                *ret_truncated = true;
                return false;
        }
        return true;
}

/* Joins all pieces of an option. False: there is none. Sets *truncated, never clears it. */
static bool gather(const struct areas *areas, uint8_t wanted, uint8_t value[static VALUE_MAX], size_t *ret_size, bool *truncated) {
        bool found = false;
        size_t size = 0;

        for (unsigned i = 0; i < areas->count; i++) {
                struct wire area = wire_new(areas->at[i], areas->size[i]), piece;
                uint8_t code;

                while (next_option(&area, &code, &piece, truncated)) {
                        if (code != wanted)
                                continue;
                        size_t length = wire_left(&piece);
                        if (length > VALUE_MAX - size)
                                length = VALUE_MAX - size;
                        if (length > 0)
                                memcpy(value + size, piece.at, length);
                        size += length;
                        found = true;
                }
        }
        *ret_size = size;
        return found;
}

static void take_bytes(struct dhcp4_bytes *to, const uint8_t *value, size_t size) {
        to->size = (uint16_t) (size < sizeof(to->data) ? size : sizeof(to->data));
        if (to->size > 0)
                memcpy(to->data, value, to->size);
}

static void take_type(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->type = value[0];
}

static void take_requested(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->has_requested = true;
        memcpy(&m->requested, value, 4);
}

static void take_server_id(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->has_server_id = true;
        memcpy(&m->server_id, value, 4);
}

static void take_lease_time(struct dhcp4 *m, const uint8_t *value, size_t size) {
        struct wire wire = wire_new(value, size);
        m->has_lease_time = true;
        m->lease_time = wire_u32(&wire);
}

static void take_hostname(struct dhcp4 *m, const uint8_t *value, size_t size) {
        text_copy(m->hostname, sizeof(m->hostname), value, size);
}

static void take_message(struct dhcp4 *m, const uint8_t *value, size_t size) {
        text_copy(m->message, sizeof(m->message), value, size);
}

static void take_vendor_class(struct dhcp4 *m, const uint8_t *value, size_t size) {
        text_copy(m->vendor_class, sizeof(m->vendor_class), value, size);
}

static void take_server_name(struct dhcp4 *m, const uint8_t *value, size_t size) {
        text_copy(m->server_name, sizeof(m->server_name), value, size);
}

static void take_file(struct dhcp4 *m, const uint8_t *value, size_t size) {
        text_copy(m->file, sizeof(m->file), value, size);
}

static void take_parameters(struct dhcp4 *m, const uint8_t *value, size_t size) {
        take_bytes(&m->parameters, value, size);
}

static void take_client_id(struct dhcp4 *m, const uint8_t *value, size_t size) {
        take_bytes(&m->client_id, value, size);
}

/* RFC 3004 section 4: instances of a length byte and at least one byte, which fill the option exactly. */
static bool is_class_list(const uint8_t *value, size_t size) {
        struct wire wire = wire_new(value, size);

        while (wire_left(&wire) > 0) {
                uint8_t length = wire_u8(&wire);
                if (length == 0)
                        return false;
                wire_skip(&wire, length);
        }
        return !wire.failed;
}

static void take_user_class(struct dhcp4 *m, const uint8_t *value, size_t size) {
        struct wire wire = wire_new(value, size);

        if (!is_class_list(value, size)) {
                m->user_class_count = 1;
                text_copy(m->user_class[0], sizeof(m->user_class[0]), value, size);
                return;
        }
        while (wire_left(&wire) > 0 && m->user_class_count < DHCP4_CLASSES_MAX) {
                struct wire class = wire_sub(&wire, wire_u8(&wire));
                text_copy(m->user_class[m->user_class_count++], sizeof(m->user_class[0]), class.at, wire_left(&class));
        }
}

static void take_relay_information(struct dhcp4 *m, const uint8_t *value, size_t size) {
        struct wire wire = wire_new(value, size);

        while (wire_left(&wire) > 0) {
                uint8_t code = wire_u8(&wire);
                struct wire sub = wire_sub(&wire, wire_u8(&wire));
                if (sub.failed)
                        return;
                if (code == 1)
                        take_bytes(&m->circuit_id, sub.at, wire_left(&sub));
                else if (code == 2)
                        take_bytes(&m->remote_id, sub.at, wire_left(&sub));
        }
}

static void take_architecture(struct dhcp4 *m, const uint8_t *value, size_t size) {
        struct wire wire = wire_new(value, size);
        m->has_architecture = true;
        m->architecture = wire_u16(&wire);
}

static void take_interface(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->has_interface = true;
        memcpy(m->interface, value, sizeof(m->interface));
}

static void take_uuid(struct dhcp4 *m, const uint8_t *value, size_t size) {
        if (value[0] != 0) /* the only type there is */
                return;
        m->has_uuid = true;
        memcpy(m->uuid.bytes, value + 1, sizeof(m->uuid.bytes));
        uuid_swap(&m->uuid);
}

static void take_router(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->has_router = true;
        memcpy(&m->router, value, 4);
}

static void take_vendor_options(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->has_vendor_options = true;
}

static void take_ipxe(struct dhcp4 *m, const uint8_t *value, size_t size) {
        m->has_ipxe = true;
}

static const struct {
        uint8_t code;
        uint16_t minimum, maximum; /* bytes */
        void (*take)(struct dhcp4 *m, const uint8_t *value, size_t size);
} options[] = {
        { 3, 4, VALUE_MAX, take_router },
        { 12, 1, VALUE_MAX, take_hostname },
        { 43, 0, VALUE_MAX, take_vendor_options },
        { 50, 4, 4, take_requested },
        { 51, 4, 4, take_lease_time },
        { 53, 1, 1, take_type },
        { 54, 4, 4, take_server_id },
        { 55, 1, VALUE_MAX, take_parameters },
        { 56, 1, VALUE_MAX, take_message },
        { 60, 1, VALUE_MAX, take_vendor_class },
        { 61, 2, VALUE_MAX, take_client_id },
        { 66, 1, VALUE_MAX, take_server_name },
        { 67, 1, VALUE_MAX, take_file },
        { 77, 1, VALUE_MAX, take_user_class },
        { 82, 2, VALUE_MAX, take_relay_information },
        { 93, 2, VALUE_MAX, take_architecture },
        { 94, 3, 3, take_interface },
        { 97, 17, 17, take_uuid },
        { 175, 0, VALUE_MAX, take_ipxe },
};

/* Option 52 (RFC 2132 9.3) says which of the two fields hold options instead of what they are for. */
static void find_areas(struct dhcp4 *m, struct areas *areas, struct wire *rest, const uint8_t *sname, const uint8_t *file) {
        uint8_t value[VALUE_MAX];
        size_t size;
        unsigned overload = 0;

        areas->at[areas->count] = rest->at;
        areas->size[areas->count++] = wire_left(rest);
        if (gather(areas, 52, value, &size, &m->truncated) && size == 1)
                overload = value[0];
        if (overload & 1) {
                areas->at[areas->count] = file;
                areas->size[areas->count++] = 128;
        } else
                text_copy(m->file, sizeof(m->file), file, 128);
        if (overload & 2) {
                areas->at[areas->count] = sname;
                areas->size[areas->count++] = 64;
        } else
                text_copy(m->server_name, sizeof(m->server_name), sname, 64);
}

static void take_options(struct dhcp4 *m, const struct areas *areas) {
        uint8_t value[VALUE_MAX];
        size_t size;

        for (size_t i = 0; i < ELEMENTS(options); i++)
                if (gather(areas, options[i].code, value, &size, &m->truncated) && size >= options[i].minimum && size <= options[i].maximum)
                        options[i].take(m, value, size);
}

int dhcp4_parse(struct wire *wire, struct dhcp4 *ret) {
        struct dhcp4 m = { .operation = wire_u8(wire) };
        struct areas areas = {};

        uint8_t hardware = wire_u8(wire), hardware_size = wire_u8(wire);
        m.hops = wire_u8(wire);
        m.xid = wire_u32(wire);
        m.seconds = wire_u16(wire);
        m.flags = wire_u16(wire);
        wire_copy(wire, &m.client, 4);
        wire_copy(wire, &m.yours, 4);
        wire_copy(wire, &m.server, 4);
        wire_copy(wire, &m.relay, 4);
        const uint8_t *chaddr = wire_bytes(wire, 16), *sname = wire_bytes(wire, 64), *file = wire_bytes(wire, 128);
        uint32_t cookie = wire_u32(wire);
        if (wire->failed || m.operation < 1 || m.operation > 2)
                return -EBADMSG;
        if (cookie != 0x63825363)
                return -ENOMSG;

        m.has_mac = hardware == 1 && hardware_size == 6;
        if (m.has_mac)
                memcpy(m.mac.bytes, chaddr, 6);
        find_areas(&m, &areas, wire, sname, file);
        take_options(&m, &areas);
        if (m.type < DHCP4_DISCOVER || m.type > DHCP4_INFORM)
                return -ENOMSG;
        *ret = m;
        return 0;
}

enum step_stage dhcp4_stage(const struct dhcp4 *message) {
        for (unsigned i = 0; i < message->user_class_count; i++)
                if (strcmp(message->user_class[i], "iPXE") == 0)
                        return STAGE_IPXE;
        if (message->has_ipxe)
                return STAGE_IPXE;
        if (strncmp(message->vendor_class, "PXEClient", 9) == 0 || strncmp(message->vendor_class, "HTTPClient", 10) == 0)
                return STAGE_FIRMWARE;
        return STAGE_OS;
}
