/* The boot network: which card, its link, its address. */
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#include "introspect/agent/cmdline.h"

#define NET_OTHERS_MAX 64

struct net {
        char interface[IF_NAMESIZE];
        char mac[18];
        char address[INET6_ADDRSTRLEN]; /* "" until there is one */
        int family;                     /* AF_INET by DHCP, AF_INET6 by router advertisement: what the server's URL needs */
        pid_t dhcp;                     /* udhcpc, which stays to renew the lease; 0 if none */
};

/* Sets every network card administratively up, so that links train while other work is done. */
void net_up_all(void);

/* The reverse, before the machine ends: Linux 6.1 can hang in its shutdown when a frame comes to a virtio card just then (mended by "virtio_ring: fix
 * infinite loop in virtnet_poll_cleantx when device is broken"). */
void net_down_all(void);

/* Chooses the boot interface and starts asking for an address on it: the card that BOOTIF names, else the `skip`-th one (modulo their
 * number) of those with a link. Says on the console what it does or why it cannot. Waits at most 5 s for the card and 30 s for its
 * link (spanning tree, autonegotiation). Returns 0 or a negative errno: -ENODEV (no such card), -ENETDOWN (no link). */
int net_start(struct net *net, const struct agent_options *options, int family, unsigned skip);

/* net_start() if it can be done at once, without waiting or complaining: -EAGAIN if the card or its link is not there yet. Without BOOTIF always
 * -EAGAIN: which cards have a link is known only when all are there. */
int net_start_early(struct net *net, const struct agent_options *options, int family);

/* Waits up to `timeout_ms` for the address that net_start() asked for. Returns 0 with net->address set, or -ETIMEDOUT. */
int net_wait_address(struct net *net, unsigned timeout_ms);

/* DHCP on the cards that were not booted from. */
struct net_others {
        size_t count;
        struct net_other {
                char interface[IF_NAMESIZE];
                pid_t dhcp;
                bool done; /* it has an address, or its client has given up */
        } cards[NET_OTHERS_MAX];
};

/* Asks for an address on every card with a link but net->interface (at most NET_OTHERS_MAX), all at once. Each asks for some 6 s. */
void net_others_start(const struct net *net, struct net_others *ret);

/* Waits, at most 10 s, until each of them has an address or has given up. Says on the console which have one. */
void net_others_wait(struct net_others *others);

/* Ends a DHCP client that had no success. */
void net_stop(struct net *net);
