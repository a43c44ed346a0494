#include <errno.h>
#include <inttypes.h>

#include "pxed/ctl/map.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/text.h"
#include "pxed/ctl/tree.h"

/* "web-1 eth0 52:54:00:00:00:01 192.0.2.100", or of a machine that is no node "52:54:00:00:00:02 192.0.2.101 hostname, 5 min ago". */
static json_t *machine_branch(const json_t *machine, const struct look *look) {
        const char *name = json_get_string(machine, "name"), *interface = json_get_string(machine, "interface");
        const char *mac = json_get_string(machine, "mac") ?: "?", *hostname = json_get_string(machine, "hostname");
        _cleanup_free_ char *addresses = show_list(json_get_array(machine, "addresses"));
        int64_t last = json_get_int(machine, "lastSeen", 0);
        bool has_addresses = addresses && *addresses;
        char age[TEXT_NUMBER_SIZE];
        json_t *branch, *conflict;
        size_t i;

        if (name)
                branch = tree_new(STYLE_NONE, "%s%s%s  %s%s%s", name, interface ? " " : "", interface ? interface : "", mac, has_addresses ? "  " : "",
                                  has_addresses ? addresses : "");
        else
                branch = tree_new(STYLE_WARN, "%s%s%s%s%s  no node, seen %s", mac, has_addresses ? "  " : "", has_addresses ? addresses : "",
                                  hostname ? "  " : "", hostname ? hostname : "", text_age((uint64_t) last, look->now, age));
        json_array_foreach(json_get_array(machine, "conflicts"), i, conflict)
                tree_add(branch, tree_new(STYLE_BAD, "conflict: %s", json_string_value(conflict) ?: "?"));
        return branch;
}

static json_t *port_branch(const json_t *port, const struct look *look) {
        const char *id = json_get_string(port, "port");
        int64_t vlan = json_get_int(port, "vlan", 0);
        json_t *branch, *each;
        size_t i;

        if (vlan > 0)
                branch = tree_new(STYLE_NONE, "%s (VLAN %" PRId64 ")", id ? id : "port not known", vlan);
        else
                branch = tree_new(STYLE_NONE, "%s", id ? id : "port not known");
        json_array_foreach(json_get_array(port, "appliance"), i, each)
                tree_add(branch, tree_new(STYLE_GOOD, "this appliance  %s", json_string_value(each) ?: "?"));
        json_array_foreach(json_get_array(port, "machines"), i, each)
                tree_add(branch, machine_branch(each, look));
        return branch;
}

static json_t *switch_branch(const json_t *of_switch, const struct look *look) {
        const char *name = json_get_string(of_switch, "name"), *chassis = json_get_string(of_switch, "chassis");
        json_t *branch, *port;
        size_t i;

        if (name && chassis)
                branch = tree_new(STYLE_TITLE, "%s (%s)", name, chassis);
        else
                branch = tree_new(STYLE_TITLE, "%s", name ?: chassis ?: "?");
        json_array_foreach(json_get_array(of_switch, "ports"), i, port)
                tree_add(branch, port_branch(port, look));
        return branch;
}

static json_t *network_tree(const json_t *network, const struct look *look) {
        const char *name = json_get_string(network, "name"), *interface = json_get_string(network, "interface");
        const char *physical = json_get_string(network, "physicalNetwork");
        const json_t *unplaced = json_get_array(network, "unplaced");
        json_t *tree, *each;
        size_t i;

        if (!name)
                tree = tree_new(STYLE_TITLE, "seen on no network");
        else
                tree = tree_new(STYLE_TITLE, "%s%s%s%s%s", name, physical ? ", physical network " : "", physical ? physical : "", interface ? ", on " : "",
                                interface ? interface : "");
        json_array_foreach(json_get_array(network, "switches"), i, each)
                tree_add(tree, switch_branch(each, look));
        if (json_array_size(unplaced) > 0) {
                json_t *branch = tree_add(tree, tree_new(STYLE_FAINT, "switch not known"));
                json_array_foreach(unplaced, i, each)
                        tree_add(branch, machine_branch(each, look));
        }
        return tree;
}

int map_show(const json_t *map, const struct look *look, FILE *out) {
        json_t *network;
        size_t i;
        json_array_foreach(json_get_array(map, "networks"), i, network) {
                _cleanup_json_ json_t *tree = network_tree(network, look);
                if (!tree)
                        return -ENOMEM;
                if (i > 0)
                        fputc('\n', out);
                tree_print(tree, look, out);
        }
        return 0;
}
