/*
 * All interfaces and addresses of the kernel at one moment, as far as managing some of them needs it. Pure.
 *
 * What pxed-netcfg makes is marked in the kernel itself, so that it is known again after a restart: links by their alias
 * "pxed: network NAME", addresses by their origin (IFA_PROTO, kernel 5.18 and later). What has no such mark is foreign.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"

#define LINK_ALIAS_PREFIX "pxed: network "
/* The prefix and a network's name of 63 characters. A longer alias is cut, and is none of ours. */
#define LINK_ALIAS_SIZE 80

/* Values of IFA_PROTO: those below 4 are the kernel's (linux/if_addr.h), the others are anybody's. Ours is 'P'. */
#define ADDRESS_ORIGIN_KERNEL_MAX 3
#define ADDRESS_ORIGIN_PXED 0x50

enum link_kind { LINK_OTHER, LINK_VLAN, LINK_BRIDGE };

struct link {
        char name[IF_NAMESIZE];
        char alias[LINK_ALIAS_SIZE];
        enum link_kind kind;
        int index;
        int parent; /* index of the link below; 0: none, or in another network namespace */
        int master; /* index of the bridge (or bond, ...) that it is a port of; 0: none */
        uint16_t vlan; /* id of an IEEE 802.1Q VLAN; 0: none */
        unsigned mtu, mtu_max; /* mtu_max 0: unknown */
        bool up;
        bool promotes; /* where an IPv4 address goes, a secondary one takes its place (sysctl promote_secondaries) */
};

struct link_address {
        int link; /* index */
        struct ip_prefix prefix;
        uint8_t origin; /* as IFA_PROTO; 0: unknown */
        bool secondary; /* IPv4: goes with the first one of its subnet, unless the link promotes */
        bool duplicate; /* IPv6: another machine has it, so it is not used (RFC 4862 5.4) */
        bool automatic; /* IPv6: made from a router's advertisement */
};

/* How many neighbours the kernel keeps: above `soft` for 5 seconds at most, above `hard` never. 0: unknown. */
struct neighbour_limits {
        unsigned soft, hard;
};

struct link_table {
        struct link *links;
        size_t link_count;
        struct link_address *addresses;
        size_t address_count;
        struct neighbour_limits neighbours4, neighbours6;
};

/* Frees what the table holds, and empties it. */
void link_table_clear(struct link_table *table);
/* Adds an empty one and returns it; NULL without memory. It stays valid until the next one is added. */
struct link *link_table_add_link(struct link_table *table);
struct link_address *link_table_add_address(struct link_table *table);

/* NULL: there is none. */
const struct link *link_table_find(const struct link_table *table, const char *name);
const struct link *link_table_at(const struct link_table *table, int index);

/* Whether pxed-netcfg made it. */
bool link_is_ours(const struct link *link);
bool address_is_ours(const struct link_address *address);
/* Whether nobody made it: the kernel did, on its own. */
bool address_is_kernels(const struct link_address *address);

/* The alias of a link that is made for this network. Returns `buffer`. */
char *link_alias(const char *network, char buffer[static LINK_ALIAS_SIZE]);
