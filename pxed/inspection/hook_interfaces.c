/* Which of the machine's interfaces become ports, and what its switches said by LLDP. */
#include <string.h>

#include "lib/address.h"
#include "pxed/inspection/hook_list.h"
#include "pxed/model.h"

/* Its MAC, lower case with colons; false: it has no name or no usable MAC, or is the loopback interface. */
static bool usable_mac(const json_t *interface, char text[static MAC_TEXT_SIZE]) {
        const char *name = json_get_string(interface, "name"), *mac = json_get_string(interface, "mac");
        struct mac parsed;

        if (!name || !*name || strcmp(name, "lo") == 0 || !mac || mac_parse(mac, &parsed) < 0 || !mac_is_unicast(&parsed))
                return false;
        mac_format(&parsed, text);
        return true;
}

static bool boots(const json_t *interface) {
        return json_get_bool(interface, "boots", false);
}

static bool is_active(const json_t *interface) {
        return json_array_size(json_get_array(interface, "addresses")) > 0;
}

static bool any_boots(const struct hook_run *run) {
        char mac[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i;

        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface)
                if (usable_mac(interface, mac) && boots(interface))
                        return true;
        return false;
}

/* A MAC that many machines have makes no port: it would be each one's that has a card of that kind. */
static bool is_junk(const struct hook_run *run, const char *mac) {
        struct mac parsed;
        return run->options->junk && mac_parse(mac, &parsed) == 0 && junk_has_mac(run->options->junk, &parsed);
}

bool hook_validate_interfaces(struct hook_run *run) {
        const json_t *list = json_get_array(run->inventory, "interfaces");
        enum add_ports add = run->options->add_ports;
        _cleanup_json_ json_t *macs = json_array();
        char mac[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i, usable = 0, chosen = 0;

        if (add == ADD_PORTS_PXE && !any_boots(run))
                add = ADD_PORTS_ACTIVE;
        json_array_foreach((json_t *) list, i, interface) {
                if (!usable_mac(interface, mac))
                        continue;
                usable++;
                if (add != ADD_PORTS_ALL && !(add == ADD_PORTS_ACTIVE ? is_active(interface) : boots(interface)))
                        continue;
                chosen++;
                if (!is_junk(run, mac))
                        json_array_append_new(macs, json_string(mac));
        }
        if (usable == 0)
                return hook_fail(run, "none of the %zu interfaces has a name and a usable MAC", json_array_size(list));
        if (chosen == 0)
                return hook_fail(run, "add-ports = %s leaves none of the %zu interfaces: none of them has an address",
                                 add_ports_names[run->options->add_ports], usable);
        hook_set_plugin_data(run, "macs", TAKE_POINTER(macs));
        return true;
}

static bool contains(const json_t *macs, const char *mac) {
        const json_t *value;
        size_t i;

        json_array_foreach((json_t *) macs, i, value)
                if (json_is_string(value) && strcmp(json_string_value(value), mac) == 0)
                        return true;
        return false;
}

/* The interface of the inventory with that MAC; NULL: none. */
static const json_t *interface_with(const struct hook_run *run, const char *mac) {
        char text[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i;

        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface)
                if (usable_mac(interface, text) && strcmp(text, mac) == 0)
                        return interface;
        return NULL;
}

static void drop_ports(struct hook_run *run, json_t *ports, const json_t *added) {
        for (size_t i = json_array_size(ports); i > 0; i--) {
                const char *mac = json_get_string(json_array_get(ports, i - 1), "mac");
                if (!mac || !(run->options->keep_ports == KEEP_PORTS_ADDED ? contains(added, mac) : interface_with(run, mac) != NULL))
                        json_array_remove(ports, i - 1);
        }
}

/* Whether the interface that the machine boots by is to become a port and is none yet: then a place is kept for it, since a machine with virtual functions may
 * have more interfaces than a node has ports. */
static bool boot_waits(const struct hook_run *run, const json_t *added) {
        char mac[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i;

        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface)
                if (boots(interface) && usable_mac(interface, mac) && contains(added, mac) && !hook_port(run, mac))
                        return true;
        return false;
}

bool hook_ports(struct hook_run *run) {
        const json_t *added = json_get_array(run->plugin_data, "macs");
        json_t *ports = json_get_array(run->node, "ports"), *interface, *port;
        char mac[MAC_TEXT_SIZE];
        size_t i, kept;

        if (!added)
                return hook_fail(run, "it needs validate-interfaces before it: see hooks of [inspection] in the configuration");
        if (!ports)
                hook_set(run, "ports", ports = json_array());
        if (run->options->keep_ports != KEEP_PORTS_ALL)
                drop_ports(run, ports, added);
        json_array_foreach(ports, i, port)
                json_object_set_new(port, "boots", json_false());
        kept = boot_waits(run, added);
        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface) {
                if (!usable_mac(interface, mac))
                        continue;
                port = hook_port(run, mac);
                kept = boots(interface) ? 0 : kept;
                if (!port && contains(added, mac) && json_array_size(ports) + kept < PORTS_MAX) {
                        json_array_append_new(ports, json_pack("{s:s}", "mac", mac));
                        port = hook_port(run, mac);
                }
                if (!port)
                        continue;
                json_object_set_new(port, "boots", json_boolean(boots(interface)));
                json_object_set(port, "interface", json_object_get(interface, "name"));
        }
        return true;
}

