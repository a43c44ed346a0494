/*
 * The devices that announce themselves on the appliance's interfaces, by LLDP or CDP: what its cables end at. Each is kept for as long as
 * it said (its TTL), until it takes that back (TTL 0) or the interface loses its link. Pure: the time is passed in.
 *
 * Memory: some 2.7 KiB for each neighbour, at most NEIGHBOURS_MAX of them.
 */
#pragma once

#include <net/if.h>

#include "lib/lldp.h"
#include "lib/macro.h"
#include "netcfg/cdp.h"

/* One more takes the place of the one that was silent for longest. */
#define NEIGHBOURS_MAX 512
#define NEIGHBOURS_PER_INTERFACE 16

enum neighbour_protocol { NEIGHBOUR_LLDP, NEIGHBOUR_CDP };

/* Texts as of struct lldp and struct cdp; "": not said. */
struct neighbour {
        char interface[IF_NAMESIZE]; /* the appliance's, that it was heard on */
        enum neighbour_protocol protocol;
        char chassis[sizeof(((struct lldp_id *) NULL)->text)]; /* with port and protocol it names the neighbour */
        char port[sizeof(((struct lldp_id *) NULL)->text)];
        char port_description[LLDP_TEXT_SIZE], system_name[LLDP_TEXT_SIZE];
        char system_description[sizeof(((struct cdp *) NULL)->platform) + sizeof(((struct cdp *) NULL)->software)];
        char management[LLDP_MANAGEMENT_MAX][IP_TEXT_SIZE];
        unsigned management_count;
        uint16_t vlan; /* of untagged frames, 0: not said */
        uint16_t ttl;  /* seconds */
        uint64_t first, last; /* microseconds of realtime */
};

struct neighbours;

int neighbours_new(struct neighbours **ret);
struct neighbours *neighbours_free(struct neighbours *neighbours);
DEFINE_CLEANUP(struct neighbours *, neighbours_free);

/* `changed` is called whenever what is known of an interface's neighbours changes in more than its times. */
void neighbours_listen(struct neighbours *neighbours, void (*changed)(const char *interface, void *userdata), void *userdata);

/* Heard on that interface (names longer than the kernel's are cut). Without memory for one more it is as good as not heard. */
void neighbours_note_lldp(struct neighbours *neighbours, const char *interface, const struct lldp *lldp, uint64_t now);
void neighbours_note_cdp(struct neighbours *neighbours, const char *interface, const struct cdp *cdp, uint64_t now);

/* The interface has no link any more: what was said on it holds no more. */
void neighbours_forget(struct neighbours *neighbours, const char *interface);

/* Removes those whose time is over. A clock that was set back does not make them stay longer than their TTL from now on. */
void neighbours_expire(struct neighbours *neighbours, uint64_t now);
/* When the next one's time will be over; UINT64_MAX: there is none. */
uint64_t neighbours_next_expiry(const struct neighbours *neighbours);

/* The n-th, in the order in which they were heard first; NULL behind the last. Valid until the next call that changes something. */
const struct neighbour *neighbours_get(const struct neighbours *neighbours, unsigned n);
