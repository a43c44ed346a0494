/*
 * DHCP servers that are not the appliance's own, by what they answer: a table of FOREIGN_MAX servers in which a newcomer takes the place of
 * the one that was silent for longest. It also says which of them are worth a report. Pure: the time of each answer is passed in.
 *
 * Memory: 512 bytes for each server, 128 KiB in all.
 */
#pragma once

#include <stdbool.h>

#include "lib/address.h"
#include "lib/macro.h"

#define FOREIGN_MAX 256
/* One that goes on answering the same is due for a report again only after this time. */
#define FOREIGN_REPEAT (60 * USEC_PER_SEC)

/* More are left out: their answers would be told as foreign ones. */
#define OWN_ADDRESSES_MAX 512
#define OWN_MACS_MAX 128
#define OWN_NOTED_MAX 16

/* What belongs to the appliance: the addresses of its networks as configured, and each address and MAC of its host. */
struct own {
        struct ip addresses[OWN_ADDRESSES_MAX];
        unsigned address_count;
        struct mac macs[OWN_MACS_MAX];
        unsigned mac_count;
        struct mac noted[OWN_NOTED_MAX]; /* that the networks' interfaces have or had, the newest first */
        unsigned noted_count;
};

/* What is there already, or finds no room, is left out. */
void own_add_address(struct own *own, const struct ip *address);
void own_add_mac(struct own *own, const struct mac *mac);
/*
 * An interface of a network has this MAC now: noted for as long as it is among the newest OWN_NOTED_MAX. A bridge takes another MAC as ports join
 * and leave it. The frames with one come out of a capture when it may be gone again, and when no reading of the host has found it.
 */
void own_note_mac(struct own *own, const struct mac *mac);
/* Before the host is read again: only the noted MACs stay. */
void own_clear(struct own *own);
/* Also one that was noted. */
bool own_has_mac(const struct own *own, const struct mac *mac);

/*
 * Whether a DHCP answer is the appliance's own: its server (the server identifier, or the packet's source address where it has none) is
 * an own address, or its Ethernet source is an own MAC. `source` may be NULL. Where nothing is known to be own (a capture brought from
 * elsewhere) each answer counts as own: nobody can be told to be foreign there.
 */
bool foreign_is_own(const struct own *own, const struct ip *server, const struct mac *source);

/* What a server answered last. Addresses of family 0: none. */
struct foreign_server {
        uint16_t network;
        int vlan;          /* as of struct sighting */
        struct ip address; /* its server identifier; where it has none, the address that it answers from */
        struct mac mac;    /* that its packets came from: of a relay or router where it is not on the network itself */
        struct ip offered, next_server, gateway;
        struct mac client; /* whom it answered */
        char file[256];    /* printable ASCII; "": none */
        uint64_t first, last; /* microseconds of realtime; set by foreign_note */
};

struct foreign_entry {
        struct foreign_server server;
        uint64_t reported; /* 0: never */
        bool due;
};

struct foreign {
        struct foreign_entry entries[FOREIGN_MAX];
        unsigned count, due;
        unsigned next; /* to be looked at by foreign_take: each one in turn */
};

/* A server that is not own answered. It is due when it is new, when what it offers besides the address has changed, or after FOREIGN_REPEAT. */
void foreign_note(struct foreign *foreign, const struct foreign_server *answer, uint64_t now);

/* One that is due; it is not due any more then. False: none. */
bool foreign_take(struct foreign *foreign, uint64_t now, struct foreign_server *ret);
static inline bool foreign_is_due(const struct foreign *foreign) {
        return foreign->due > 0;
}

/* Forgets the servers of a network. */
void foreign_forget(struct foreign *foreign, uint16_t network);
