/*
 * DHCPv4 messages (RFC 2131) and those of their options (RFC 2132 and those named below) that tell something about a booting
 * machine. Pure.
 *
 * An option that comes in several pieces is put together first (RFC 3396), also from the file and sname fields (option 52).
 * An option whose length is not what its RFC says is taken as absent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/step.h"
#include "lib/wire.h"

enum {
        DHCP4_DISCOVER = 1, DHCP4_OFFER, DHCP4_REQUEST, DHCP4_DECLINE, DHCP4_ACKNOWLEDGE, DHCP4_NAK, DHCP4_RELEASE, DHCP4_INFORM,
};

/* The value of an option; one that is longer is cut off. */
struct dhcp4_bytes {
        uint16_t size;
        uint8_t data[128];
};

#define DHCP4_CLASSES_MAX 4

struct dhcp4 {
        uint8_t operation; /* 1: from a client, 2: from a server */
        uint8_t type;      /* option 53, DHCP4_DISCOVER to DHCP4_INFORM */
        uint8_t hops;
        uint32_t xid;
        uint16_t seconds, flags;
        struct in_addr client, yours, server, relay; /* ciaddr, yiaddr, siaddr, giaddr; 0: none */
        bool has_mac;                                /* chaddr is an Ethernet address */
        struct mac mac;
        bool truncated; /* the options end in the middle of one; those before it count */

        /* Text is printable ASCII (see text.h); empty: absent. */
        char server_name[128];   /* option 66, or the sname field */
        char file[256];          /* option 67, or the file field */
        char hostname[128];      /* 12 */
        char vendor_class[256];  /* 60 */
        char message[256];       /* 56 */
        /* 77: the classes of RFC 3004, or, where it is not made like that, all of it as one class (what iPXE sends) */
        char user_class[DHCP4_CLASSES_MAX][64];
        unsigned user_class_count;

        bool has_requested, has_server_id, has_lease_time, has_router;
        struct in_addr router;     /* 3: the first one */
        struct in_addr requested;  /* 50 */
        struct in_addr server_id;  /* 54 */
        uint32_t lease_time;       /* 51, seconds */
        struct dhcp4_bytes parameters; /* 55: the option numbers asked for, in their order */
        struct dhcp4_bytes client_id;  /* 61 */
        struct dhcp4_bytes circuit_id, remote_id; /* 82, sub-options 1 and 2 (RFC 3046) */

        /* RFC 4578 */
        bool has_architecture, has_interface, has_uuid;
        uint16_t architecture; /* 93: the first one named */
        uint8_t interface[3];  /* 94: type, major and minor version of the network interface */
        struct uuid uuid;      /* 97, in the form that firmware and Linux print */

        bool has_ipxe;           /* 175: iPXE's own options */
        bool has_vendor_options; /* 43: PXE's, where the vendor class is PXEClient */
};

/* -EBADMSG: damaged; -ENOMSG: BOOTP without a DHCP message type. */
int dhcp4_parse(struct wire *wire, struct dhcp4 *ret);

/*
 * By a client's message: iPXE says so in its user class or sends its own option 175; firmware has the vendor class "PXEClient..." (PXE 2.1)
 * or "HTTPClient..." (UEFI 2.5 HTTP boot) and neither of them.
 */
enum step_stage dhcp4_stage(const struct dhcp4 *message);
