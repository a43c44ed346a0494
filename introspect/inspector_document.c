#include "introspect/inspector_document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "introspect/inspector_target.h"
#include "lib/text.h"

#define TIME_SIZE 32

int inspector_state(const json_t *node) {
        const char *name = json_get_string(json_get_object(node, "inspection"), "state");
        int state = name_to_enum(inspector_state_names, INSPECTOR_STATES, name ?: "none");

        return state < 0 ? -ENOENT : state;
}

bool inspector_has_ended(const json_t *node) {
        int state = inspector_state(node);

        return state < 0 || strcmp(inspector_state_names[state], "finished") == 0 || strcmp(inspector_state_names[state], "error") == 0;
}

/* "2026-01-31T12:34:56": UTC without saying so, as Python's isoformat has it. Microseconds of realtime; null where there are none. */
static json_t *time_or_null(const json_t *object, const char *key) {
        int64_t usec = json_get_int(object, key, 0);
        time_t seconds = (time_t) (usec / (int64_t) USEC_PER_SEC);
        char text[TIME_SIZE];
        struct tm tm;

        if (usec <= 0 || !gmtime_r(&seconds, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
                return json_null();
        return json_string(text);
}

static json_t *links(const char *host, const char *path, const char *id) {
        return json_pack("[{s:s, s:o}]", "rel", "self", "href", json_sprintf("http://%s%s%s", host, path, id));
}

json_t *inspector_status(const json_t *node, const char *host) {
        const json_t *inspection = json_get_object(node, "inspection");
        const char *id = json_get_string(node, "id") ?: "";
        bool ended = inspector_has_ended(node);

        return json_pack("{s:s, s:b, s:s, s:o, s:o, s:s?, s:o}", "uuid", id, "finished", (int) ended, "state",
                         json_get_string(inspection, "state") ?: "", "started_at", time_or_null(inspection, "started"), "finished_at",
                         ended ? time_or_null(inspection, "finished") : json_null(), "error", json_get_string(inspection, "error"), "links",
                         links(host, "/v1/introspection/", id));
}

/* IPv4 goes first. */
static const char *first_address(const json_t *interface) {
        const json_t *addresses = json_get_array(interface, "addresses"), *address;
        const char *first = NULL;
        size_t i;

        json_array_foreach(addresses, i, address) {
                const char *text = json_string_value(address);
                if (text && !strchr(text, ':'))
                        return text;
                first = first ?: text;
        }
        return first;
}

/* The member of a list whose `key` is `value`, borrowed. */
static json_t *find_by(const json_t *list, const char *key, const char *value) {
        const json_t *member;
        size_t i;

        json_array_foreach(list, i, member) {
                const char *text = json_get_string(member, key);
                if (text && value && strcasecmp(text, value) == 0)
                        return (json_t *) member;
        }
        return NULL;
}

/* What inspector's and Ironic's hooks keep of an interface, both: they differ in names, and Ironic's has all that was posted. */
static json_t *interface_of(const json_t *interface, const json_t *posted) {
        const char *ip = first_address(interface), *mac = json_get_string(interface, "mac");
        bool boots = json_get_bool(interface, "boots", false);
        json_t *all = json_is_object(posted) ? json_copy((json_t *) posted) : json_object();
        _cleanup_json_ json_t *found = json_pack("{s:s?, s:s?, s:s?, s:b, s:b}", "ip", ip, "mac", mac, "client_id", json_get_string(interface, "clientId"),
                                                 "pxe", (int) boots, "pxe_enabled", (int) boots);

        json_object_update(all, found);
        if (json_get_object(interface, "lldp"))
                json_object_set(all, "lldp_processed", json_get_object(interface, "lldp"));
        return all;
}

/* all_interfaces; and those that are ports of the node, under `valid`, with their MACs. */
static void set_interfaces(json_t *data, const char *valid, const json_t *node, const json_t *inventory, const json_t *posted) {
        json_t *all = json_object(), *ports = json_object(), *macs = json_array();
        const json_t *interfaces = json_get_array(inventory, "interfaces"), *interface;
        size_t i;

        json_array_foreach(interfaces, i, interface) {
                const char *name = json_get_string(interface, "name") ?: "", *mac = json_get_string(interface, "mac");
                json_object_set_new(all, name, interface_of(interface, find_by(json_get_array(posted, "interfaces"), "name", name)));
                if (!find_by(json_get_array(node, "ports"), "mac", mac))
                        continue;
                json_object_set(ports, name, json_object_get(all, name));
                json_array_append_new(macs, json_string(mac));
        }
        json_object_set_new(data, "all_interfaces", all);
        json_object_set_new(data, valid, ports);
        json_object_set_new(data, "macs", macs);
}

static void set_root_disk(json_t *data, const json_t *node, const json_t *posted) {
        const char *name = json_get_string(json_get_object(node, "rootDevice"), "name");
        json_t *disk = find_by(json_get_array(posted, "disks"), "name", name);

        if (disk)
                json_object_set(data, "root_disk", disk);
}

/* What a hook of inspector's writes where the value is known. */
static void set_known(json_t *data, const char *key, json_t *value) {
        if (json_is_null(value))
                json_decref(value);
        else
                json_object_set_new(data, key, value);
}

static void set_properties(json_t *data, const json_t *node, const json_t *inventory) {
        int64_t cpus = json_get_int(inventory, "cpus", 0), memory = json_get_int(inventory, "memory", 0);
        json_t *local = json_object_get(json_get_object(node, "properties"), "local_gb");

        set_known(data, "cpus", json_int_or_null(cpus > 0, cpus));
        set_known(data, "memory_mb", json_int_or_null(memory > 0, memory >> 20));
        set_known(data, "cpu_arch", json_text(json_get_string(inventory, "architecture")));
        set_known(data, "local_gb", json_is_string(local) ? json_integer(atoll(json_string_value(local))) : local ? json_incref(local) : json_null());
        set_known(data, "ipmi_address", json_text(json_get_string(inventory, "bmcAddress")));
        set_known(data, "ipmi_v6address", json_text(json_get_string(inventory, "bmcAddress6")));
}

/* What both have. `valid`: the name of the interfaces that became ports. */
static void add_findings(json_t *data, const char *valid, const json_t *node, const json_t *inventory, const json_t *posted) {
        json_object_del(data, "logs");
        set_interfaces(data, valid, node, inventory, posted);
        set_root_disk(data, node, posted);
        if (!json_object_get(data, "error"))
                json_object_set_new(data, "error", json_null());
        /* What was posted stays: of pci_devices, for instance, plugin data has the counts. */
        if (json_get_object(inventory, "pluginData"))
                json_object_update_missing(data, json_get_object(inventory, "pluginData"));
}

json_t *inspector_data(const json_t *node, const json_t *inventory, json_t *raw) {
        set_properties(raw, node, inventory);
        add_findings(raw, "interfaces", node, inventory, json_get_object(raw, "inventory"));
        return json_incref(raw);
}

json_t *inspector_inventory(const json_t *node, const json_t *inventory, json_t *raw) {
        json_t *posted = json_get_object(raw, "inventory") ? json_incref(json_get_object(raw, "inventory")) : json_object();

        json_object_del(raw, "inventory");
        add_findings(raw, "valid_interfaces", node, inventory, posted);
        return json_pack("{s:o, s:O}", "inventory", posted, "plugin_data", raw);
}

json_t *inspector_versions(const char *host) {
        return json_pack("{s:[{s:s, s:s, s:o}]}", "versions", "status", "CURRENT", "id", INSPECTOR_VERSION, "links", links(host, "/v1", ""));
}

json_t *inspector_resources(const char *host) {
        return json_pack("{s:[{s:s, s:o}]}", "resources", "name", "introspection", "links", links(host, "/v1/introspection", ""));
}
