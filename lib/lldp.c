#include "lib/lldp.h"

#include <errno.h>
#include <string.h>

#include "lib/address.h"
#include "lib/macro.h"
#include "lib/text.h"

/* IANA address family numbers */
enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2, FAMILY_802 = 6 };

/* Of what stands once, after its value was read. */
static int once(bool *has, const struct wire *value) {
        if (*has)
                return -EEXIST;
        if (value->failed)
                return -EBADMSG;
        *has = true;
        return 0;
}

/* ---- ids and texts */

static enum lldp_form read_bytes(const uint8_t *bytes, size_t length, char *text, size_t size) {
        text_hex(text, size, bytes, length);
        return LLDP_BYTES;
}

static enum lldp_form read_mac(const uint8_t *bytes, size_t length, char *text, size_t size) {
        struct mac mac;

        if (length != sizeof(mac.bytes))
                return read_bytes(bytes, length, text, size);
        memcpy(mac.bytes, bytes, sizeof(mac.bytes));
        mac_format(&mac, text);
        return LLDP_MAC;
}

static enum lldp_form read_ip(int family, const uint8_t *bytes, char *text) {
        struct ip ip = { .family = family };

        memcpy(family == AF_INET ? (void *) &ip.v4 : (void *) &ip.v6, bytes, family == AF_INET ? 4 : 16);
        ip_format(&ip, text);
        return LLDP_ADDRESS;
}

/* The family's number stands before the address. */
static enum lldp_form read_address(const uint8_t *bytes, size_t length, char *text, size_t size) {
        if (length == 5 && bytes[0] == FAMILY_IPV4)
                return read_ip(AF_INET, bytes + 1, text);
        if (length == 17 && bytes[0] == FAMILY_IPV6)
                return read_ip(AF_INET6, bytes + 1, text);
        if (length == 7 && bytes[0] == FAMILY_802)
                return read_mac(bytes + 1, length - 1, text, size);
        return read_bytes(bytes, length, text, size);
}

static enum lldp_form read_words(const uint8_t *bytes, size_t length, char *text, size_t size) {
        return text_id(text, size, bytes, length) ? LLDP_WORDS : LLDP_BYTES;
}

typedef enum lldp_form (*read_form)(const uint8_t *bytes, size_t length, char *text, size_t size);

static int read_id(struct lldp_id *id, struct wire *value, const read_form forms[], size_t count) {
        if (id->form != LLDP_NONE)
                return -EEXIST;
        uint8_t subtype = wire_u8(value);
        size_t length = wire_left(value);
        if (length < 1 || length > 255)
                return -EBADMSG;
        read_form form = subtype < count && forms[subtype] ? forms[subtype] : read_bytes;
        id->subtype = subtype;
        id->form = form(wire_bytes(value, length), length, id->text, sizeof(id->text));
        return 0;
}

static int read_chassis(struct lldp *lldp, struct wire *value) {
        static const read_form forms[] = {
                [LLDP_CHASSIS_COMPONENT] = read_words, [LLDP_CHASSIS_ALIAS] = read_words,     [LLDP_CHASSIS_PORT_COMPONENT] = read_words,
                [LLDP_CHASSIS_MAC] = read_mac,         [LLDP_CHASSIS_ADDRESS] = read_address, [LLDP_CHASSIS_INTERFACE] = read_words,
                [LLDP_CHASSIS_LOCAL] = read_words,
        };

        return read_id(&lldp->chassis, value, forms, ELEMENTS(forms));
}

static int read_port(struct lldp *lldp, struct wire *value) {
        static const read_form forms[] = {
                [LLDP_PORT_ALIAS] = read_words,     [LLDP_PORT_COMPONENT] = read_words, [LLDP_PORT_MAC] = read_mac,
                [LLDP_PORT_ADDRESS] = read_address, [LLDP_PORT_INTERFACE] = read_words, [LLDP_PORT_CIRCUIT] = read_words,
                [LLDP_PORT_LOCAL] = read_words,
        };

        return read_id(&lldp->port, value, forms, ELEMENTS(forms));
}

static int read_text(char text[static LLDP_TEXT_SIZE], struct wire *value) {
        size_t length = wire_left(value);
        const uint8_t *bytes = wire_bytes(value, length);

        if (text[0])
                return -EEXIST;
        text_clean(text, LLDP_TEXT_SIZE, (const char *) bytes, text_without_nuls(bytes, length));
        return 0;
}

