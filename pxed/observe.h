/* What workers saw, applied to the state: the observations of org.pxed.Worker.Report. */
#pragma once

#include <jansson.h>

#include "pxed/change.h"

struct observe_error {
        char field[96];
        char reason[160];
};

/* A batch that is being applied. */
struct observe {
        struct state *state;
        struct change *change;
        /* What was seen of networks, by name (see pxed/network_seen.h): to be taken over by observe_finish. */
        json_t *networks;
        /* Likewise the agents that beat, by their node's id. */
        json_t *agents;
        struct observe_error *error;
        size_t index; /* of the observation at hand */
};

/* Applies them in order. -EINVAL: *error names the first that cannot be; nothing has happened once the change is given up. */
int observe_all(struct observe *observe, const json_t *observations);
/* After the commit: what memory alone holds. */
void observe_finish(struct observe *observe);

/* Fills the error for the observation at hand, with the member `field` of it; returns -EINVAL. */
int observe_refuse(struct observe *observe, const char *field, const char *reason);
/* A member that is a MAC of one interface, or refuses. */
int observe_mac(struct observe *observe, const json_t *object, const char *kind, struct mac *ret);

/* The name of the configured network that `object` is of. NULL: the configuration no longer has it, what is told of it is of no use. */
const char *observe_network(const struct observe *observe, const json_t *object);

/* One kind each. `time` in microseconds of realtime. */
/* What a machine's network says of machines that nobody knows. network NULL: where it booted or was seen last. */
enum discover observe_policy(const struct observe *observe, const struct mac *mac, const char *network);
/* Makes a node of a machine that nobody knew. *ret is NULL where there is no room, or nothing to tell it by. */
int observe_discover(struct observe *observe, const struct mac *mac, const struct uuid *uuid, const char *network, enum discovery_sign sign,
                     struct node **ret);

int observe_step(struct observe *observe, uint64_t time, const json_t *step);
int observe_inventory(struct observe *observe, uint64_t time, const json_t *inventory);
int observe_sighting(struct observe *observe, const json_t *sighting);
int observe_link(struct observe *observe, const json_t *link);
int observe_foreign_server(struct observe *observe, const json_t *server);
int observe_address_conflict(struct observe *observe, const json_t *conflict);
int observe_heartbeat(struct observe *observe, uint64_t time, const json_t *heartbeat);
void observe_keep_agents(struct observe *observe);
int observe_repair(struct observe *observe, const json_t *repair);
