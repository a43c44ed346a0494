/*
 * The Cisco Discovery Protocol, versions 1 and 2, as Cisco describes its frames ("Cisco Discovery Protocol", LAN Product Documentation):
 * what a device says of itself and of its port. Pure. Lists and texts are bounded; what finds no place is left out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/wire.h"

#define CDP_ADDRESSES_MAX 8
#define CDP_ID_MAX 255

/* As bits of `capabilities`. */
enum {
        CDP_ROUTER = 1 << 0,
        CDP_TRANSPARENT_BRIDGE = 1 << 1,
        CDP_SOURCE_ROUTE_BRIDGE = 1 << 2,
        CDP_SWITCH = 1 << 3,
        CDP_HOST = 1 << 4,
        CDP_IGMP = 1 << 5,
        CDP_REPEATER = 1 << 6,
};

/* Texts are one line of UTF-8 (text_clean of lib/text.h), "": not said. */
struct cdp {
        uint8_t version;
        uint8_t ttl;       /* seconds; 0: the device takes back what it said */
        bool checksum_good; /* told only: devices are known that get it wrong */
        /* text_id of lib/text.h */
        char device[2 * CDP_ID_MAX + 1], port[2 * CDP_ID_MAX + 1];
        struct ip addresses[CDP_ADDRESSES_MAX], management[CDP_ADDRESSES_MAX];
        unsigned address_count, management_count;
        bool has_capabilities;
        uint32_t capabilities;
        char software[512], platform[256], domain[64], system_name[256]; /* `domain`: of VTP */
        bool has_vlan;
        uint16_t vlan; /* native VLAN */
        bool has_duplex, full_duplex;
};

/* Reads what follows the SNAP header. -EBADMSG: too short, another version, a field longer than what is left, or no device id. A
 * field of unexpected length is left out; of one that comes twice the first counts. */
int cdp_parse(struct wire *wire, struct cdp *ret);
