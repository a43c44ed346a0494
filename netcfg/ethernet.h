/* Ethernet frames (IEEE 802.3) with VLAN tags (IEEE 802.1Q, 802.1ad). Pure. */
#pragma once

#include <stdint.h>

#include "lib/address.h"
#include "lib/wire.h"

#define ETHERNET_TAGS_MAX 4
#define ETHERNET_TYPE_MIN 1536 /* less is a length */
#define VLAN_MAX 4094 /* ids are 1 to this (IEEE 802.1Q 9.6) */

struct ethernet {
        struct mac destination, source;
        uint16_t tags[ETHERNET_TAGS_MAX];      /* priority, drop eligible, VLAN id as on the wire, outermost first */
        uint16_t tag_types[ETHERNET_TAGS_MAX]; /* the EtherType that each was announced by */
        unsigned tag_count;
        uint16_t type; /* EtherType; below 1536 it is the length of an 802.3 frame whose payload starts with LLC */
};

/* Reads the header and leaves the cursor at the payload. -EBADMSG: too short, or more than ETHERNET_TAGS_MAX tags. */
int ethernet_parse(struct wire *wire, struct ethernet *ret);

/* The VLAN that the outermost tag names; 0: untagged, or a tag that carries only a priority (802.1Q 9.6). */
unsigned ethernet_vlan(const struct ethernet *frame);
