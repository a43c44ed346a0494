#include "netcfg/dhcp6.h"

#include <errno.h>

#include "lib/macro.h"
#include "netcfg/text.h"

enum { OPTION_CLIENT_ID = 1, OPTION_SERVER_ID = 2, OPTION_ADDRESS = 5, OPTION_RELAY_MESSAGE = 9, OPTION_STATUS = 13 };

/* The next option; false at the end, also when that comes in the middle of one (*truncated is set then, never cleared). */
static bool next_option(struct wire *wire, uint16_t *ret_code, struct wire *ret_value, bool *truncated) {
        if (wire_left(wire) == 0)
                return false;
        *ret_code = wire_u16(wire);
        *ret_value = wire_sub(wire, wire_u16(wire));
        if (wire->failed) {
                *truncated = true;
                return false;
        }
        return true;
}

static void take_bytes(struct dhcp6_bytes *to, struct wire *value) {
        size_t size = wire_left(value);

        to->size = (uint16_t) (size < sizeof(to->data) ? size : sizeof(to->data));
        wire_copy(value, to->data, to->size);
}

static void take_client_id(struct dhcp6 *m, struct wire *value) {
        take_bytes(&m->client_id, value);
}

static void take_server_id(struct dhcp6 *m, struct wire *value) {
        take_bytes(&m->server_id, value);
}

/* Of several the first. */
static void take_status(struct dhcp6_status *status, struct wire *value) {
        uint16_t code = wire_u16(value);

        if (value->failed || status->is_set)
                return;
        status->is_set = true;
        status->code = code;
        text_copy(status->message, sizeof(status->message), value->at, wire_left(value));
}

static void take_address(struct dhcp6_association *ia, struct wire *value, bool *truncated) {
        struct dhcp6_address address;
        struct wire inner;
        uint16_t code;

        wire_copy(value, &address.address, sizeof(address.address));
        address.preferred_lifetime = wire_u32(value);
        address.valid_lifetime = wire_u32(value);
        if (value->failed)
                return;
        if (ia->address_count < DHCP6_ADDRESSES_MAX)
                ia->addresses[ia->address_count++] = address;
        while (next_option(value, &code, &inner, truncated))
                if (code == OPTION_STATUS)
                        take_status(&ia->status, &inner);
}

static void take_association(struct dhcp6 *m, struct wire *value) {
        struct dhcp6_association ia = { .id = wire_u32(value) };
        struct wire inner, options;
        uint16_t code;

        ia.renew = wire_u32(value);
        ia.rebind = wire_u32(value);
        if (value->failed || m->association_count == DHCP6_ASSOCIATIONS_MAX)
                return;
        /* Its own status goes before those of its addresses. */
        for (options = *value; next_option(&options, &code, &inner, &m->truncated);)
                if (code == OPTION_STATUS)
                        take_status(&ia.status, &inner);
        for (options = *value; next_option(&options, &code, &inner, &m->truncated);)
                if (code == OPTION_ADDRESS)
                        take_address(&ia, &inner, &m->truncated);
        m->associations[m->association_count++] = ia;
}

static void take_requested(struct dhcp6 *m, struct wire *value) {
        while (wire_left(value) >= 2 && m->requested_count < DHCP6_REQUESTED_MAX)
                m->requested[m->requested_count++] = wire_u16(value);
}

static void take_preference(struct dhcp6 *m, struct wire *value) {
        m->has_preference = true;
        m->preference = wire_u8(value);
}

static void take_elapsed(struct dhcp6 *m, struct wire *value) {
        m->has_elapsed = true;
        m->elapsed = wire_u16(value);
}

static void take_message_status(struct dhcp6 *m, struct wire *value) {
        take_status(&m->status, value);
}

static void take_rapid_commit(struct dhcp6 *m, struct wire *value) {
        m->rapid_commit = true;
}

/* Classes as options 15 and 16 have them: each with two octets of length before it. */
static unsigned take_classes(struct wire *value, char *classes, size_t size) {
        unsigned count = 0;

        while (wire_left(value) > 0 && count < DHCP6_CLASSES_MAX) {
                struct wire class = wire_sub(value, wire_u16(value));
                if (class.failed)
                        break;
                text_copy(classes + size * count++, size, class.at, wire_left(&class));
        }
        return count;
}

