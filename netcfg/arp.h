/* ARP (RFC 826) for IPv4 over Ethernet. Pure. */
#pragma once

#include <stdint.h>

#include "lib/address.h"
#include "lib/wire.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
        uint16_t operation;
        struct mac sender_mac, target_mac;
        struct in_addr sender_address, target_address;
};

/* -EBADMSG: too short; -ENOMSG: of another hardware or protocol. Bytes that follow are padding. */
int arp_parse(struct wire *wire, struct arp *ret);
