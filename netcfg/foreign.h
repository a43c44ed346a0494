/* DHCP servers that are not the appliance's own, by what they answer. Pure. */
#pragma once

#include <stdbool.h>

#include "lib/address.h"

/* More are left out: their answers would be told as foreign ones. */
#define OWN_ADDRESSES_MAX 512
#define OWN_MACS_MAX 128

/* What belongs to the appliance: the addresses of its networks as configured, and each address and MAC of its host. */
struct own {
        struct ip addresses[OWN_ADDRESSES_MAX];
        unsigned address_count;
        struct mac macs[OWN_MACS_MAX];
        unsigned mac_count;
};

/* What is there already, or finds no room, is left out. */
void own_add_address(struct own *own, const struct ip *address);
void own_add_mac(struct own *own, const struct mac *mac);
bool own_has_mac(const struct own *own, const struct mac *mac);

/*
 * Whether a DHCP answer is the appliance's own: its server (the server identifier, or the packet's source address where it has none) is
 * an own address, or its Ethernet source is an own MAC. `source` may be NULL. Where nothing is known to be own (a capture brought from
 * elsewhere) each answer counts as own: nobody can be told to be foreign there.
 */
bool foreign_is_own(const struct own *own, const struct ip *server, const struct mac *source);
