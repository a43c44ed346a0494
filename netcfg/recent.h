/*
 * What is remembered of the last seconds, so that one frame can be understood by an earlier one: direct-mapped tables of fixed size, in
 * which a newcomer takes the place of an older one. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "netcfg/dhcp4.h"

#define RECENT_EXCHANGES 512
#define RECENT_TRANSFERS 256
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

/* A file asked for by TFTP. */
struct transfer {
        uint16_t network;
        struct in_addr client;
        uint16_t port; /* of the client; with its address it names the transfer */
        struct mac mac;
        uint64_t time; /* of the request, microseconds; 0: free */
        char file[256];
        bool has_size; /* told by the server */
        uint64_t size;
};

struct recent {
        struct exchange exchanges[RECENT_EXCHANGES];
        struct transfer transfers[RECENT_TRANSFERS];
        struct {
                uint64_t hash, time;
        } frames[RECENT_FRAMES];
        unsigned next_frame;
};

/* The place of an exchange: its own when it is known, otherwise one to overwrite. */
struct exchange *recent_exchange(struct recent *recent, uint16_t network, uint32_t xid, const struct mac *mac);
bool exchange_is(const struct exchange *exchange, uint16_t network, uint32_t xid, const struct mac *mac);

/* Remembers a request in place of an older one. */
void recent_add_transfer(struct recent *recent, const struct transfer *transfer);
/* The transfer of that client and port, asked for at most 60 s before `now`; NULL. */
struct transfer *recent_find_transfer(struct recent *recent, uint16_t network, struct in_addr client, uint16_t port, uint64_t now);

/*
 * Whether the same bytes came at most 250 ms before on that network: a capture sees a frame twice where it passes a bridge and one of its
 * ports. What is sent again by its sender comes later than that (RFC 2131 4.1: after 4 s).
 */
bool recent_is_repeated(struct recent *recent, uint16_t network, const void *bytes, size_t size, uint64_t now);
