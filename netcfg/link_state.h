/* An interface as the kernel has it and pxed is told of it. Pure. */
#pragma once

#include <stdbool.h>

#include "lib/address.h"

#define LINK_ADDRESSES_MAX 64

struct link_state {
        bool exists, up, carrier, bridge;
        int index; /* this and all below: 0 when it does not exist */
        bool has_mac;
        struct mac mac;
        unsigned mtu;
        struct ip_prefix addresses[LINK_ADDRESSES_MAX]; /* more are left out */
        unsigned address_count;
};

bool link_state_equal(const struct link_state *a, const struct link_state *b);
