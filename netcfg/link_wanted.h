/* What a network of the configuration says of its interface. Pure. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"

struct link_wanted {
        char network[64];
        char interface[IF_NAMESIZE];
        char parent[IF_NAMESIZE]; /* of a tagged network, else "" */
        uint16_t vlan;            /* likewise; 0 */
        unsigned mtu;             /* 0: as it is */
        struct ip_prefix address, address6;
        bool has_address6;
        uint64_t machines; /* that its pool has room for */
        bool repair;       /* else it is only told what is wrong */
};

/* `entry`: type Network of org.pxed.Worker. -EINVAL: a name, address, VLAN or MTU cannot be. */
int link_wanted_parse(const json_t *entry, struct link_wanted *ret);
