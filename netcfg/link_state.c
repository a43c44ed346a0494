#include "netcfg/link_state.h"

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
