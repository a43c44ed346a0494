/* What the files of print share: print.c, and one file for each protocol that needs many lines. */
#pragma once

#include "netcfg/print.h"

/* Each a new reference. Null: the address 0 or ::, an empty text, no bytes. */
json_t *print_mac(const struct mac *mac);
json_t *print_address6(const struct in6_addr *address);
json_t *print_text(const char *text);
json_t *print_hex(const uint8_t *bytes, size_t size);

/* Members of what print_packet makes. */
json_t *print_ipv6(const struct ipv6 *ip);
json_t *print_nd(const struct nd *nd);
json_t *print_dhcp6(const struct dhcp6 *message);
json_t *print_lldp(const struct lldp *lldp);
json_t *print_cdp(const struct cdp *cdp);
