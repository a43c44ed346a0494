/* IPv4 (RFC 791) and UDP (RFC 768) headers. Pure. Checksums are not looked at: those of frames that this host sends are left to
 * the network card and are wrong in a capture. */
#pragma once

#include <stdint.h>

#include "lib/address.h"
#include "lib/wire.h"

struct ipv4 {
        struct in_addr source, destination;
        uint8_t protocol, ttl;
};

struct udp {
        uint16_t source, destination; /* ports, host byte order */
};

/* Reads the header with its options; *ret_payload covers the payload by the header's length, without Ethernet's padding.
 * -EBADMSG: damaged or cut short; -ENOMSG: a fragment, which says nothing by itself. */
int ipv4_parse(struct wire *wire, struct ipv4 *ret, struct wire *ret_payload);

/* Likewise. -EBADMSG: damaged or cut short. */
int udp_parse(struct wire *wire, struct udp *ret, struct wire *ret_payload);
