/*
 * What machines said of themselves by DHCP: a store of bounded size that forgets those that spoke DHCP longest ago. Pure.
 *
 * Memory: DETAILS_ENTRY_SIZE bytes for each machine (slabs are kept once they were needed): with DETAILS_MAX machines 10 MB.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/address.h"
#include "lib/macro.h"

#define DETAILS_MAX 20000
#define DETAILS_ENTRY_SIZE 512

/* An identifier that is bytes; a longer one is cut off. */
#define DETAIL_BYTES(bytes)         \
        struct {                    \
                uint8_t size;       \
                uint8_t data[bytes]; \
        }

/* Text is printable ASCII (see text.h), cut off where it is longer; empty, 0, or has_... false: not said. */
struct details {
        char hostname[128];     /* option 12; option 39 of DHCPv6 */
        char vendor_class[128]; /* option 60; 16 of DHCPv6 */
        struct uuid uuid;       /* option 97, in the form that Linux prints */
        struct in6_addr relay;  /* the agent that it asked by; IPv4 as ::ffff:a.b.c.d */
        uint16_t architecture;  /* option 93; 61 of DHCPv6 */
        bool has_architecture, has_uuid, has_relay;
        DETAIL_BYTES(80) client_id;                /* option 61; the DUID of DHCPv6 */
        DETAIL_BYTES(48) circuit_id;               /* RFC 3046, 18 of DHCPv6 (RFC 8415 21.18) */
        DETAIL_BYTES(48) remote_id;                /* RFC 3046, 37 of DHCPv6 (RFC 4649) */
};

/* Copies bytes into a DETAIL_BYTES, as many as it has room for. */
#define DETAIL_SET(detail, bytes, length)                                                         \
        do {                                                                                      \
                size_t room_ = sizeof((detail).data), length_ = (length);                         \
                (detail).size = (uint8_t) (length_ < room_ ? length_ : room_);                    \
                if ((detail).size > 0)                                                            \
                        memcpy((detail).data, (bytes), (detail).size);                            \
        } while (0)

/* Each detail that `from` says takes the place of the one before. Both were zeroed before they were filled. True: something changed. */
bool details_merge(struct details *to, const struct details *from);

struct details_store;

/* `max`: 1 to DETAILS_MAX. */
int details_store_new(uint32_t max, struct details_store **ret);
struct details_store *details_store_free(struct details_store *store);
DEFINE_CLEANUP(struct details_store *, details_store_free);

/*
 * A place for the details of `owner` (the caller's number for a machine, not 0), as the newest; empty at first. Returns its number, not 0;
 * 0: there is no memory. Where the store is full the oldest gives way, and *ret_evicted is its owner, who has none any more; otherwise 0.
 */
uint32_t details_store_add(struct details_store *store, uint32_t owner, uint32_t *ret_evicted);
/* `number`: of details_store_add. Makes it the newest. Borrowed. */
struct details *details_store_touch(struct details_store *store, uint32_t number);
const struct details *details_store_get(const struct details_store *store, uint32_t number);
void details_store_remove(struct details_store *store, uint32_t number);
