/* What dnsmasq is told about a network. Pure: inputs in, text out. */
#pragma once

#include <stddef.h>

#include "dhcp/network.h"

struct config_inputs {
        const struct network *network;
        unsigned http_port;
        const char *hosts_file; /* reservations and denials */
        const char *helper;     /* pxed-dhcp-lease */
        const char *user, *group; /* that dnsmasq stays; NULL: not known */
};

/* The configuration of the network's dnsmasq, which is not DHCP_OFF. The caller frees. NULL without memory. */
char *config_text(const struct config_inputs *inputs);

/* A reservation or denial of the desired state. */
struct host {
        struct mac mac;
        char network[NETWORK_NAME_MAX + 1]; /* "": each network */
        uint32_t address;                   /* 0: none */
        bool denied;
};

/* Reads type Host of org.pxed.Worker. -EINVAL: not usable. */
int host_parse(const json_t *host, struct host *ret);

/* Whether the entry concerns the network. */
bool host_is_of(const struct host *host, const struct network *network);

/* The lines of dhcp-hostsfile for the network: the hosts that concern it and can have their address there. */
char *hosts_text(const struct network *network, const struct host *hosts, size_t n);
