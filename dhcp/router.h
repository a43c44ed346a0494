/*
 * Answers router solicitations with an advertisement that says: no router, no prefix, no DHCPv6. iPXE otherwise waits some 15 s in
 * each of its stages for a router. dnsmasq advertises only on interfaces that have more than a link-local IPv6 address, which
 * a provisioning network need not.
 * RFC 4861: 4.1 solicitation, 4.2 advertisement, 6.1.1 what to accept, 6.2.6 how to answer.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/address.h"
#include "lib/macro.h"

#define ROUTER_ADVERTISEMENT_SIZE 24

/* Whether the ICMPv6 message, which came with that hop limit from that address, is a solicitation to be answered. Pure. */
bool router_solicitation_is_valid(const void *message, size_t size, int hop_limit, const struct in6_addr *source);
/* Writes the advertisement, with the sender's link-layer address; the kernel fills in the checksum. Pure. */
void router_advertisement_make(const struct mac *mac, uint8_t ret[static ROUTER_ADVERTISEMENT_SIZE]);

struct router;

/* Answers on this interface from now on. Needs CAP_NET_RAW. */
int router_new(sd_event *event, const char *interface, struct router **ret);
struct router *router_free(struct router *router);
DEFINE_CLEANUP(struct router *, router_free);
