#include "pxed/physical_network.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CLAIMS_MAX 32

const char *const physical_source_names[4] = { "assigned", "sighting", "lldp", "address" };

static void _printf_(2, 3) add_conflict(struct port_place *place, const char *format, ...) {
        va_list arguments;
        if (place->n_conflicts == PORT_CONFLICTS_MAX)
                return;
        va_start(arguments, format);
        vsnprintf(place->conflicts[place->n_conflicts++], PORT_CONFLICT_SIZE, format, arguments);
        va_end(arguments);
}

char *port_describe_switch(const struct port *port, char *buffer, size_t size) {
        const char *name = port->switch_name, *chassis = port->switch_chassis;
        snprintf(buffer, size, "%s%.64s%s%.64s%s%.64s%s", port->switch_port ? "port " : "", port->switch_port ? port->switch_port : "",
                 port->switch_port && port_switch(port) ? " of " : "", name ? name : chassis ? chassis : "",
                 name && chassis ? " (" : "", name && chassis ? chassis : "", name && chassis ? ")" : "");
        return buffer;
}

/* Of the other networks with another label than the newest one's the first by name, seen within the hour. */
static const struct network *seen_elsewhere(const struct settings *settings, const struct observed *sightings,
                                            const struct mac *mac, const char *label, uint64_t now) {
        const struct network *other = NULL;
        const struct sighting *s;
        size_t position = 0;
        while ((s = sightings_next(sightings, mac, &position))) {
                const struct network *network = settings_network(settings, s->network);
                if (s->vlan == VLAN_NONE && s->last + SEEN_TOGETHER_USEC > now && network && network->physical_network &&
                    strcmp(network->physical_network, label) != 0 && (!other || strcmp(network->name, other->name) < 0))
                        other = network;
        }
        return other;
}

static void look_at_sightings(const struct settings *settings, const struct observed *sightings, const struct mac *mac,
                              uint64_t now, struct port_place *place) {
        const struct sighting *last = sightings_last(sightings, mac);
        const struct network *network = last ? settings_network(settings, last->network) : NULL;
        if (!network)
                return;
        place->network = network->name;
        place->seen = network->physical_network;
        const struct network *other = place->seen ? seen_elsewhere(settings, sightings, mac, place->seen, now) : NULL;
        if (!other)
                return;
        /* In an order that stays, whichever was seen last. */
        const struct network *first = strcmp(network->name, other->name) < 0 ? network : other, *second = first == network ? other : network;
        place->seen_on_several = true;
        add_conflict(place, "it was seen on physical network %s (network %s) and on %s (network %s) within an hour",
                     first->physical_network, first->name, second->physical_network, second->name);
}

/* What it was seen with last; else what it had when it was inspected, perhaps on a network that is not the appliance's. */
static const char *by_address(const struct settings *settings, const struct observed *sightings, const struct port *port) {
        const struct sighting *last = sightings_last(sightings, &port->mac);
        struct ip inspected[PORT_ADDRESSES_MAX];
        const char *name = last ? physical_by_addresses(settings->physical, settings->n_physical, last->addresses, last->n_addresses) : NULL;
        return name ? name : physical_by_addresses(settings->physical, settings->n_physical, inspected, port_addresses(port, inspected));
}

static bool is_named(const char *name, const char *expected) {
        return name && strcasecmp(name, expected) == 0;
}

static void check_expected(const struct port *port, struct port_place *place) {
        char where[240];
        bool other_switch = port->expected_chassis && port_switch(port) && !is_named(port->switch_chassis, port->expected_chassis) &&
                            !is_named(port->switch_name, port->expected_chassis);
        bool other_port = port->expected_port && port->switch_port && !is_named(port->switch_port, port->expected_port);
        if (other_switch || other_port)
                add_conflict(place, "it is expected at %s%.64s%s%s%.64s, and LLDP says %s", port->expected_port ? "port " : "",
                             port->expected_port ? port->expected_port : "",
                             port->expected_port && port->expected_chassis ? " of " : "",
                             port->expected_port || !port->expected_chassis ? "" : "switch ",
                             port->expected_chassis ? port->expected_chassis : "", port_describe_switch(port, where, sizeof where));
}

/* The first other node by name, so that the words stay the same; of very many (a switch that calls all its ports alike) only that they are many. */
static void check_claims(const struct registry *nodes, const struct node *node, const struct port *port, struct port_place *place) {
        const struct node *other, *first = NULL;
        char where[240], mac[MAC_TEXT_SIZE];
        size_t position = 0, claims = 0;
        if (!port_switch(port) || !port->switch_port)
                return;
        while (claims < CLAIMS_MAX && (other = registry_next_at(nodes, port_switch(port), port->switch_port, &position))) {
                if (memcmp(&other->id, &node->id, sizeof node->id) != 0 && (!first || strcmp(other->name, first->name) < 0))
                        first = other;
                claims++;
        }
        if (!first)
                return;
        if (claims == CLAIMS_MAX) {
                add_conflict(place, "LLDP says that it hangs on %s, and so it says of very many ports of nodes",
                             port_describe_switch(port, where, sizeof where));
                return;
        }
        const struct port *claimed = node_port_at(first, port_switch(port), port->switch_port);
        add_conflict(place, "LLDP says that it hangs on %s, and so it says of %s of %s: inspect whichever was moved",
                     port_describe_switch(port, where, sizeof where), mac_format(&claimed->mac, mac), first->name);
}

void port_locate(const struct settings *settings, const struct observed *sightings, const struct registry *nodes,
                 const struct node *node, const struct port *port, uint64_t now, struct port_place *ret) {
        char where[240];
        *ret = (struct port_place) { 0 };

        look_at_sightings(settings, sightings, &port->mac, now, ret);
        const char *lldp = physical_by_switch(settings->physical, settings->n_physical, port->switch_name, port->switch_chassis,
                                              port->switch_port);
        const char *address = by_address(settings, sightings, port);
        const char *const known[] = { port->physical_network, ret->seen, lldp, address };
        for (size_t i = ELEMENTS(known); i-- > 0;)
                if (known[i]) {
                        ret->physical_network = known[i];
                        ret->source = (enum physical_source) i;
                }

        /* Of one that is seen here and there, that alone is told: what it was seen on last changes all the time. */
        const char *seen = ret->seen_on_several ? NULL : ret->seen;
        if (lldp && seen && strcmp(lldp, seen) != 0)
                add_conflict(ret, "it was seen on physical network %s (network %s), and %s is of %s by [physical-network %s]", seen,
                             ret->network, port_describe_switch(port, where, sizeof where), lldp, lldp);
        if (port->physical_network && seen && strcmp(port->physical_network, seen) != 0)
                add_conflict(ret, "physical network %s is assigned, and it was seen on %s (network %s)", port->physical_network,
                             seen, ret->network);
        if (port->physical_network && lldp && strcmp(port->physical_network, lldp) != 0)
                add_conflict(ret, "physical network %s is assigned, and %s is of %s by [physical-network %s]", port->physical_network,
                             port_describe_switch(port, where, sizeof where), lldp, lldp);
        check_expected(port, ret);
        check_claims(nodes, node, port, ret);
}
