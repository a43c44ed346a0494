/*
 * The Link Layer Discovery Protocol (IEEE 802.1AB-2016): what a device says of itself and of its port, from a frame (an LLDPDU, clause 8)
 * or TLV by TLV. With the TLVs of IEEE 802.1 (802.1Q Annex D) and IEEE 802.3 (802.3 clause 79). Pure.
 *
 * What a device may say is more than it does: lists and texts are bounded, and what finds no place sets `truncated`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire.h"

#define LLDP_TEXT_SIZE 256 /* 255 octets are allowed (8.5.2 to 8.5.7), and the NUL */
#define LLDP_MANAGEMENT_MAX 8
#define LLDP_PROTOCOL_VLANS_MAX 16
#define LLDP_VLANS_MAX 160 /* a frame of 1,500 bytes has room for about 150 */
#define LLDP_PROTOCOLS_MAX 8
#define LLDP_PROTOCOL_SIZE 32
#define LLDP_VALUE_MAX 511 /* a TLV's length has 9 bits (8.4.2) */

enum {
        LLDP_END,
        LLDP_CHASSIS_ID,
        LLDP_PORT_ID,
        LLDP_TTL,
        LLDP_PORT_DESCRIPTION,
        LLDP_SYSTEM_NAME,
        LLDP_SYSTEM_DESCRIPTION,
        LLDP_CAPABILITIES,
        LLDP_MANAGEMENT_ADDRESS,
        LLDP_ORGANIZATION = 127,
};

/* 8.5.2.2 */
enum {
        LLDP_CHASSIS_COMPONENT = 1,
        LLDP_CHASSIS_ALIAS,
        LLDP_CHASSIS_PORT_COMPONENT,
        LLDP_CHASSIS_MAC,
        LLDP_CHASSIS_ADDRESS,
        LLDP_CHASSIS_INTERFACE,
        LLDP_CHASSIS_LOCAL,
};

/* 8.5.3.2 */
enum {
        LLDP_PORT_ALIAS = 1,
        LLDP_PORT_COMPONENT,
        LLDP_PORT_MAC,
        LLDP_PORT_ADDRESS,
        LLDP_PORT_INTERFACE,
        LLDP_PORT_CIRCUIT,
        LLDP_PORT_LOCAL,
};

/* 8.5.8.1, as bits of both fields of capabilities */
enum {
        LLDP_CAN_OTHER = 1 << 0,
        LLDP_CAN_REPEATER = 1 << 1,
        LLDP_CAN_BRIDGE = 1 << 2,
        LLDP_CAN_WLAN = 1 << 3,
        LLDP_CAN_ROUTER = 1 << 4,
        LLDP_CAN_TELEPHONE = 1 << 5,
        LLDP_CAN_DOCSIS = 1 << 6,
        LLDP_CAN_STATION = 1 << 7,
        LLDP_CAN_CVLAN = 1 << 8,
        LLDP_CAN_SVLAN = 1 << 9,
        LLDP_CAN_TPMR = 1 << 10,
};

enum lldp_form {
        LLDP_NONE,    /* not said */
        LLDP_WORDS,   /* as the device has it, one line of UTF-8 (see text_clean) */
        LLDP_MAC,     /* "00:11:22:33:44:55" */
        LLDP_ADDRESS, /* of IPv4 or IPv6 */
        LLDP_BYTES,   /* anything else: hexadecimal, less the subtype; what was to be words and is no UTF-8, too */
};

struct lldp_id {
        uint8_t subtype;
        enum lldp_form form;
        char text[2 * 255 + 1]; /* by the form */
};

/* 8.5.9 */
struct lldp_management {
        enum lldp_form form; /* MAC, ADDRESS or BYTES */
        char text[2 * 32 + 1]; /* bytes with the family before them */
        uint8_t numbering; /* 1: unknown, 2: ifIndex, 3: port number */
        uint32_t interface;
};

struct lldp_vlan {
        uint16_t id;
        char name[33]; /* D.2.3: 32 octets at most */
};

/* All zeros: nothing said. */
struct lldp {
        /* of the basic set (8.5); texts are one line of UTF-8, "": not said */
        struct lldp_id chassis, port;
        bool has_ttl;
        uint16_t ttl; /* seconds; 0: the port is being shut down (9.1.2) */
        char port_description[LLDP_TEXT_SIZE], system_name[LLDP_TEXT_SIZE], system_description[LLDP_TEXT_SIZE];
        bool has_capabilities;
        uint16_t capabilities, enabled;
        struct lldp_management management[LLDP_MANAGEMENT_MAX];
        unsigned management_count;

        /* of IEEE 802.1 (D.2) */
        bool has_vlan;
        uint16_t vlan; /* port VLAN id: of untagged frames; 0: the port has none */
        struct {
                uint8_t flags; /* 2: supported, 4: enabled */
                uint16_t id;
        } protocol_vlans[LLDP_PROTOCOL_VLANS_MAX];
        unsigned protocol_vlan_count;
        struct lldp_vlan vlans[LLDP_VLANS_MAX]; /* that it names */
        unsigned vlan_count;
        struct {
                uint8_t size, bytes[LLDP_PROTOCOL_SIZE];
        } protocols[LLDP_PROTOCOLS_MAX]; /* protocol identities: first bytes of frames after the MACs */
        unsigned protocol_count;
        bool has_vid_digest;
        uint32_t vid_digest; /* VID usage digest */
        bool has_management_vlan;
        uint16_t management_vlan;
        bool has_aggregation; /* in the older TLV of 802.3, too */
        uint8_t aggregation;  /* 1: capable, 2: aggregated */
        uint32_t aggregation_port;

        /* of IEEE 802.3 (79.3) */
        bool has_phy;
        uint8_t autonegotiation; /* 1: supported, 2: enabled */
        uint16_t advertised;     /* ifMauAutoNegCapAdvertisedBits (RFC 4836) */
        uint16_t mau_type;       /* dot3MauType (RFC 4836) */
        bool has_power;          /* via MDI */
        uint8_t power_support;   /* 1: it gives power, 2: supported, 4: enabled, 8: pairs can be chosen */
        uint8_t power_pair, power_class;
        bool has_frame_size;
        uint16_t frame_size; /* maximum, with header and checksum */

        bool truncated; /* something was left out for lack of place */
};

/*
 * Takes one TLV over: its type and its value, for organizations with their OUI and subtype. 0: it was understood, or is of a kind that
 * is not looked at; -EBADMSG: too short or wrong in itself, nothing was changed; -EEXIST: it stands once, and is there already: the first
 * counts.
 */
int lldp_add(struct lldp *lldp, unsigned type, struct wire value);

/*
 * Reads an LLDPDU, from behind the EtherType. -EBADMSG: it does not start with chassis id, port id and TTL (9.2.7.7.1), has one of
 * them twice, or a TLV is longer than what is left. Forgiven, because it is met: a missing End TLV, a further TLV that is wrong in itself or
 * stands twice (it is left out).
 */
int lldp_parse_unit(struct wire *wire, struct lldp *ret);
