/* Ports of nodes: where they are, what is known and expected of them, and which of them may be attached. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"

static void add_physical_network(struct table *table, const json_t *port) {
        const char *name = json_get_string(port, "physicalNetwork"), *source = json_get_string(port, "physicalNetworkSource");
        if (name && source)
                table_addf(table, STYLE_NONE, "%s (%s)", name, source);
        else
                table_add(table, STYLE_NONE, name);
}

static const char *switch_of(const json_t *port) {
        const char *name = json_get_string(port, "switchName");
        return name ? name : json_get_string(port, "switchChassis");
}

/* What has no room in the table: a line each. */
static void show_port_more(const json_t *port, const struct look *look, FILE *out) {
        const char *mac = json_get_string(port, "mac");
        const char *chassis = json_get_string(port, "expectedChassis"), *at = json_get_string(port, "expectedPort");
        int64_t vlan = json_get_int(port, "switchVlan", 0);
        /* "[10,20]" */
        _cleanup_free_ char *vlans = json_dumps(json_get_array(port, "switchVlans"), JSON_COMPACT);
        json_t *conflict;
        size_t i;

        if (vlan > 0 && vlans)
                field_format(out, look, "VLANs", STYLE_NONE, "%s: untagged %" PRId64 ", carries %.*s", mac, vlan,
                             (int) strlen(vlans) - 2, vlans + 1);
        else if (vlan > 0)
                field_format(out, look, "VLANs", STYLE_NONE, "%s: untagged %" PRId64, mac, vlan);
        else if (vlans)
                field_format(out, look, "VLANs", STYLE_NONE, "%s: carries %.*s", mac, (int) strlen(vlans) - 2, vlans + 1);
        if (chassis || at)
                field_format(out, look, "Expected", STYLE_NONE, "%s: %s%s%s%s", mac, at ? "port " : "switch ", at ? at : chassis,
                             at && chassis ? " of " : "", at && chassis ? chassis : "");
        json_array_foreach(json_get_array(port, "conflicts"), i, conflict)
                field_format(out, look, "Conflict", STYLE_BAD, "%s: %s", mac, json_string_value(conflict));
}

int show_ports(const json_t *ports, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "MAC" },     { .title = "INTERFACE" },               { .title = "BOOTS" },
                { .title = "NETWORK" }, { .title = "PHYSICAL NETWORK", .shrinks = true }, { .title = "SWITCH", .shrinks = true },
                { .title = "PORT", .shrinks = true }, { .title = "GROUP", .shrinks = true }, { .title = "ATTACHED", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *port;
        if (json_array_size(ports) == 0)
                return 0;
        field_heading(out, look, "Ports");
        json_array_foreach(ports, i, port) {
                table_add(table, STYLE_NONE, json_get_string(port, "mac"));
                table_add(table, STYLE_NONE, json_get_string(port, "interface"));
                table_add(table, STYLE_NONE, json_get_bool(port, "boots", false) ? "yes" : "no");
                table_add(table, STYLE_NONE, json_get_string(port, "network"));
                add_physical_network(table, port);
                table_add(table, STYLE_NONE, switch_of(port));
                table_add(table, STYLE_NONE, json_get_string(port, "switchPort"));
                table_add(table, STYLE_NONE, json_get_string(port, "portGroup"));
                table_add(table, STYLE_NONE, json_get_string(port, "attachment"));
        }
        int r = table_print(table, look, 2, out);
        json_array_foreach(ports, i, port)
                show_port_more(port, look, out);
        return r;
}

static int show_choices(const json_t *choices, bool candidates, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "PORTS" }, { .title = "GROUP", .shrinks = true }, { .title = "PHYSICAL NETWORK", .shrinks = true }, { .title = "BECAUSE" }, {},
        };
        /* Of what is refused the reason names it. */
        static const struct table_column refused[] = { { .title = "PORTS" }, { .title = "GROUP", .shrinks = true }, { .title = "BECAUSE" }, {} };
        _cleanup_(table_freep) struct table *table = table_new(candidates ? columns : refused);
        json_t *choice;
        size_t i;
        json_array_foreach(choices, i, choice) {
                _cleanup_free_ char *macs = show_list(json_get_array(choice, "macs"));
                _cleanup_free_ char *reasons = show_list(json_get_array(choice, "reasons"));
                table_add(table, STYLE_NONE, macs);
                table_add(table, STYLE_NONE, json_get_string(choice, "portGroup"));
                if (candidates)
                        table_add(table, STYLE_GOOD, json_get_string(choice, "physicalNetwork"));
                table_add(table, STYLE_NONE, candidates ? reasons : json_get_string(choice, "reason"));
        }
        return table_print(table, look, 2, out);
}

int show_selection(const json_t *reply, const struct look *look, FILE *out) {
        const json_t *candidates = json_get_array(reply, "candidates"), *refused = json_get_array(reply, "refused");
        int r = 0;
        if (json_array_size(candidates) > 0) {
                fprintf(out, "%sMay be attached, the best first%s\n", look_on(look, STYLE_TITLE), look_off(look, STYLE_TITLE));
                r = show_choices(candidates, true, look, out);
        } else
                fprintf(out, "%sNo port may be attached%s\n", look_on(look, STYLE_BAD), look_off(look, STYLE_BAD));
        if (r < 0 || json_array_size(refused) == 0)
                return r;
        field_heading(out, look, "Refused");
        return show_choices(refused, false, look, out);
}
