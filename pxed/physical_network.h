/*
 * Which physical network a port is on, how that is known, and what speaks against it. In this order: what the controller has set; the label of the
 * network that its MAC was seen on last; the switch and port that it hangs on; the subnet of one of its addresses. Pure.
 */
#pragma once

#include "pxed/observed.h"
#include "pxed/registry.h"
#include "pxed/settings.h"

enum physical_source { PHYSICAL_ASSIGNED, PHYSICAL_SIGHTING, PHYSICAL_LLDP, PHYSICAL_ADDRESS };

extern const char *const physical_source_names[4];

#define PORT_CONFLICTS_MAX 6
#define PORT_CONFLICT_SIZE 300
/* Sightings on networks of different labels within this time are a conflict. */
#define SEEN_TOGETHER_USEC (3600 * USEC_PER_SEC)

struct port_place {
        const char *network;          /* that its MAC was seen on last, stray VLANs aside; NULL: none that is configured */
        const char *physical_network; /* NULL: not known */
        enum physical_source source;  /* of physical_network */
        const char *seen;             /* physical network by sighting, whatever else is known; NULL: none */
        bool seen_on_several;         /* one of the conflicts is that its MAC was seen on several physical networks */
        size_t n_conflicts;
        char conflicts[PORT_CONFLICTS_MAX][PORT_CONFLICT_SIZE]; /* each names both sides; they have no times in them */
};

/* What is told points into settings and port. */
void port_locate(const struct settings *settings, const struct observed *sightings, const struct registry *nodes,
                 const struct node *node, const struct port *port, uint64_t now, struct port_place *ret);

/* As "port Gi1/0/1 of leaf1 (00:11:22:33:44:55)"; what is not known is left out. Returns `buffer`. */
char *port_describe_switch(const struct port *port, char *buffer, size_t size);
