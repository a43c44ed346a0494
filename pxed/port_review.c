#include "pxed/port_review.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "pxed/physical_network.h"
#include "pxed/shared.h"

/* Of each second. */
#define NODES_AT_ONCE 256
#define CONFLICTS_SIZE (PORT_CONFLICTS_MAX * (PORT_CONFLICT_SIZE + 2) + 1)

static void join_conflicts(const struct port_place *place, char text[static CONFLICTS_SIZE]) {
        size_t size = 0;
        *text = '\0';
        for (size_t i = 0; i < place->n_conflicts; i++)
                size += (size_t) snprintf(text + size, CONFLICTS_SIZE - size, "%s%s", i > 0 ? "; " : "", place->conflicts[i]);
}

/* A NIC that is seen here and there has no other physical network each time. */
static bool is_news(const struct port *port, const struct port_place *place) {
        return place->physical_network && !place->seen_on_several && !text_equal(place->physical_network, port->told_network);
}

static int tell_network(struct change *c, const struct node *node, struct port *port, const struct port_place *place) {
        static const char *const how[] = { "as assigned", "by the network that it was seen on", "by its switch and port",
                                           "by its address" };
        const char *before = port->told_network;
        char mac[MAC_TEXT_SIZE];
        int r = change_event(c, "port.physical-network", node, &port->mac, place->network, NULL,
                             "%s of %s is on physical network %s%s, %s%s%s", mac_format(&port->mac, mac), node->name,
                             place->physical_network, before ? " now" : "", how[place->source], before ? "; before it was on " : "",
                             before ? before : "");
        return r < 0 ? r : shared_set(&port->told_network, place->physical_network, SIZE_MAX);
}

static int tell_conflicts(struct change *c, const struct node *node, struct port *port, const char *conflicts) {
        char mac[MAC_TEXT_SIZE];
        int r = !*conflicts ? 0
                            : change_event(c, "port.conflict", node, &port->mac, NULL, NULL, "%s of %s: %s", mac_format(&port->mac, mac),
                                           node->name, conflicts);
        return r < 0 ? r : shared_set(&port->told_conflicts, *conflicts ? conflicts : NULL, SIZE_MAX);
}

/* *copy: where something is told, the node to be put in the place of the one that is there. */
static int review_one(struct state *s, struct change *c, const struct node *node, const struct port *port, struct node **copy) {
        struct port_place place;
        char conflicts[CONFLICTS_SIZE];

        port_locate(s->settings, &s->sightings, &s->nodes, node, port, change_now(c), &place);
        join_conflicts(&place, conflicts);
        bool network = is_news(port, &place), other = !text_equal(port->told_conflicts ? port->told_conflicts : "", conflicts);
        if (!network && !other)
                return 0;
        if (!*copy)
                *copy = node_copy(node);
        struct port *told = *copy ? node_port(*copy, &port->mac) : NULL;
        if (!told)
                return -ENOMEM;
        int r = network ? tell_network(c, node, told, &place) : 0;
        return r == 0 && other ? tell_conflicts(c, node, told, conflicts) : r;
}

int port_review(struct state *s, struct change *c, const struct node *node, const struct mac *mac) {
        _cleanup_(node_freep) struct node *copy = NULL;
        int r = 0;
        for (size_t i = 0; r == 0 && node && i < node->n_ports; i++)
                if (!mac || mac_to_u64(&node->ports[i].mac) == mac_to_u64(mac))
                        r = review_one(s, c, node, &node->ports[i], &copy);
        /* What was told is no change of the node. */
        return r == 0 && copy ? change_put_node(c, TAKE_POINTER(copy), false) : r;
}

int port_review_some(struct state *s, struct change *c) {
        const struct node *nodes[NODES_AT_ONCE];
        size_t count = 0;
        int r = 0;
        /* Putting one changes the index that is walked. */
        if (s->reviewed >= s->nodes.by_id.size)
                s->reviewed = 0;
        for (; s->reviewed < s->nodes.by_id.size && count < NODES_AT_ONCE; s->reviewed++)
                if (s->nodes.by_id.values[s->reviewed])
                        nodes[count++] = s->nodes.by_id.values[s->reviewed];
        for (size_t i = 0; r == 0 && i < count; i++)
                r = port_review(s, c, nodes[i], NULL);
        return r;
}
