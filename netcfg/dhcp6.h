/*
 * DHCPv6 messages (RFC 8415) and those of their options that tell something about a booting machine, also inside of what relays
 * wrapped around them. Pure.
 *
 * Of an option that may come only once the first one counts. An option whose length is not what its RFC says is taken as absent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/step.h"
#include "lib/wire.h"

/* RFC 8415 7.3 */
enum {
        DHCP6_SOLICIT = 1, DHCP6_ADVERTISE, DHCP6_REQUEST, DHCP6_CONFIRM, DHCP6_RENEW, DHCP6_REBIND, DHCP6_REPLY, DHCP6_RELEASE,
        DHCP6_DECLINE, DHCP6_RECONFIGURE, DHCP6_INFORMATION_REQUEST, DHCP6_RELAY_FORWARD, DHCP6_RELAY_REPLY,
};

/* A relay passes on what has a hop count below HOP_COUNT_LIMIT, 8 (RFC 8415 7.6, 19.1.2): counts are 0 to 8. */
#define DHCP6_RELAYS_MAX 9
#define DHCP6_CLASSES_MAX 4
#define DHCP6_ASSOCIATIONS_MAX 4
#define DHCP6_ADDRESSES_MAX 4
#define DHCP6_REQUESTED_MAX 64
#define DHCP6_DNS_MAX 4

/* The value of an option; one that is longer is cut off. A DUID is never (RFC 8415 11.1: at most 130). */
struct dhcp6_bytes {
        uint16_t size; /* 0: absent */
        uint8_t data[130];
};

/* Option 13 */
struct dhcp6_status {
        bool is_set;
        uint16_t code;
        char message[128];
};

/* Option 5. Lifetimes in seconds. */
struct dhcp6_address {
        struct in6_addr address;
        uint32_t preferred_lifetime, valid_lifetime;
};

/* Option 3, IA_NA */
struct dhcp6_association {
        uint32_t id, renew, rebind; /* IAID; T1, T2 in seconds */
        struct dhcp6_address addresses[DHCP6_ADDRESSES_MAX];
        unsigned address_count;
        struct dhcp6_status status; /* its own, or the first one of its addresses */
};

/* One Relay-forward or Relay-reply */
struct dhcp6_relay {
        uint8_t hop_count;
        struct in6_addr link_address, peer_address;
        struct dhcp6_bytes interface_id; /* 18 */
        struct dhcp6_bytes remote_id;    /* 37 (RFC 4649), with its enterprise number */
        bool has_client_mac;             /* 79 (RFC 6939), where it is an Ethernet address */
        struct mac client_mac;
};

struct dhcp6 {
        uint8_t type; /* DHCP6_SOLICIT to DHCP6_INFORMATION_REQUEST */
        uint32_t xid; /* 24 bits */
        bool truncated; /* the options end in the middle of one; those before it count */

        /* outermost, which is nearest to the server, first; all of them forward or all of them reply */
        struct dhcp6_relay relays[DHCP6_RELAYS_MAX];
        unsigned relay_count;
        bool from_relay; /* Relay-forward: towards the server */

        struct dhcp6_bytes client_id, server_id; /* 1, 2: DUIDs */
        struct dhcp6_association associations[DHCP6_ASSOCIATIONS_MAX];
        unsigned association_count;
        uint16_t requested[DHCP6_REQUESTED_MAX]; /* 6: the option numbers asked for, in their order */
        unsigned requested_count;
        struct in6_addr dns[DHCP6_DNS_MAX]; /* 23 (RFC 3646) */
        unsigned dns_count;
        struct dhcp6_status status;

        bool has_preference, has_elapsed, rapid_commit; /* 7, 8, 14 */
        uint8_t preference;
        uint16_t elapsed; /* hundredths of a second */

        /* Text is printable ASCII (see text.h); empty: absent. */
        char user_class[DHCP6_CLASSES_MAX][64]; /* 15 */
        unsigned user_class_count;
        bool has_vendor_class, has_vendor_options;
        uint32_t vendor_class_enterprise; /* 16 */
        char vendor_class[DHCP6_CLASSES_MAX][128];
        unsigned vendor_class_count;
        uint32_t vendor_options_enterprise; /* 17 */
        struct dhcp6_bytes vendor_options;  /* its sub-options as they are */
        char fqdn[256]; /* 39 (RFC 4704): labels with dots between them */
        char boot_url[256]; /* 59 (RFC 5970) */

        /* RFC 5970 */
        bool has_architecture, has_interface;
        uint16_t architecture; /* 61: the first one named; numbers as of DHCPv4's option 93 */
        uint8_t interface[3];  /* 62: type, major and minor version of the network interface */
};

/* -EBADMSG: damaged, or more than DHCP6_RELAYS_MAX relays; -ENOMSG: a type of message that is not known here. */
int dhcp6_parse(struct wire *wire, struct dhcp6 *ret);

/* A message of these types comes from a client. */
bool dhcp6_by_client(const struct dhcp6 *message);

/* By a client's message: the user class "iPXE" is iPXE's, the vendor class "PXEClient..." or "HTTPClient..." (UEFI 2.10 24.3, 24.7)
 * without it firmware's. */
enum step_stage dhcp6_stage(const struct dhcp6 *message);

/*
 * Why a server gives nothing: a status other than success (RFC 8415 21.13) of the whole message, or, where no IA_NA has an address, of one
 * of them. NULL: it refuses nothing.
 */
const struct dhcp6_status *dhcp6_refusal(const struct dhcp6 *message);

/* The Ethernet address inside of a DUID-LLT or DUID-LL (RFC 8415 11.2, 11.4). False: there is none. */
bool dhcp6_duid_mac(const struct dhcp6_bytes *duid, struct mac *ret);
/* The UUID of a DUID-UUID, in the order of RFC 6355. False: it is no such DUID. */
bool dhcp6_duid_uuid(const struct dhcp6_bytes *duid, struct uuid *ret);
