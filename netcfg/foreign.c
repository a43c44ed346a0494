#include "netcfg/foreign.h"

#include <string.h>

#include "lib/macro.h"

static bool own_has_address(const struct own *own, const struct ip *address) {
        for (unsigned i = 0; i < own->address_count; i++)
                if (ip_equal(&own->addresses[i], address))
                        return true;
        return false;
}

bool own_has_mac(const struct own *own, const struct mac *mac) {
        for (unsigned i = 0; i < own->mac_count; i++)
                if (memcmp(&own->macs[i], mac, sizeof(*mac)) == 0)
                        return true;
        return false;
}

void own_add_address(struct own *own, const struct ip *address) {
        if (own->address_count < ELEMENTS(own->addresses) && !own_has_address(own, address))
                own->addresses[own->address_count++] = *address;
}

void own_add_mac(struct own *own, const struct mac *mac) {
        if (own->mac_count < ELEMENTS(own->macs) && mac_is_unicast(mac) && !own_has_mac(own, mac))
                own->macs[own->mac_count++] = *mac;
}

bool foreign_is_own(const struct own *own, const struct ip *server, const struct mac *source) {
        if (own->address_count == 0)
                return true;
        return own_has_address(own, server) || (source && own_has_mac(own, source));
}