/* As a whole: a ramdisk that heard no LLDP this time knows nothing better, and what is left of an older switch would be taken for this one's. */
bool hook_local_link_connection(struct hook_run *run) {
        static const char *const members[] = { "switchChassis", "switchPort", "switchName", "switchVlan", "switchVlans" };
        char mac[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i;

        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface) {
                json_t *port = usable_mac(interface, mac) ? hook_port(run, mac) : NULL;
                if (!port || (!json_get_string(interface, "switchChassis") && !json_get_string(interface, "switchName") &&
                              !json_get_string(interface, "switchPort")))
                        continue;
                for (size_t k = 0; k < ELEMENTS(members); k++)
                        json_object_set_new(port, members[k], json_deep_copy(json_object_get(interface, members[k])) ?: json_null());
        }
        return true;
}

bool hook_parse_lldp(struct hook_run *run) {
        _cleanup_json_ json_t *parsed = json_object();
        json_t *interface;
        size_t i;

        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface) {
                json_t *lldp = json_get_object(interface, "lldp");
                const char *name = json_get_string(interface, "name");
                if (name && json_object_size(lldp) > 0)
                        json_object_set_new(parsed, name, json_deep_copy(lldp));
        }
        if (json_object_size(parsed) > 0)
                hook_set_plugin_data(run, "parsed_lldp", TAKE_POINTER(parsed));
        return true;
}

/* The first that fits, in the order of the configuration; NULL: none. */
static const char *physical_network(const struct hook_run *run, const json_t *addresses) {
        struct ip known[PORT_ADDRESSES_MAX];
        size_t i, count = 0;
        json_t *text;

        json_array_foreach((json_t *) addresses, i, text)
                if (count < PORT_ADDRESSES_MAX && json_is_string(text) && ip_parse(json_string_value(text), &known[count]) == 0)
                        count++;
        return physical_by_addresses(run->options->physical, run->options->n_physical, known, count);
}

/*
 * A port keeps the addresses, not the name that follows from them: which physical network it is on is worked out from all that is known of it, whenever it is asked for
 * (pxed/physical_network.h). With the inventory is kept what they said when it came.
 */
bool hook_physical_network(struct hook_run *run) {
        _cleanup_json_ json_t *networks = json_object();
        char mac[MAC_TEXT_SIZE];
        json_t *interface;
        size_t i;

        json_array_foreach(json_get_array(run->inventory, "interfaces"), i, interface) {
                json_t *port = usable_mac(interface, mac) ? hook_port(run, mac) : NULL;
                const json_t *addresses = json_get_array(interface, "addresses");
                if (!port)
                        continue;
                const char *name = physical_network(run, addresses);
                json_object_set_new(port, "addresses", json_array_size(addresses) > 0 ? json_deep_copy(addresses) : json_null());
                if (name)
                        json_object_set_new(networks, json_get_string(interface, "name"), json_string(name));
        }
        if (json_object_size(networks) > 0)
                hook_set_plugin_data(run, "physical_network", TAKE_POINTER(networks));
        return true;
}