static int read_port_description(struct lldp *lldp, struct wire *value) {
        return read_text(lldp->port_description, value);
}

static int read_system_name(struct lldp *lldp, struct wire *value) {
        return read_text(lldp->system_name, value);
}

static int read_system_description(struct lldp *lldp, struct wire *value) {
        return read_text(lldp->system_description, value);
}

/* ---- numbers of the basic set */

static int read_ttl(struct lldp *lldp, struct wire *value) {
        uint16_t ttl = wire_u16(value);
        int r = once(&lldp->has_ttl, value);
        if (r == 0)
                lldp->ttl = ttl;
        return r;
}

static int read_capabilities(struct lldp *lldp, struct wire *value) {
        uint16_t capabilities = wire_u16(value), enabled = wire_u16(value);
        int r = once(&lldp->has_capabilities, value);
        if (r < 0)
                return r;
        lldp->capabilities = capabilities;
        lldp->enabled = enabled;
        return 0;
}

static int read_management(struct lldp *lldp, struct wire *value) {
        size_t length = wire_u8(value);
        const uint8_t *address = wire_bytes(value, length);
        uint8_t numbering = wire_u8(value);
        uint32_t interface = wire_u32(value);

        if (value->failed || length < 2 || length > 32)
                return -EBADMSG;
        if (lldp->management_count == LLDP_MANAGEMENT_MAX) {
                lldp->truncated = true;
                return 0;
        }
        struct lldp_management *management = &lldp->management[lldp->management_count++];
        management->form = read_address(address, length, management->text, sizeof(management->text));
        management->numbering = numbering;
        management->interface = interface;
        return 0;
}

/* ---- IEEE 802.1 */

static int read_vlan(struct lldp *lldp, struct wire *value) {
        uint16_t vlan = wire_u16(value);
        int r = once(&lldp->has_vlan, value);
        if (r == 0)
                lldp->vlan = vlan;
        return r;
}

static int read_protocol_vlan(struct lldp *lldp, struct wire *value) {
        uint8_t flags = wire_u8(value);
        uint16_t id = wire_u16(value);

        if (value->failed)
                return -EBADMSG;
        if (lldp->protocol_vlan_count == LLDP_PROTOCOL_VLANS_MAX) {
                lldp->truncated = true;
                return 0;
        }
        lldp->protocol_vlans[lldp->protocol_vlan_count].flags = flags;
        lldp->protocol_vlans[lldp->protocol_vlan_count++].id = id;
        return 0;
}

static int read_vlan_name(struct lldp *lldp, struct wire *value) {
        uint16_t id = wire_u16(value);
        size_t length = wire_u8(value);
        const uint8_t *name = wire_bytes(value, length);

        if (value->failed)
                return -EBADMSG;
        for (unsigned i = 0; i < lldp->vlan_count; i++)
                if (lldp->vlans[i].id == id)
                        return -EEXIST;
        if (lldp->vlan_count == LLDP_VLANS_MAX) {
                lldp->truncated = true;
                return 0;
        }
        struct lldp_vlan *vlan = &lldp->vlans[lldp->vlan_count++];
        vlan->id = id;
        text_clean(vlan->name, sizeof(vlan->name), (const char *) name, text_without_nuls(name, length));
        return 0;
}

static int read_protocol(struct lldp *lldp, struct wire *value) {
        size_t length = wire_u8(value);
        const uint8_t *bytes = wire_bytes(value, length);

        if (value->failed || length == 0)
                return -EBADMSG;
        if (lldp->protocol_count == LLDP_PROTOCOLS_MAX || length > LLDP_PROTOCOL_SIZE) {
                lldp->truncated = true;
                return 0;
        }
        lldp->protocols[lldp->protocol_count].size = (uint8_t) length;
        memcpy(lldp->protocols[lldp->protocol_count++].bytes, bytes, length);
        return 0;
}

static int read_vid_digest(struct lldp *lldp, struct wire *value) {
        uint32_t digest = wire_u32(value);
        int r = once(&lldp->has_vid_digest, value);
        if (r == 0)
                lldp->vid_digest = digest;
        return r;
}

