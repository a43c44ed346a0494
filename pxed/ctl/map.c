#include "pxed/ctl/map.h"

#include <string.h>

#include "lib/text.h"
#include "pxed/ctl/neighbour.h"

/* A copy of a member, null where there is none. */
static json_t *copy(const json_t *object, const char *key) {
        json_t *value = json_object_get(object, key);
        return value ? json_deep_copy(value) : json_null();
}

/* ---- places, made when they are needed */

/* The one of that name; NULL: those on no network. A network that the configuration does not have any more is added. */
static json_t *find_network(json_t *map, const char *name) {
        json_t *networks = json_object_get(map, "networks"), *network;
        size_t i;
        json_array_foreach(networks, i, network)
                if (text_equal(json_get_string(network, "name"), name))
                        return network;
        network = json_pack("{s:s?, s:n, s:n, s:[], s:[]}", "name", name, "interface", "physicalNetwork", "switches", "unplaced");
        json_array_append_new(networks, network);
        return network;
}

/* By the chassis id where both sides tell it, or else by name: CDP has no chassis id, and some switches tell no name. */
static bool is_switch(const json_t *known, const char *chassis, const char *name) {
        const char *known_chassis = json_get_string(known, "chassis"), *known_name = json_get_string(known, "name");
        if (chassis && known_chassis)
                return strcmp(chassis, known_chassis) == 0;
        return name && known_name && strcmp(name, known_name) == 0;
}

static json_t *find_switch(json_t *network, const char *chassis, const char *name) {
        json_t *switches = json_object_get(network, "switches"), *known;
        size_t i;
        json_array_foreach(switches, i, known)
                if (is_switch(known, chassis, name)) {
                        if (!json_get_string(known, "chassis"))
                                json_object_set_new(known, "chassis", json_text(chassis));
                        if (!json_get_string(known, "name"))
                                json_object_set_new(known, "name", json_text(name));
                        return known;
                }
        known = json_pack("{s:s?, s:s?, s:[]}", "name", name, "chassis", chassis, "ports");
        json_array_append_new(switches, known);
        return known;
}

static json_t *find_port(json_t *of_switch, const char *id, const json_t *vlan) {
        json_t *ports = json_object_get(of_switch, "ports"), *port;
        size_t i;
        json_array_foreach(ports, i, port)
                if (text_equal(json_get_string(port, "port"), id)) {
                        if (json_is_integer(vlan))
                                json_object_set(port, "vlan", (json_t *) vlan);
                        return port;
                }
        port = json_pack("{s:s?, s:n, s:[], s:[]}", "port", id, "vlan", "appliance", "machines");
        if (json_is_integer(vlan))
                json_object_set(port, "vlan", (json_t *) vlan);
        json_array_append_new(ports, port);
        return port;
}

/* ---- what is put there */

static void add_appliance(json_t *network, const json_t *link) {
        const json_t *neighbours = json_get_array(link, "neighbours");
        json_t *neighbour;
        size_t i;
        json_array_foreach(neighbours, i, neighbour) {
                const char *chassis = json_get_string(neighbour, "chassis"), *name = json_get_string(neighbour, "systemName");
                bool cdp = text_equal(json_get_string(neighbour, "protocol"), "cdp");
                if (!neighbour_counts(neighbour, neighbours))
                        continue;
                /* CDP's device id is a name. */
                json_t *of_switch = find_switch(network, cdp ? NULL : chassis, cdp && !name ? chassis : name);
                json_t *port = find_port(of_switch, json_get_string(neighbour, "port"), json_object_get(neighbour, "vlan"));
                json_array_append(json_object_get(port, "appliance"), json_object_get(neighbour, "interface"));
        }
}

static void add_networks(json_t *map, const json_t *networks, const char *only) {
        json_t *network;
        size_t i;
        json_array_foreach(networks, i, network) {
                const char *name = json_get_string(network, "name");
                if (only && !text_equal(name, only))
                        continue;
                json_t *place = find_network(map, name);
                json_object_set_new(place, "interface", copy(network, "interface"));
                json_object_set_new(place, "physicalNetwork", copy(network, "physicalNetwork"));
                add_appliance(place, json_get_object(network, "link"));
        }
}

/* By "MAC network". */
static json_t *index_sightings(const json_t *sightings) {
        json_t *index = json_object(), *sighting;
        size_t i;
        json_array_foreach(sightings, i, sighting) {
                char key[256];
                snprintf(key, sizeof(key), "%s %s", json_get_string(sighting, "mac") ?: "", json_get_string(sighting, "network") ?: "");
                json_object_set(index, key, sighting);
        }
        return index;
}

