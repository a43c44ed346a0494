/* IPv6 headers (RFC 8200). Pure. The header of UDP is in ipv4.h. */
#pragma once

#include <stdint.h>

#include "lib/address.h"
#include "lib/wire.h"

/* RFC 8200 4.1 has each extension header at most once, but for two of destination options: a longer chain is nobody's. */
#define IPV6_EXTENSIONS_MAX 8

struct ipv6 {
        struct in6_addr source, destination;
        uint8_t protocol; /* of what follows the extension headers */
        uint8_t hop_limit;
};

/*
 * Reads the header and passes over the extension headers hop-by-hop options, destination options and routing; *ret_payload covers what
 * follows, by the header's length. -EBADMSG: damaged, cut short, from a multicast address, or too many extension headers; -ENOMSG: a
 * fragment, which says nothing by itself.
 */
int ipv6_parse(struct wire *wire, struct ipv6 *ret, struct wire *ret_payload);
