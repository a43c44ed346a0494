/*
 * Which ports of a node may be attached to a network: org.pxed.Node.SelectPort. What it must never do is to offer a port of a wrong physical
 * network. Pure.
 */
#pragma once

#include "pxed/physical_network.h"

struct segment {
        const char *physical_network;
        int vlan; /* 0: untagged */
};

/* What the network spans: nothing at all is any. */
struct select_request {
        const char *const *physical_networks;
        size_t n_physical_networks;
        const struct segment *segments;
        size_t n_segments;
        bool allow_unknown;
};

#define SELECTION_REASONS_MAX 4
#define SELECTION_REASON_SIZE 400

/* A port, or the ports of a group: a candidate, or refused (with one reason). */
struct selection {
        bool candidate;
        const char *group;            /* NULL: a single port */
        const char *physical_network; /* NULL: not known */
        const struct port *members[PORTS_MAX];
        size_t n_members;
        size_t n_reasons;
        char reasons[SELECTION_REASONS_MAX][SELECTION_REASON_SIZE];
        bool boots;
};

/*
 * Fills `ret` (room for one per port of the node) with candidates, the best one first, and then with what is refused, by MAC; returns how many. Each
 * port is in exactly one of them. places: where each port of the node is, in their order.
 */
size_t select_ports(const struct node *node, const struct port_place *places, const struct select_request *request,
                    struct selection *ret);
