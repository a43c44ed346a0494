#include "netcfg/cdp.h"

#include <errno.h>

#include "lib/macro.h"
#include "lib/text.h"

enum {
        CDP_DEVICE_ID = 0x01,
        CDP_ADDRESSES = 0x02,
        CDP_PORT_ID = 0x03,
        CDP_CAPABILITIES = 0x04,
        CDP_SOFTWARE = 0x05,
        CDP_PLATFORM = 0x06,
        CDP_VTP_DOMAIN = 0x09,
        CDP_NATIVE_VLAN = 0x0a,
        CDP_DUPLEX = 0x0b,
        CDP_SYSTEM_NAME = 0x14,
        CDP_MANAGEMENT = 0x16,
};

static uint32_t sum_words(const uint8_t *bytes, size_t size) {
        uint32_t sum = 0;

        for (size_t i = 0; i + 1 < size; i += 2)
                sum += (uint32_t) (bytes[i] << 8 | bytes[i + 1]);
        return sum;
}

static bool is_folded_to_ones(uint32_t sum) {
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return sum == 0xffff;
}

/* The Internet checksum (RFC 1071), but Cisco takes a last odd byte as a signed number into the word's low half. Others do it as the RFC does. */
static bool is_checksum_good(const uint8_t *bytes, size_t size) {
        uint32_t sum = sum_words(bytes, size);

        if (size % 2 == 0)
                return is_folded_to_ones(sum);
        uint8_t last = bytes[size - 1];
        uint16_t as_signed = last <= 0x80 ? last : (uint16_t) (0xff00 | (last - 1));
        return is_folded_to_ones(sum + as_signed) || is_folded_to_ones(sum + (uint32_t) last * 256);
}

static void read_text(char *text, size_t size, struct wire *value) {
        size_t length = wire_left(value);
        const uint8_t *bytes = wire_bytes(value, length);

        if (!text[0])
                text_clean(text, size, (const char *) bytes, text_without_nuls(bytes, length));
}

static void read_id(char text[static 2 * CDP_ID_MAX + 1], struct wire *value) {
        size_t length = wire_left(value);

        if (!text[0] && length > 0 && length <= CDP_ID_MAX)
                text_id(text, 2 * CDP_ID_MAX + 1, wire_bytes(value, length), length);
}

/* Protocols are named by NLPID (type 1) or by 802.2 LLC (type 2). */
static bool read_address(const uint8_t *protocol, size_t protocol_size, const uint8_t *address, size_t size, struct ip *ret) {
        static const uint8_t ipv4[] = { 0xcc }, ipv6[] = { 0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd };

        if (protocol_size == sizeof(ipv4) && memcmp(protocol, ipv4, sizeof(ipv4)) == 0 && size == sizeof(ret->v4)) {
                ret->family = AF_INET;
                memcpy(&ret->v4, address, size);
                return true;
        }
        if (protocol_size == sizeof(ipv6) && memcmp(protocol, ipv6, sizeof(ipv6)) == 0 && size == sizeof(ret->v6)) {
                ret->family = AF_INET6;
                memcpy(&ret->v6, address, size);
                return true;
        }
        return false;
}

static void read_addresses(struct ip list[static CDP_ADDRESSES_MAX], unsigned *count, struct wire *value) {
        for (uint32_t left = wire_u32(value); left > 0 && *count < CDP_ADDRESSES_MAX; left--) {
                wire_skip(value, 1); /* the type is told by the protocol's length, too */
                size_t protocol_size = wire_u8(value);
                const uint8_t *protocol = wire_bytes(value, protocol_size);
                size_t size = wire_u16(value);
                const uint8_t *address = wire_bytes(value, size);

                if (value->failed)
                        return;
                if (read_address(protocol, protocol_size, address, size, &list[*count]))
                        (*count)++;
        }
}

static void read_capabilities(struct cdp *cdp, struct wire *value) {
        uint32_t capabilities = wire_u32(value);

        if (value->failed || cdp->has_capabilities)
                return;
        cdp->has_capabilities = true;
        cdp->capabilities = capabilities;
}

static void read_vlan(struct cdp *cdp, struct wire *value) {
        uint16_t vlan = wire_u16(value);

        if (value->failed || cdp->has_vlan)
                return;
        cdp->has_vlan = true;
        cdp->vlan = vlan;
}

static void read_duplex(struct cdp *cdp, struct wire *value) {
        uint8_t duplex = wire_u8(value);

        if (value->failed || cdp->has_duplex)
                return;
        cdp->has_duplex = true;
        cdp->full_duplex = duplex != 0;
}

static void read_field(struct cdp *cdp, uint16_t type, struct wire *value) {
        switch (type) {
        case CDP_DEVICE_ID:
                read_id(cdp->device, value);
                break;
        case CDP_ADDRESSES:
                read_addresses(cdp->addresses, &cdp->address_count, value);
                break;
        case CDP_PORT_ID:
                read_id(cdp->port, value);
                break;
        case CDP_CAPABILITIES:
                read_capabilities(cdp, value);
                break;
        case CDP_SOFTWARE:
                read_text(cdp->software, sizeof(cdp->software), value);
                break;
        case CDP_PLATFORM:
                read_text(cdp->platform, sizeof(cdp->platform), value);
                break;
        case CDP_VTP_DOMAIN:
                read_text(cdp->domain, sizeof(cdp->domain), value);
                break;
        case CDP_NATIVE_VLAN:
                read_vlan(cdp, value);
                break;
        case CDP_DUPLEX:
                read_duplex(cdp, value);
                break;
        case CDP_SYSTEM_NAME:
                read_text(cdp->system_name, sizeof(cdp->system_name), value);
                break;
        case CDP_MANAGEMENT:
                read_addresses(cdp->management, &cdp->management_count, value);
                break;
        }
}

int cdp_parse(struct wire *wire, struct cdp *ret) {
        const uint8_t *start = wire->at;
        size_t size = wire_left(wire);
        struct cdp cdp = {};

        cdp.version = wire_u8(wire);
        cdp.ttl = wire_u8(wire);
        wire_skip(wire, 2); /* the checksum */
        if (wire->failed || cdp.version < 1 || cdp.version > 2)
                return -EBADMSG;
        cdp.checksum_good = is_checksum_good(start, size);
        while (wire_left(wire) > 0) {
                uint16_t type = wire_u16(wire), length = wire_u16(wire);
                if (wire->failed || length < 4)
                        return -EBADMSG;
                struct wire value = wire_sub(wire, length - 4U);
                if (wire->failed)
                        return -EBADMSG;
                read_field(&cdp, type, &value);
        }
        if (!cdp.device[0])
                return -EBADMSG;
        *ret = cdp;
        return 0;
}
