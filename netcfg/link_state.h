/* An interface as the kernel has it, and what of it keeps a network from working. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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

/*
 * What is wrong with the interface for a network that has this address: text for a person, with what to do, in `buffer`.
 * False: nothing is wrong. No carrier is no fault: a cable may end at a machine that is off.
 */
bool link_problem(const struct link_state *link, const char *interface, const struct ip_prefix *address, char *buffer, size_t size);
