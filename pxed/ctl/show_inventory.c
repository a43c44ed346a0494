#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

int show_inventories(const json_t *summaries, const struct look *look, FILE *out) {
        static const struct table_column columns[] = { { .title = "NUMBER", .right = true }, { .title = "RECEIVED" }, { .title = "AGE", .right = true }, { .title = "NOT TAKEN OVER", .shrinks = true }, {} };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *summary;
        json_array_foreach(summaries, i, summary) {
                char when[TEXT_NUMBER_SIZE], age[TEXT_NUMBER_SIZE];
                uint64_t received = (uint64_t) json_get_int(summary, "received", 0);
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(summary, "number", 0));
                table_add(table, STYLE_NONE, text_time(received, when));
                table_add(table, STYLE_NONE, text_age(received, look->now, age));
                table_add(table, STYLE_BAD, json_get_string(summary, "failure"));
        }
        return table_print(table, look, 0, out);
}

static int show_disks(const json_t *disks, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "DISK" }, { .title = "SIZE", .right = true }, { .title = "KIND" }, { .title = "MODEL", .shrinks = true },
                { .title = "SERIAL", .shrinks = true }, { .title = "WWN", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *disk;
        if (json_array_size(disks) == 0)
                return 0;
        field_heading(out, look, "Disks");
        json_array_foreach(disks, i, disk) {
                char size[TEXT_NUMBER_SIZE];
                int64_t bytes = json_get_int(disk, "size", -1);
                const char *transport = json_get_string(disk, "transport");
                const json_t *rotational = json_object_get(disk, "rotational");
                table_add(table, STYLE_NONE, json_get_string(disk, "name"));
                table_add(table, STYLE_NONE, bytes >= 0 ? text_size((uint64_t) bytes, size) : NULL);
                if (json_is_boolean(rotational))
                        table_addf(table, STYLE_NONE, "%s%s%s", transport ? transport : "", transport ? " " : "", json_is_true(rotational) ? "hard disk" : "solid state");
                else
                        table_add(table, STYLE_NONE, transport);
                table_add(table, STYLE_NONE, json_get_string(disk, "model"));
                table_add(table, STYLE_NONE, json_get_string(disk, "serial"));
                table_add(table, STYLE_NONE, json_get_string(disk, "wwn"));
        }
        return table_print(table, look, 2, out);
}

static void add_speed(struct table *table, const json_t *interface) {
        const json_t *carrier = json_object_get(interface, "carrier");
        int64_t speed = json_get_int(interface, "speedMbps", -1);
        if (json_is_false(carrier))
                table_add(table, STYLE_WARN, "no carrier");
        else if (speed > 0)
                table_addf(table, STYLE_NONE, "%" PRId64 " Mb/s", speed);
        else
                table_add(table, STYLE_NONE, json_is_true(carrier) ? "up" : NULL);
}

static void add_number(struct table *table, const json_t *object, const char *key) {
        int64_t value = json_get_int(object, key, -1);
        if (value >= 0)
                table_addf(table, STYLE_NONE, "%" PRId64, value);
        else
                table_add(table, STYLE_NONE, NULL);
}

/* "10, 20" of objects with an `id`. The caller's to free. */
static char *show_vlans(const json_t *vlans) {
        _cleanup_json_ json_t *list = json_array();
        size_t i;
        json_t *vlan;
        json_array_foreach((json_t *) vlans, i, vlan)
                json_array_append_new(list, json_sprintf("%" PRId64, json_get_int(vlan, "id", 0)));
        return show_list(list);
}