static void take_user_class(struct dhcp6 *m, struct wire *value) {
        m->user_class_count = take_classes(value, m->user_class[0], sizeof(m->user_class[0]));
}

static void take_vendor_class(struct dhcp6 *m, struct wire *value) {
        m->has_vendor_class = true;
        m->vendor_class_enterprise = wire_u32(value);
        m->vendor_class_count = take_classes(value, m->vendor_class[0], sizeof(m->vendor_class[0]));
}

static void take_vendor_options(struct dhcp6 *m, struct wire *value) {
        m->has_vendor_options = true;
        m->vendor_options_enterprise = wire_u32(value);
        take_bytes(&m->vendor_options, value);
}

static void take_dns(struct dhcp6 *m, struct wire *value) {
        while (wire_left(value) >= sizeof(m->dns[0]) && m->dns_count < DHCP6_DNS_MAX)
                wire_copy(value, &m->dns[m->dns_count++], sizeof(m->dns[0]));
}

/* Labels (RFC 1035 3.1, not compressed); a name that is not whole has no label of length 0 at its end (RFC 4704 4.2). */
static void take_fqdn(struct dhcp6 *m, struct wire *value) {
        char name[sizeof(m->fqdn)] = "";
        size_t length = 0;
        uint8_t size;

        wire_skip(value, 1); /* flags */
        while (wire_left(value) > 0 && (size = wire_u8(value)) > 0) {
                struct wire label = wire_sub(value, size);
                if (label.failed || size > 63 || length + size + 2 > sizeof(name))
                        return;
                if (length > 0)
                        name[length++] = '.';
                length += text_copy(name + length, sizeof(name) - length, label.at, size);
        }
        memcpy(m->fqdn, name, sizeof(name));
}

static void take_boot_url(struct dhcp6 *m, struct wire *value) {
        text_copy(m->boot_url, sizeof(m->boot_url), value->at, wire_left(value));
}

static void take_architecture(struct dhcp6 *m, struct wire *value) {
        m->has_architecture = true;
        m->architecture = wire_u16(value);
}

static void take_interface(struct dhcp6 *m, struct wire *value) {
        m->has_interface = true;
        wire_copy(value, m->interface, sizeof(m->interface));
}

static const struct {
        uint16_t code, minimum, maximum; /* octets */
        bool repeats;
        void (*take)(struct dhcp6 *m, struct wire *value);
} options[] = {
        /* a DUID: two octets of type, then 1 to 128 (RFC 8415 11.1) */
        { OPTION_CLIENT_ID, 3, 130, false, take_client_id },
        { OPTION_SERVER_ID, 3, 130, false, take_server_id },
        { 3, 12, UINT16_MAX, true, take_association },
        { 6, 2, UINT16_MAX, false, take_requested },
        { 7, 1, 1, false, take_preference },
        { 8, 2, 2, false, take_elapsed },
        { OPTION_STATUS, 2, UINT16_MAX, false, take_message_status },
        { 14, 0, 0, false, take_rapid_commit },
        { 15, 2, UINT16_MAX, false, take_user_class },
        { 16, 4, UINT16_MAX, false, take_vendor_class },
        { 17, 4, UINT16_MAX, false, take_vendor_options },
        { 23, 16, UINT16_MAX, false, take_dns },
        { 39, 1, UINT16_MAX, false, take_fqdn },
        { 59, 1, UINT16_MAX, false, take_boot_url },
        { 61, 2, UINT16_MAX, false, take_architecture },
        { 62, 3, 3, false, take_interface },
};

static void take_options(struct dhcp6 *m, struct wire *wire) {
        bool taken[ELEMENTS(options)] = {};
        struct wire value;
        uint16_t code;

        while (next_option(wire, &code, &value, &m->truncated)) {
                size_t size = wire_left(&value), i = 0;

                while (i < ELEMENTS(options) && options[i].code != code)
                        i++;
                if (i == ELEMENTS(options) || size < options[i].minimum || size > options[i].maximum || (taken[i] && !options[i].repeats))
                        continue;
                taken[i] = true;
                options[i].take(m, &value);
        }
}

/* Option 79: two octets of hardware type, then the address */
static void take_client_mac(struct dhcp6_relay *relay, struct wire *value) {
        if (wire_left(value) != 8 || wire_u16(value) != 1)
                return;
        relay->has_client_mac = true;
        wire_copy(value, relay->client_mac.bytes, sizeof(relay->client_mac.bytes));
}

