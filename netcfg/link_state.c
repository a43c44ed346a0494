#include "netcfg/link_state.h"

#include <stdio.h>
#include <string.h>

static bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b) {
        return a->length == b->length && ip_equal(&a->address, &b->address);
}

bool link_state_equal(const struct link_state *a, const struct link_state *b) {
        if (a->exists != b->exists || a->up != b->up || a->carrier != b->carrier || a->index != b->index || a->mtu != b->mtu ||
            a->has_mac != b->has_mac || memcmp(&a->mac, &b->mac, sizeof(a->mac)) != 0 || a->address_count != b->address_count)
                return false;
        for (unsigned i = 0; i < a->address_count; i++)
                if (!prefix_equal(&a->addresses[i], &b->addresses[i]))
                        return false;
        return true;
}

/* The address with any prefix length, the right one first; NULL: it is not there. */
static const struct ip_prefix *find_address(const struct link_state *link, const struct ip_prefix *wanted) {
        const struct ip_prefix *found = NULL;

        for (unsigned i = 0; i < link->address_count; i++) {
                if (prefix_equal(&link->addresses[i], wanted))
                        return &link->addresses[i];
                if (ip_equal(&link->addresses[i].address, &wanted->address))
                        found = &link->addresses[i];
        }
        return found;
}

bool link_problem(const struct link_state *link, const char *interface, const struct ip_prefix *address, char *buffer, size_t size) {
        char wanted[IP_PREFIX_TEXT_SIZE];

        if (!link->exists) {
                snprintf(buffer, size, "There is no interface %s: create it, or name another one in the network's section of the configuration.",
                         interface);
                return true;
        }
        if (!link->up) {
                snprintf(buffer, size, "The interface %s is down: ip link set %s up", interface, interface);
                return true;
        }
        ip_prefix_format(address, wanted);
        const struct ip_prefix *found = find_address(link, address);
        if (!found) {
                snprintf(buffer, size, "The interface %s does not have the network's address %s: ip address add %s dev %s", interface, wanted,
                         wanted, interface);
                return true;
        }
        if (found->length != address->length) {
                snprintf(buffer, size,
                         "The interface %s has the network's address with prefix length %u instead of %u: ip address add %s dev %s", interface,
                         found->length, address->length, wanted, interface);
                return true;
        }
        return false;
}
