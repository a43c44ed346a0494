/*
 * Which MACs say of an address that it is theirs, and which addresses two machines have at the same time. Pure: the time of each claim is
 * passed in.
 *
 * An address is in conflict when two MACs claim it in turn (A, B, A) within CLAIMS_WINDOW, or when a machine declines it (RFC 2131 3.1 step 5).
 * It is none when:
 * - a machine takes an address over once (a lease that moved, failover of a bond or of a virtual address): A is silent from then on;
 * - a DHCP server gave the address to another MAC in between: what was claimed before counts no more;
 * - a machine only asks whether an address is free (ARP probe, RFC 5227 2.1.1; DAD, RFC 4862 5.4): it claims nothing;
 * - one of the MACs claimed CLAIMS_PROXY addresses or more within an hour: it answers for others (proxy ARP, RFC 1027).
 * What looks the same on the wire as a conflict, and is told as one: a machine with two cards on one segment that answers for either address on
 * both (set arp_ignore there), bonding by ARP (balance-alb), and a virtual address that fails over and back within CLAIMS_WINDOW.
 *
 * Memory: 96 bytes for each address, with CLAIMS_MAX 1.6 MB. An address has CLAIMS_WAYS places; a newcomer takes that of the one that was
 * claimed longest ago.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"
#include "netcfg/bucket.h"

#define CLAIMS_MAX 16384
#define CLAIMS_WAYS 4
#define CLAIMERS_MAX 4
#define CLAIMS_WINDOW (120 * USEC_PER_SEC)
#define CLAIMS_PROXY 16
#define CLAIMS_PROXY_WINDOW (3600 * USEC_PER_SEC)
/* A conflict that lasts is told again after this time. */
#define CLAIMS_REPEAT (3600 * USEC_PER_SEC)
/* Conflicts told in a second, so that forged ones do not bury what others report. */
#define CLAIMS_RATE 10
#define CLAIMS_BURST 50
#define CLAIMS_DUE_MAX 64
/* The appliance itself, whose MAC may change, where a claimer's MAC is asked for: no machine has this one. */
#define CLAIMER_APPLIANCE ((struct mac) {})

struct address_conflict {
        uint16_t network;
        int vlan; /* as of struct sighting */
        struct ip address;
        struct mac macs[CLAIMERS_MAX]; /* or CLAIMER_APPLIANCE */
        unsigned mac_count; /* 1: it was declined, and who else has it was not heard */
        uint64_t time;      /* microseconds of realtime */
};

struct claims;

/* `max`: how many addresses at most, CLAIMS_WAYS to CLAIMS_MAX. `seed`: drawn at random, so that nobody can choose addresses that collide. */
int claims_new(uint32_t max, uint64_t seed, struct claims **ret);
struct claims *claims_free(struct claims *claims);
DEFINE_CLEANUP(struct claims *, claims_free);

/* A machine says that the address is its own: sender of an ARP packet, target of a neighbour advertisement. */
void claims_note(struct claims *claims, uint16_t network, int vlan, const struct ip *address, const struct mac *mac, uint64_t now);
/* A DHCP server gave it the address. */
void claims_leased(struct claims *claims, uint16_t network, int vlan, const struct ip *address, const struct mac *mac, uint64_t now);
/* A machine found that another has the address that it was given. */
void claims_declined(struct claims *claims, uint16_t network, int vlan, const struct ip *address, const struct mac *mac, uint64_t now);

/* The next conflict that was found; more than CLAIMS_DUE_MAX are not kept. False: none. */
bool claims_take(struct claims *claims, struct address_conflict *ret);

void claims_forget(struct claims *claims, uint16_t network);