/* Reads what one relay wrapped around a message and leaves *wire at that message, or failed. */
static void unwrap(struct dhcp6 *m, struct wire *wire) {
        struct dhcp6_relay *relay = &m->relays[m->relay_count++];
        struct wire message = { .failed = true }, value;
        uint16_t code;

        relay->hop_count = wire_u8(wire);
        wire_copy(wire, &relay->link_address, sizeof(relay->link_address));
        wire_copy(wire, &relay->peer_address, sizeof(relay->peer_address));
        while (next_option(wire, &code, &value, &m->truncated))
                if (code == OPTION_RELAY_MESSAGE && message.failed)
                        message = value;
                else if (code == 18 && relay->interface_id.size == 0)
                        take_bytes(&relay->interface_id, &value);
                else if (code == 37 && relay->remote_id.size == 0)
                        take_bytes(&relay->remote_id, &value);
                else if (code == 79 && !relay->has_client_mac)
                        take_client_mac(relay, &value);
        *wire = message;
}

int dhcp6_parse(struct wire *wire, struct dhcp6 *ret) {
        struct dhcp6 m = { .type = wire_u8(wire) };
        uint8_t wrapped = m.type;

        m.from_relay = m.type == DHCP6_RELAY_FORWARD;
        while (m.type == DHCP6_RELAY_FORWARD || m.type == DHCP6_RELAY_REPLY) {
                if (m.type != wrapped || m.relay_count == DHCP6_RELAYS_MAX)
                        return -EBADMSG;
                unwrap(&m, wire);
                m.type = wire_u8(wire);
        }
        if (wire->failed)
                return -EBADMSG;
        if (m.type < DHCP6_SOLICIT || m.type > DHCP6_INFORMATION_REQUEST)
                return -ENOMSG;
        m.xid = (uint32_t) wire_u8(wire) << 16;
        m.xid |= wire_u16(wire);
        if (wire->failed)
                return -EBADMSG;
        take_options(&m, wire);
        *ret = m;
        return 0;
}

bool dhcp6_by_client(const struct dhcp6 *message) {
        return message->type != DHCP6_ADVERTISE && message->type != DHCP6_REPLY && message->type != DHCP6_RECONFIGURE;
}

enum step_stage dhcp6_stage(const struct dhcp6 *message) {
        for (unsigned i = 0; i < message->user_class_count; i++)
                if (strcmp(message->user_class[i], "iPXE") == 0)
                        return STAGE_IPXE;
        for (unsigned i = 0; i < message->vendor_class_count; i++)
                if (strncmp(message->vendor_class[i], "PXEClient", 9) == 0 || strncmp(message->vendor_class[i], "HTTPClient", 10) == 0)
                        return STAGE_FIRMWARE;
        return STAGE_OS;
}

const struct dhcp6_status *dhcp6_refusal(const struct dhcp6 *message) {
        const struct dhcp6_status *refusal = NULL;

        if (message->status.code != 0)
                return &message->status;
        for (unsigned i = 0; i < message->association_count; i++) {
                const struct dhcp6_association *ia = &message->associations[i];
                if (ia->address_count > 0)
                        return NULL;
                if (ia->status.code != 0 && !refusal)
                        refusal = &ia->status;
        }
        return refusal;
}

bool dhcp6_duid_mac(const struct dhcp6_bytes *duid, struct mac *ret) {
        struct wire wire = wire_new(duid->data, duid->size);
        struct mac mac;

        uint16_t type = wire_u16(&wire), hardware = wire_u16(&wire);
        if (hardware != 1 || (type != 1 && type != 3))
                return false;
        if (type == 1)
                wire_skip(&wire, 4); /* time */
        if (wire_left(&wire) != sizeof(mac.bytes))
                return false;
        wire_copy(&wire, mac.bytes, sizeof(mac.bytes));
        *ret = mac;
        return true;
}

bool dhcp6_duid_uuid(const struct dhcp6_bytes *duid, struct uuid *ret) {
        struct wire wire = wire_new(duid->data, duid->size);

        if (wire_u16(&wire) != 4 || wire_left(&wire) != sizeof(ret->bytes))
                return false;
        wire_copy(&wire, ret->bytes, sizeof(ret->bytes));
        return true;
}
