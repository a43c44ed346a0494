/* One provisioning network: its interface is watched, and its frames are captured whenever they can be. */
#pragma once

#include "lib/daemon.h"
#include "lib/worker.h"
#include "netcfg/interface.h"

struct network;

/* What networks share; outlives them. */
struct network_context {
        struct daemon *daemon;
        struct worker *worker;
        struct links *links;
        struct interfaces *interfaces;
        struct observer *observer;
};

/* `entry`: type Network of org.pxed.Worker. `id` names the network in sightings and steps. Nothing is read yet: call network_refresh and
 * interfaces_refresh. */
int network_new(const struct network_context *context, uint16_t id, const json_t *entry, struct network **ret);
struct network *network_free(struct network *network);
DEFINE_CLEANUP(struct network *, network_free);
/* Frees a network that is wanted no more: clears its problems and forgets its sightings. */
struct network *network_retire(struct network *network);

/* Takes a changed entry over, as network_new does. -EINVAL: it has no address that can be understood, or a VLAN that is none; the network stays as it
 * was. */
int network_configure(struct network *network, const json_t *entry);

/* Reads its interface from the kernel; reports what changed. What of it keeps the network from working is told by manage.h. */
void network_refresh(struct network *network);
/* The next network_refresh reports its interface also when nothing has changed: pxed may have started anew. */
void network_announce(struct network *network);
/* Whether an event about this interface concerns it (see links_handlers). */
bool network_has_link(const struct network *network, int index, const char *name);
/* Notes a neighbour of its interface. */
void network_neighbour(struct network *network, const struct mac *mac, const struct ip *address, bool confirmed);
void network_read_neighbours(struct network *network);
/* What is announced on that interface by LLDP or CDP changed: told soon if it is the network's. */
void network_heard(struct network *network, const char *interface);

/* Adds what is the appliance's by its configuration. */
void network_add_own(const struct network *network, struct own *own);

const char *network_name(const struct network *network);
/* The appliance's MAC there as it was read last; zeros: not known. */
const struct mac *network_mac(const struct network *network);