static int show_interfaces(const json_t *interfaces, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "INTERFACE" }, { .title = "MAC" }, { .title = "DRIVER", .shrinks = true }, { .title = "LINK" }, { .title = "PCI ADDRESS" },
                { .title = "BOOTS" }, { .title = "ADDRESSES", .shrinks = true }, { .title = "SWITCH", .shrinks = true }, { .title = "SWITCH PORT", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *interface;
        if (json_array_size(interfaces) == 0)
                return 0;
        field_heading(out, look, "Interfaces");
        json_array_foreach(interfaces, i, interface) {
                _cleanup_free_ char *addresses = show_list(json_get_array(interface, "addresses"));
                table_add(table, STYLE_NONE, json_get_string(interface, "name"));
                table_add(table, STYLE_NONE, json_get_string(interface, "mac"));
                table_add(table, STYLE_NONE, json_get_string(interface, "driver"));
                add_speed(table, interface);
                table_add(table, STYLE_NONE, json_get_string(interface, "pciAddress"));
                table_add(table, STYLE_NONE, json_get_bool(interface, "boots", false) ? "yes" : "no");
                table_add(table, STYLE_NONE, addresses);
                table_add(table, STYLE_NONE, json_get_string(interface, "switchName") ?: json_get_string(interface, "switchChassis"));
                table_add(table, STYLE_NONE, json_get_string(interface, "switchPort"));
        }
        return table_print(table, look, 2, out);
}

static void show_bmc(const json_t *inventory, const struct look *look, FILE *out) {
        const char *first = json_get_string(inventory, "bmcAddress"), *second = json_get_string(inventory, "bmcAddress6");
        const char *mac = json_get_string(inventory, "bmcMac");
        _cleanup_json_ json_t *list = json_array();
        if (first)
                json_array_append_new(list, json_string(first));
        if (second && (!first || strcmp(first, second) != 0))
                json_array_append_new(list, json_string(second));
        if (mac)
                json_array_append_new(list, json_string(mac));
        _cleanup_free_ char *text = show_list(list);
        field_text(out, look, "BMC", STYLE_NONE, text);
}

static void show_system(const json_t *inventory, const struct look *look, FILE *out) {
        static const struct {
                const char *title, *key;
        } texts[] = {
                { "Manufacturer", "manufacturer" }, { "Product", "product" },   { "Serial", "serial" },
                { "UUID", "uuid" },                 { "Firmware mode", "bootMode" }, { "Architecture", "architecture" },
        };
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                field_text(out, look, texts[i].title, STYLE_NONE, json_get_string(inventory, texts[i].key));
        const char *vendor = json_get_string(inventory, "firmwareVendor"), *version = json_get_string(inventory, "firmwareVersion");
        const char *date = json_get_string(inventory, "firmwareDate");
        if (vendor || version || date)
                field_format(out, look, "Firmware", STYLE_NONE, "%s %s (%s)", vendor ? vendor : "-", version ? version : "-", date ? date : "no date");
        show_bmc(inventory, look, out);
}

static void show_number(const json_t *inventory, const char *key, const char *title, const struct look *look, FILE *out) {
        int64_t value = json_get_int(inventory, key, -1);
        if (value >= 0)
                field_format(out, look, title, STYLE_NONE, "%" PRId64, value);
}

/* What did not go well, and what came of it. */
static void show_outcome(const json_t *inventory, const struct look *look, FILE *out) {
        const char *failure = json_get_string(inventory, "failure");
        size_t i;
        json_t *error;

        json_array_foreach(json_get_array(inventory, "errors"), i, error)
                field_text(out, look, i == 0 ? "Not collected" : "", STYLE_WARN, json_string_value(error));
        if (failure)
                field_text(out, look, "Not taken over", STYLE_BAD, failure);
        show_root_device(json_get_object(inventory, "rootDevice"), look, out);
}

