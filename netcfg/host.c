#include "netcfg/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <string.h>

#include "lib/macro.h"

static inline void ifaddrs_freep(struct ifaddrs **list) {
        freeifaddrs(*list);
}

static void add_mac(struct own *own, const struct sockaddr_ll *link) {
        struct mac mac;

        if (link->sll_halen != sizeof(mac.bytes))
                return;
        memcpy(mac.bytes, link->sll_addr, sizeof(mac.bytes));
        own_add_mac(own, &mac);
}

int host_read(struct own *own) {
        _cleanup_(ifaddrs_freep) struct ifaddrs *list = NULL;
        struct ip address;

        if (getifaddrs(&list) < 0)
                return -errno;
        for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
                if (!entry->ifa_addr)
                        continue;
                if (entry->ifa_addr->sa_family == AF_PACKET)
                        add_mac(own, (const struct sockaddr_ll *) (const void *) entry->ifa_addr);
                else if (ip_from_sockaddr(entry->ifa_addr, &address) == 0)
                        own_add_address(own, &address);
        }
        return 0;
}
