#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "introspect/agent/ipmi.h"

#define NETFN_TRANSPORT 0x0c
#define GET_LAN_PARAMETERS 0x02
#define CHANNELS 11
#define STATIC_ADDRESSES 4 /* slots asked of each kind; BMCs have one or a few */

enum { PARAMETER_IPV4 = 3, PARAMETER_MAC = 5, PARAMETER_IPV6_STATIC = 56, PARAMETER_IPV6_DYNAMIC = 59 };

struct asker {
        ipmi_send send;
        void *userdata;
        uint8_t channel;
};

/* Reads at least `want` bytes of a parameter's data. -ENOTSUP: the BMC answers, but does not have it. */
static int ask(const struct asker *asker, uint8_t parameter, uint8_t set, uint8_t *data, size_t want) {
        uint8_t request[4] = { asker->channel, parameter, set, 0 }, response[64];
        size_t size = sizeof response;
        int r = asker->send(asker->userdata, NETFN_TRANSPORT, GET_LAN_PARAMETERS, request, sizeof request, response, &size);
        if (r < 0)
                return r;
        /* completion code, parameter revision, data */
        if (size < 2 + want || response[0] != 0)
                return -ENOTSUP;
        memcpy(data, response + 2, want);
        return 0;
}

static bool all_zero(const uint8_t *data, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (data[i] != 0)
                        return false;
        return true;
}

/* IPMI 2.0 revision 1.1 errata 7, table 23-4: set selector, source and enable bit, 16 bytes of address, prefix length, status. */
static void ask_ipv6(const struct asker *asker, uint8_t parameter, char ret[static 46]) {
        uint8_t data[20];
        for (uint8_t set = 0; set < STATIC_ADDRESSES && !*ret; set++) {
                if (ask(asker, parameter, set, data, sizeof data) < 0)
                        return;
                bool enabled = parameter == PARAMETER_IPV6_DYNAMIC || data[1] & 0x80;
                bool link_local = data[2] == 0xfe && (data[3] & 0xc0) == 0x80;
                if (enabled && !link_local && !all_zero(data + 2, 16))
                        inet_ntop(AF_INET6, data + 2, ret, 46);
        }
}

static void ask_channel(const struct asker *asker, const uint8_t ipv4[static 4], struct ipmi_lan *ret) {
        uint8_t mac[6];
        *ret = (struct ipmi_lan){ 0 };
        if (!all_zero(ipv4, 4))
                inet_ntop(AF_INET, ipv4, ret->ipv4, sizeof ret->ipv4);
        ask_ipv6(asker, PARAMETER_IPV6_STATIC, ret->ipv6);
        if (!*ret->ipv6)
                ask_ipv6(asker, PARAMETER_IPV6_DYNAMIC, ret->ipv6);
        if (ask(asker, PARAMETER_MAC, 0, mac, sizeof mac) == 0 && !all_zero(mac, sizeof mac))
                snprintf(ret->mac, sizeof ret->mac, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                         mac[5]);
}

int ipmi_lan_ask(ipmi_send send, void *userdata, struct ipmi_lan *ret) {
        struct ipmi_lan first = { 0 };
        *ret = first;
        for (uint8_t channel = 1; channel <= CHANNELS; channel++) {
                struct asker asker = { send, userdata, channel };
                uint8_t ipv4[4];
                int r = ask(&asker, PARAMETER_IPV4, 0, ipv4, sizeof ipv4);
                if (r == -ENOTSUP)
                        continue; /* not a LAN channel, or a BMC without LAN */
                if (r < 0)
                        return r;
                ask_channel(&asker, ipv4, ret);
                if (*ret->ipv4 || *ret->ipv6)
                        return 0;
                if (!*first.mac)
                        first = *ret;
        }
        *ret = first; /* no address anywhere: its MAC is still worth knowing */
        return 0;
}