static int read_management_vlan(struct lldp *lldp, struct wire *value) {
        uint16_t vlan = wire_u16(value);
        int r = once(&lldp->has_management_vlan, value);
        if (r == 0)
                lldp->management_vlan = vlan;
        return r;
}

static int read_aggregation(struct lldp *lldp, struct wire *value) {
        uint8_t status = wire_u8(value);
        uint32_t port = wire_u32(value);
        int r = once(&lldp->has_aggregation, value);
        if (r < 0)
                return r;
        lldp->aggregation = status & 3;
        lldp->aggregation_port = port;
        return 0;
}

/* ---- IEEE 802.3 */

static int read_phy(struct lldp *lldp, struct wire *value) {
        uint8_t autonegotiation = wire_u8(value);
        uint16_t advertised = wire_u16(value), mau_type = wire_u16(value);
        int r = once(&lldp->has_phy, value);
        if (r < 0)
                return r;
        lldp->autonegotiation = autonegotiation & 3;
        lldp->advertised = advertised;
        lldp->mau_type = mau_type;
        return 0;
}

static int read_power(struct lldp *lldp, struct wire *value) {
        uint8_t support = wire_u8(value), pair = wire_u8(value), class = wire_u8(value);
        int r = once(&lldp->has_power, value);
        if (r < 0)
                return r;
        lldp->power_support = support & 15;
        lldp->power_pair = pair;
        lldp->power_class = class;
        return 0;
}

static int read_frame_size(struct lldp *lldp, struct wire *value) {
        uint16_t size = wire_u16(value);
        int r = once(&lldp->has_frame_size, value);
        if (r == 0)
                lldp->frame_size = size;
        return r;
}

/* ---- TLVs and their order */

struct kind {
        uint32_t number;
        int (*read)(struct lldp *lldp, struct wire *value);
};

static const struct kind basic[] = {
        { LLDP_CHASSIS_ID, read_chassis },
        { LLDP_PORT_ID, read_port },
        { LLDP_TTL, read_ttl },
        { LLDP_PORT_DESCRIPTION, read_port_description },
        { LLDP_SYSTEM_NAME, read_system_name },
        { LLDP_SYSTEM_DESCRIPTION, read_system_description },
        { LLDP_CAPABILITIES, read_capabilities },
        { LLDP_MANAGEMENT_ADDRESS, read_management },
};

/* OUI << 8 | subtype */
static const struct kind of_organizations[] = {
        { 0x0080c201, read_vlan },        { 0x0080c202, read_protocol_vlan }, { 0x0080c203, read_vlan_name },
        { 0x0080c204, read_protocol },    { 0x0080c205, read_vid_digest },    { 0x0080c206, read_management_vlan },
        { 0x0080c207, read_aggregation }, { 0x00120f01, read_phy },           { 0x00120f02, read_power },
        { 0x00120f03, read_aggregation }, { 0x00120f04, read_frame_size },
};

static int add(struct lldp *lldp, struct wire *value, const struct kind *kinds, size_t count, uint32_t number) {
        for (size_t i = 0; i < count; i++)
                if (kinds[i].number == number)
                        return kinds[i].read(lldp, value);
        return value->failed ? -EBADMSG : 0;
}

int lldp_add(struct lldp *lldp, unsigned type, struct wire value) {
        if (value.failed)
                return -EBADMSG;
        if (type != LLDP_ORGANIZATION)
                return add(lldp, &value, basic, ELEMENTS(basic), type);
        uint32_t kind = wire_u32(&value);
        return add(lldp, &value, of_organizations, ELEMENTS(of_organizations), kind);
}

int lldp_parse_unit(struct wire *wire, struct lldp *ret) {
        struct lldp lldp = {};
        unsigned count = 0;

        for (; wire_left(wire) > 0; count++) {
                uint16_t header = wire_u16(wire);
                unsigned type = header >> 9;
                struct wire value = wire_sub(wire, header & 0x1ff);

                if (wire->failed || (count < LLDP_TTL && type != count + 1))
                        return -EBADMSG;
                if (type == LLDP_END)
                        break;
                int r = lldp_add(&lldp, type, value);
                if (r < 0 && type <= LLDP_TTL)
                        return -EBADMSG;
        }
        if (count < LLDP_TTL)
                return -EBADMSG;
        *ret = lldp;
        return 0;
}