static const json_t *find_sighting(const json_t *index, const char *mac, const char *network) {
        char key[256];
        snprintf(key, sizeof(key), "%s %s", mac ?: "", network ?: "");
        return json_object_get(index, key);
}

static json_t *machine(const char *mac, const json_t *node, const json_t *port, const json_t *sighting) {
        json_t *conflicts = copy(port, "conflicts"), *addresses = copy(sighting, "addresses");
        return json_pack("{s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "mac", mac,
                         "node", copy(node, "id"),
                         "name", copy(node, "name"),
                         "interface", copy(port, "interface"),
                         "addresses", addresses,
                         "hostname", copy(sighting, "hostname"),
                         "lastSeen", copy(sighting, "lastSeen"),
                         "conflicts", conflicts);
}

static void add_port(json_t *map, const json_t *node, const json_t *port, const json_t *index, const char *only) {
        const char *chassis = json_get_string(port, "switchChassis"), *name = json_get_string(port, "switchName");
        const char *network = json_get_string(port, "network"), *mac = json_get_string(port, "mac");
        if (only && !text_equal(network, only))
                return;
        json_t *place = find_network(map, network), *it = machine(mac, node, port, find_sighting(index, mac, network));
        if (!chassis && !name) {
                json_array_append_new(json_object_get(place, "unplaced"), it);
                return;
        }
        json_t *at = find_port(find_switch(place, chassis, name), json_get_string(port, "switchPort"), json_object_get(port, "switchVlan"));
        json_array_append_new(json_object_get(at, "machines"), it);
}

static void add_nodes(json_t *map, const json_t *nodes, const json_t *index, const char *only) {
        json_t *node, *port;
        size_t i, k;
        json_array_foreach(nodes, i, node)
                json_array_foreach(json_get_array(node, "ports"), k, port)
                        add_port(map, node, port, index, only);
}

/* Who was heard by nothing but its announcements is a switch. */
static bool only_announces(const json_t *sighting) {
        const json_t *protocols = json_get_array(sighting, "protocols");
        json_t *protocol;
        size_t i;
        json_array_foreach(protocols, i, protocol)
                if (!text_equal(json_string_value(protocol), "lldp") && !text_equal(json_string_value(protocol), "cdp"))
                        return false;
        return json_array_size(protocols) > 0;
}

static void add_unknown(json_t *map, const json_t *sightings, const char *only) {
        json_t *sighting;
        size_t i;
        json_array_foreach(sightings, i, sighting) {
                const char *network = json_get_string(sighting, "network");
                if (json_get_string(sighting, "node") || only_announces(sighting) || (only && !text_equal(network, only)))
                        continue;
                json_array_append_new(json_object_get(find_network(map, network), "unplaced"),
                                      machine(json_get_string(sighting, "mac"), NULL, NULL, sighting));
        }
}

/* ---- order */

/* Without a value comes last. */
static int compare_texts(const char *a, const char *b) {
        if (!a || !b)
                return !a - !b;
        return strverscmp(a, b);
}

static int compare(const void *a, const void *b) {
        static const char *const keys[] = { "name", "chassis", "port", "mac" };
        const json_t *x = *(json_t *const *) a, *y = *(json_t *const *) b;
        for (size_t i = 0; i < ELEMENTS(keys); i++) {
                int r = compare_texts(json_get_string(x, keys[i]), json_get_string(y, keys[i]));
                if (r != 0)
                        return r;
        }
        return 0;
}

static void sort(json_t *object, const char *key) {
        json_t *array = json_object_get(object, key), *value;
        size_t n = json_array_size(array), i;
        _cleanup_free_ json_t **values = calloc(n + 1, sizeof(*values));
        if (!values)
                return;
        json_array_foreach(array, i, value)
                values[i] = json_incref(value);
        qsort(values, n, sizeof(*values), compare);
        for (i = 0; i < n; i++)
                json_array_set_new(array, i, values[i]);
}

static void sort_map(json_t *map) {
        json_t *network, *of_switch, *port;
        size_t i, k, n;
        json_array_foreach(json_object_get(map, "networks"), i, network) {
                sort(network, "switches");
                sort(network, "unplaced");
                json_array_foreach(json_object_get(network, "switches"), k, of_switch) {
                        sort(of_switch, "ports");
                        json_array_foreach(json_object_get(of_switch, "ports"), n, port)
                                sort(port, "machines");
                }
        }
}

json_t *map_build(const json_t *nodes, const json_t *networks, const json_t *sightings, const char *only) {
        json_t *map = json_pack("{s:[]}", "networks");
        _cleanup_json_ json_t *index = index_sightings(sightings);
        if (!map || !index)
                return NULL;
        add_networks(map, networks, only);
        add_nodes(map, nodes, index, only);
        add_unknown(map, sightings, only);
        sort_map(map);
        return map;
}
