/*
 * The sections [physical-network NAME]: by which switch, port of a switch, or subnet a physical network is known. The order of sections is the
 * order in which they are asked. Pure.
 */
#pragma once

#include <stddef.h>

#include "lib/address.h"

#define PATTERN_MAX 128
#define PATTERNS_MAX 256

/* A port by its id at a switch by its system name or chassis id. */
struct port_pattern {
        char *port;
        char *at;
};

struct physical_network {
        char *name;
        char **switches;
        size_t n_switches;
        struct port_pattern *ports;
        size_t n_ports;
        struct ip_prefix *subnets;
        size_t n_subnets;
};

#define PHYSICAL_REASON_SIZE 160

/* Each reads words with blanks between them in the place of what was there. -EINVAL and *reason, or -ENOMEM. */
int physical_set_switches(struct physical_network *map, const char *value, char reason[static PHYSICAL_REASON_SIZE]);
int physical_set_ports(struct physical_network *map, const char *value, char reason[static PHYSICAL_REASON_SIZE]);
int physical_set_subnets(struct physical_network *map, const char *value, char reason[static PHYSICAL_REASON_SIZE]);
void physical_clear(struct physical_network *map);

/*
 * The physical network of a port of a switch: of the first section whose `ports` has it, otherwise of the first whose `switches` has it. Any of the
 * texts may be NULL. NULL: none has it.
 */
const char *physical_by_switch(const struct physical_network *maps, size_t count, const char *name, const char *chassis,
                               const char *port);
/* That of the addresses of one port: of the first section with a subnet that one of its IPv4 addresses is in, otherwise of the first for its IPv6
 * addresses. NULL: none has one. */
const char *physical_by_addresses(const struct physical_network *maps, size_t count, const struct ip *addresses, size_t n_addresses);
