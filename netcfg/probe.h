/* The question for foreign DHCP servers: a DHCPDISCOVER of the appliance itself, of which nothing follows but their offers. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"

/* Ethernet, IPv4, UDP, and the 300 bytes that BOOTP has at least (RFC 1542 2.1). */
#define PROBE_SIZE (14 + 20 + 8 + 300)
/* Option 60, by which a server's log tells it from a machine. */
#define PROBE_VENDOR_CLASS "pxed"

/* The frame: from `mac`, to all, answers to all (flag BROADCAST, RFC 2131 2), since the appliance has no client that listens. */
void probe_build(const struct mac *mac, uint32_t xid, uint8_t frame[static PROBE_SIZE]);

/*
 * Microseconds until the next one: 5 to 10 s for the first, then `interval` seconds less or more a tenth, so that several appliances do not
 * stay in step. `random`: drawn anew each time.
 */
uint64_t probe_delay(unsigned interval, bool first, uint32_t random);
