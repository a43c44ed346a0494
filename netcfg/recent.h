/*
 * What is remembered of the last seconds, so that one frame can be understood by an earlier one: direct-mapped tables of fixed size, in
 * which a newcomer takes the place of an older one. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "netcfg/dhcp4.h"
#include "netcfg/dhcp6.h"

#define RECENT_EXCHANGES 512
#define RECENT_FRAMES 64

/* What a client said of itself: a server's answer does not repeat it. */
struct exchange {
        uint16_t network;
        uint32_t xid;
        struct mac mac;
        enum step_stage stage;
        bool has_architecture, has_uuid;
        uint16_t architecture;
        struct uuid uuid;
};

/* Likewise by DHCPv6. It is found by the DUID: an answer that passes relays need not name the MAC. */
struct exchange6 {
        struct dhcp6_bytes client_id;
        uint8_t type; /* of the client's message */
        struct exchange client;
};

struct recent {
        struct exchange exchanges[RECENT_EXCHANGES];
        struct exchange6 exchanges6[RECENT_EXCHANGES];
        struct {
                uint64_t hash, time;
        } frames[RECENT_FRAMES];
        unsigned next_frame;
};

/* The place of an exchange: its own when it is known, otherwise one to overwrite. */
struct exchange *recent_exchange(struct recent *recent, uint16_t network, uint32_t xid, const struct mac *mac);
bool exchange_is(const struct exchange *exchange, uint16_t network, uint32_t xid, const struct mac *mac);

/* Likewise. */
struct exchange6 *recent_exchange6(struct recent *recent, uint16_t network, uint32_t xid, const struct dhcp6_bytes *client_id);
bool exchange6_is(const struct exchange6 *exchange, uint16_t network, uint32_t xid, const struct dhcp6_bytes *client_id);

/*
 * Whether the same bytes came at most 250 ms before on that network: a capture sees a frame twice where it passes a bridge and one of its
 * ports. What is sent again by its sender comes later than that (RFC 2131 4.1: after 4 s).
 */
bool recent_is_repeated(struct recent *recent, uint16_t network, const void *bytes, size_t size, uint64_t now);
