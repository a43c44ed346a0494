/* A network as pxed-dhcp uses it: read from the desired state and checked. Pure. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"

#define NETWORK_NAME_MAX 63
#define NETWORK_SERVERS_MAX 8 /* DNS or NTP servers used of a list */

enum dhcp_mode { DHCP_OFF, DHCP_SERVER, DHCP_PROXY };

/* All addresses are in host byte order. */
struct network {
        char name[NETWORK_NAME_MAX + 1];
        char interface[IF_NAMESIZE];
        uint32_t address; /* the appliance's */
        unsigned length;  /* of the prefix */
        enum dhcp_mode mode;
        uint32_t pool_start, pool_end; /* of DHCP_SERVER */
        uint32_t lease_time;           /* seconds */
        uint32_t gateway;              /* 0: none */
        uint32_t dns[NETWORK_SERVERS_MAX], ntp[NETWORK_SERVERS_MAX];
        size_t dns_size, ntp_size;
        char domain[254]; /* "": none */
};

/* Reads type Network of org.pxed.Worker. -EINVAL: not usable, and `reason` says why and what to do, for a person; the name is
 * then filled where there is a usable one. */
int network_parse(const json_t *network, struct network *ret, char *reason, size_t reason_size);

/* Whether a machine of the network can have this address: inside the prefix, neither its first nor last, nor the appliance's. */
bool network_can_give(const struct network *network, uint32_t address);
/* All addresses of the prefix. */
uint64_t network_addresses(const struct network *network);
/* "192.0.2.1". Returns `buffer`. */
char *network_address_text(uint32_t address, char buffer[static IP_TEXT_SIZE]);
