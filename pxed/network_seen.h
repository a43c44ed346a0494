/*
 * What was seen of a network, as a JSON object that is stored whole:
 *   link            type Link of org.pxed.Network
 *   hangsOn         by interface the Neighbour that it hangs on, also when it is not heard at the moment
 *   foreignServers  ForeignServer, at most FOREIGN_SERVERS_MAX
 * Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define FOREIGN_SERVERS_MAX 64

/* Told of each interface that hangs on another switch or port than before. 0 or a negative errno, which ends the walk. */
typedef int neighbour_changed(const char *interface, const json_t *before, const json_t *after, void *userdata);

/*
 * Puts a link in the place of the one before. An interface hangs on the neighbour that it hung on for as long as that one is heard, then on the
 * one heard last, by LLDP before CDP. *ret_differs: it differs in more than counters and times. -ENOMEM, or what `changed` says.
 */
int network_seen_set_link(json_t *seen, json_t *link, neighbour_changed *changed, void *userdata, bool *ret_differs);

enum foreign_news {
        FOREIGN_KNOWN,
        FOREIGN_EXPECTED, /* with dhcp = proxy the first one gives the addresses */
        FOREIGN_NEW,
        FOREIGN_AGAIN, /* after an hour's silence */
};

/*
 * Takes in a ForeignServer (address and VLAN tell them apart); where there is no room the one that was silent for longest gives way. `proxy`: of the
 * network. *ret_durable: more has changed than some seconds of `lastSeen`. -ENOMEM.
 */
int network_seen_add_foreign(json_t *seen, const json_t *server, bool proxy, enum foreign_news *ret_news, bool *ret_durable);
/* Those heard within the hour before `now`; a new array, NULL without memory. `seen` may be NULL. */
json_t *network_seen_foreign(const json_t *seen, uint64_t now);
/* Another server than this one, on the network itself, that was heard within the hour before `now`; NULL: there is none. */
const json_t *network_seen_other_foreign(const json_t *seen, const char *address, uint64_t now);
