/*
 * What pxed-dhcp-lease, the program that dnsmasq runs for each change of a lease, says to pxed-dhcp. Pure; the program has nothing else
 * in common with the daemon.
 *
 * Request: lines of "NAME VALUE", ended by an empty line:
 *     action init|add|old|del
 *     network NAME
 *     lease EXPIRES MAC ADDRESS HOSTNAME CLIENT-ID     (not of init)
 * Reply: the stored leases in dnsmasq's form (of init only), then the line LEASE_REPLY_END. A reply without that line is not whole.
 */
#pragma once

#include <stddef.h>

#include "dhcp/lease.h"

#define LEASE_MESSAGE_MAX 4096
#define LEASE_REPLY_END "."
#define LEASE_SOCKET_VARIABLE "PXED_DHCP_SOCKET"
#define LEASE_NETWORK_VARIABLE "PXED_DHCP_NETWORK"

enum lease_action { LEASE_INIT, LEASE_ADD, LEASE_OLD, LEASE_DEL };

struct lease_message {
        enum lease_action action;
        const char *network;
        struct lease lease; /* not of LEASE_INIT */
};

/* `text` is cut up and *ret points into it. -EAGAIN: the message has not ended yet; -EBADMSG: it will never be one. */
int lease_message_parse(char *text, size_t size, struct lease_message *ret);

/* dnsmasq's word for it, or -EINVAL: an event that is no concern of leases ("tftp", "arp-add", ...). */
int lease_action_from_name(const char *name);

/* What dnsmasq tells its script: its arguments, and the two of its environment that matter. What is not usable as host name or
 * client id is left out. -EINVAL where the lease itself is not usable. */
int lease_message_format(enum lease_action action, const char *network, const char *mac, const char *address, const char *hostname,
                         const char *expires, const char *client, char buffer[static LEASE_MESSAGE_MAX]);
