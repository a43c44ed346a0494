/*
 * `pxectl map`: which machine hangs on which port of which switch, network by network. Pure.
 *
 * A map is an object: networks, an array of {name (null: those seen on no network), interface, physicalNetwork, switches, unplaced}.
 * switches: {name, chassis, ports}, by name; ports: {port, vlan, appliance, machines}, in their natural order, where appliance is the list of the
 * appliance's own interfaces there. machines and unplaced (whose switch is not known): {mac, node, name, interface, addresses, hostname, lastSeen,
 * conflicts}; node and name are null for a machine that is no node. What is not known is null.
 */
#pragma once

#include <stdio.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

/*
 * From the arrays of org.pxed.Node.List and of org.pxed.Network's List and ListSightings. `only`: the one network to show; NULL: all.
 * A new reference; NULL when memory is short.
 */
json_t *map_build(const json_t *nodes, const json_t *networks, const json_t *sightings, const char *only);

/* As a tree. -ENOMEM */
int map_show(const json_t *map, const struct look *look, FILE *out);