/* All that switches said, by the names that lib/lldp_parsed.h gives. */
static int show_lldp(const json_t *interfaces, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "INTERFACE" }, { .title = "SWITCH", .shrinks = true }, { .title = "PORT" }, { .title = "DESCRIPTION", .shrinks = true },
                { .title = "VLAN", .right = true }, { .title = "VLANS" }, { .title = "MTU", .right = true }, { .title = "LAG" }, { .title = "LINK", .shrinks = true },
                { .title = "MANAGED AT", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *interface;
        json_array_foreach(interfaces, i, interface) {
                const json_t *lldp = json_get_object(interface, "lldp");
                if (!lldp)
                        continue;
                _cleanup_free_ char *vlans = show_vlans(json_get_array(lldp, "switch_port_vlans")), *managed = show_list(json_get_array(lldp, "switch_mgmt_addresses"));
                table_add(table, STYLE_NONE, json_get_string(interface, "name"));
                table_add(table, STYLE_NONE, json_get_string(lldp, "switch_system_name") ?: json_get_string(lldp, "switch_chassis_id"));
                table_add(table, STYLE_NONE, json_get_string(lldp, "switch_port_id"));
                table_add(table, STYLE_NONE, json_get_string(lldp, "switch_port_description"));
                add_number(table, lldp, "switch_port_untagged_vlan_id");
                table_add(table, STYLE_NONE, vlans);
                add_number(table, lldp, "switch_port_mtu");
                if (json_get_bool(lldp, "switch_port_link_aggregation_enabled", false))
                        add_number(table, lldp, "switch_port_link_aggregation_id");
                else
                        table_add(table, STYLE_NONE, NULL);
                table_add(table, STYLE_NONE, json_get_string(lldp, "switch_port_mau_type"));
                table_add(table, STYLE_NONE, managed);
        }
        if (table_rows(table) == 0)
                return 0;
        field_heading(out, look, "LLDP");
        return table_print(table, look, 2, out);
}

/* What hooks and rules found out, by the names that they gave. */
static void show_found(const json_t *found, const struct look *look, FILE *out) {
        const char *key;
        json_t *value;
        bool begun = false;
        json_object_foreach((json_t *) found, key, value) {
                /* That is what show_lldp tells. */
                if (strcmp(key, "parsed_lldp") == 0)
                        continue;
                if (!begun)
                        field_heading(out, look, "Found");
                begun = true;
                _cleanup_free_ char *safe = text_escape(key), *text = show_value(value);
                field_text(out, look, safe ? safe : "?", STYLE_NONE, text);
        }
}

int show_inventory(const json_t *inventory, const struct look *look, FILE *out) {
        char when[TEXT_NUMBER_SIZE], size[TEXT_NUMBER_SIZE];
        const char *node = json_get_string(inventory, "node"), *name = json_get_string(inventory, "name");
        if (name && node)
                field_format(out, look, "Node", STYLE_TITLE, "%s (%s)", name, node);
        else
                field_text(out, look, "Node", STYLE_TITLE, node);
        field_format(out, look, "Inventory", STYLE_NONE, "%" PRId64 ", received %s", json_get_int(inventory, "number", 0),
                     text_time((uint64_t) json_get_int(inventory, "received", 0), when));
        show_system(inventory, look, out);
        field_text(out, look, "CPU", STYLE_NONE, json_get_string(inventory, "cpuModel"));
        show_number(inventory, "cpus", "CPUs", look, out);
        show_number(inventory, "cpuSockets", "Sockets", look, out);
        show_number(inventory, "numaNodes", "NUMA nodes", look, out);
        int64_t memory = json_get_int(inventory, "memory", -1);
        field_text(out, look, "Memory", STYLE_NONE, memory >= 0 ? text_size((uint64_t) memory, size) : NULL);
        show_number(inventory, "pciDevices", "PCI devices", look, out);
        show_number(inventory, "usbDevices", "USB devices", look, out);
        show_outcome(inventory, look, out);

        int r = show_disks(json_get_array(inventory, "disks"), look, out);
        if (r == 0)
                r = show_interfaces(json_get_array(inventory, "interfaces"), look, out);
        if (r == 0)
                r = show_lldp(json_get_array(inventory, "interfaces"), look, out);
        show_found(json_get_object(inventory, "pluginData"), look, out);
        return r;
}
