#include "pxed/node_document.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/idl.h"
#include "lib/json.h"
#include "lib/text.h"
#include "pxed/node_values.h"
#include "pxed/shared.h"

#define VLAN_MAX 4094

/* A member of the document that is a text of the port. */
static const struct {
        const char *member;
        size_t offset;
} port_texts[] = {
        { "interface", offsetof(struct port, interface) },
        { "switchChassis", offsetof(struct port, switch_chassis) },
        { "switchPort", offsetof(struct port, switch_port) },
        { "switchName", offsetof(struct port, switch_name) },
        { "physicalNetwork", offsetof(struct port, physical_network) },
        { "expectedChassis", offsetof(struct port, expected_chassis) },
        { "expectedPort", offsetof(struct port, expected_port) },
        { "portGroup", offsetof(struct port, group) },
        { "attachment", offsetof(struct port, attachment) },
};

#define TEXT_AT(object, offset) ((const char **) ((char *) (object) + (offset)))

static json_t *vlans_to_json(const char *vlans) {
        json_t *list = vlans ? json_array() : json_null();
        for (const char *at = vlans; at && *at; at += strspn(at, " ")) {
                json_array_append_new(list, json_integer(strtol(at, NULL, 10)));
                at += strcspn(at, " ");
        }
        return list;
}

static json_t *addresses_to_json(const struct port *port) {
        struct ip addresses[PORT_ADDRESSES_MAX];
        size_t count = port_addresses(port, addresses);
        json_t *list = count > 0 ? json_array() : json_null();
        char text[IP_TEXT_SIZE];
        for (size_t i = 0; i < count; i++)
                json_array_append_new(list, json_string(ip_format(&addresses[i], text)));
        return list;
}

json_t *node_document_port(const struct port *port) {
        char mac[MAC_TEXT_SIZE];
        json_t *document = json_pack("{s:s, s:b, s:o, s:o, s:o}", "mac", mac_format(&port->mac, mac), "boots", (int) port->boots, "switchVlan",
                                     json_int_or_null(port->switch_vlan > 0, port->switch_vlan), "switchVlans",
                                     vlans_to_json(port->switch_vlans), "addresses", addresses_to_json(port));
        for (size_t i = 0; i < ELEMENTS(port_texts); i++)
                json_object_set_new(document, port_texts[i].member, json_text(*TEXT_AT(port, port_texts[i].offset)));
        return document;
}

json_t *node_document(const struct node *n) {
        char id[UUID_TEXT_SIZE], uuid[UUID_TEXT_SIZE];
        json_t *ports = json_array();

        for (size_t i = 0; i < n->n_ports; i++)
                json_array_append_new(ports, node_document_port(&n->ports[i]));
        json_t *document = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                                     "id", uuid_format(&n->id, id),
                                     "name", n->name,
                                     "uuid", json_text(n->has_uuid ? uuid_format(&n->uuid, uuid) : NULL),
                                     "serial", json_text(n->serial),
                                     "manufacturer", json_text(n->manufacturer),
                                     "product", json_text(n->product),
                                     "architecture", json_text(n->architecture),
                                     "bootMode", n->boot_mode == BOOT_MODE_UNKNOWN ? json_null()
                                                                                   : json_string(boot_mode_names[n->boot_mode]),
                                     "cpus", json_int_or_null(n->cpus > 0, n->cpus),
                                     "memory", json_int_or_null(n->memory > 0, n->memory),
                                     "bmcAddress", json_text(n->bmc_address),
                                     "ports", ports);
        for (const struct node_value *value = node_values; value->member; value++)
                json_object_set_new(document, value->member, node_value_get(n, value));
        return document;
}

struct apply {
        const struct registry *nodes;
        struct node *node;
        char *reason;
        size_t reason_size;
        struct document_conflict *conflicts;
        size_t max, n_conflicts;
};

#define REFUSE(apply, ...) (snprintf((apply)->reason, (apply)->reason_size, __VA_ARGS__), -EINVAL)

/* Its members are of their types in org.pxed.Node, less those that a document does not have. */
static int check_types(struct apply *a, const json_t *document) {
        const struct idl *idl = idl_find("org.pxed.Node");
        const struct idl_method *get = idl ? idl_method(idl, "Get") : NULL;
        _cleanup_json_ json_t *whole = json_copy((json_t *) document);
        _cleanup_json_ json_t *rest = json_pack("{s:i, s:i, s:{s:[]}, s:{s:s}}", "revision", 0, "created", 0, "decision", "reasons",
                                                "inspection", "state", "none");
        _cleanup_json_ json_t *reply = json_object();
        char path[128] = "";

        if (!get || !whole || !rest || !reply || json_object_update(whole, rest) < 0 || json_object_set(reply, "node", whole) < 0)
                return -ENOMEM;
        if (idl_check(idl, get->out, reply, path, sizeof path) == 0)
                return 0;
        return REFUSE(a, "%s is not as org.pxed.Node says", path);
}

static int check_bounds(struct apply *a, const json_t *document) {
        char why[NODE_REASON_SIZE] = "";
        const char *member;
        json_t *value;

        json_object_foreach((json_t *) document, member, value)
                if (!node_value_check(member, value, why))
                        return REFUSE(a, "%s: %s", member, why);
        return 0;
}

static int apply_name(struct apply *a, const json_t *document) {
        const char *name = json_get_string(document, "name");
        const struct node *owner;
        char id[UUID_TEXT_SIZE], why[NODE_REASON_SIZE];

        if (strcmp(json_get_string(document, "id"), uuid_format(&a->node->id, id)) != 0)
                return REFUSE(a, "id: a node's id never changes");
        if (strcmp(name, a->node->name) == 0)
                return 0;
        if (!node_name_check(a->nodes, name, a->node, &owner, why))
                return REFUSE(a, "name \"%.64s\": %s", name, why);
        return text_set(&a->node->name, name);
}

static int apply_identity(struct apply *a, const json_t *document) {
        const char *text = json_get_string(document, "uuid");
        struct node *node = a->node;
        struct uuid uuid;

        if (text && uuid_parse(text, &uuid) < 0)
                return REFUSE(a, "uuid: \"%.64s\" is no UUID", text);
        node->has_uuid = text && !uuid_is_junk(&uuid);
        node->uuid = node->has_uuid ? uuid : (struct uuid) { 0 };
        if (text_set_max(&node->serial, json_get_string(document, "serial"), NODE_FACT_MAX) < 0 ||
            text_set_max(&node->bmc_address, json_get_string(document, "bmcAddress"), NODE_FACT_MAX) < 0 ||
            shared_set(&node->manufacturer, json_get_string(document, "manufacturer"), NODE_FACT_MAX) < 0 ||
            shared_set(&node->product, json_get_string(document, "product"), NODE_FACT_MAX) < 0 ||
            shared_set(&node->architecture, json_get_string(document, "architecture"), NODE_FACT_MAX) < 0)
                return -ENOMEM;
        int mode = name_to_enum(boot_mode_names, ELEMENTS(boot_mode_names), json_get_string(document, "bootMode"));
        node->boot_mode = mode > 0 ? (enum boot_mode) mode : BOOT_MODE_UNKNOWN;
        return 0;
}

static int apply_numbers(struct apply *a, const json_t *document) {
        int64_t cpus = json_get_int(document, "cpus", 0), memory = json_get_int(document, "memory", 0);
        if (cpus < 0 || memory < 0)
                return REFUSE(a, "%s: less than none", cpus < 0 ? "cpus" : "memory");
        a->node->cpus = cpus;
        a->node->memory = memory;
        return 0;
}

static int apply_values(struct apply *a, const json_t *document) {
        int r = 0;
        for (const struct node_value *value = node_values; r == 0 && value->member; value++)
                r = node_value_set(a->node, value, json_object_get(document, value->member));
        return r;
}

static int compare_vlans(const void *a, const void *b) {
        return *(const int *) a - *(const int *) b;
}

/* The VLANs of the list, ascending, each once, as text. *ret is NULL where there is no list. */
static int vlans_from(const json_t *list, char **ret) {
        int vlans[VLAN_MAX + 1];
        size_t count = 0, i, size;
        json_t *value;

        *ret = NULL;
        json_array_foreach((json_t *) list, i, value)
                if (json_integer_value(value) >= 1 && json_integer_value(value) <= VLAN_MAX && count < ELEMENTS(vlans))
                        vlans[count++] = (int) json_integer_value(value);
        if (count == 0)
                return 0;
        qsort(vlans, count, sizeof vlans[0], compare_vlans);
        FILE *text = open_memstream(ret, &size);
        if (!text)
                return -ENOMEM;
        for (i = 0; i < count; i++)
                if (i == 0 || vlans[i] != vlans[i - 1])
                        fprintf(text, "%s%d", i > 0 ? " " : "", vlans[i]);
        return fclose(text) == 0 ? 0 : -ENOMEM;
}

/* As a port keeps them. What is no address is left out. */
static int set_addresses(struct port *port, const json_t *list) {
        char text[PORT_ADDRESSES_MAX * (IP_TEXT_SIZE + 1)] = "", address[IP_TEXT_SIZE];
        size_t i, size = 0, count = 0;
        json_t *value;
        struct ip ip;

        json_array_foreach((json_t *) list, i, value)
                if (count < PORT_ADDRESSES_MAX && ip_parse(json_string_value(value), &ip) == 0)
                        size += (size_t) snprintf(text + size, sizeof text - size, "%s%s", count++ ? " " : "", ip_format(&ip, address));
        return shared_set(&port->addresses, size > 0 ? text : NULL, SIZE_MAX);
}

static int fill_port(struct port *port, const json_t *document) {
        int64_t vlan = json_get_int(document, "switchVlan", 0);
        _cleanup_free_ char *vlans = NULL;
        int r = vlans_from(json_get_array(document, "switchVlans"), &vlans);

        if (r == 0)
                r = shared_set(&port->switch_vlans, vlans, SIZE_MAX);
        if (r == 0)
                r = set_addresses(port, json_get_array(document, "addresses"));
        for (size_t i = 0; r == 0 && i < ELEMENTS(port_texts); i++)
                r = shared_set(TEXT_AT(port, port_texts[i].offset), json_get_string(document, port_texts[i].member), NODE_FACT_MAX);
        port->boots = json_get_bool(document, "boots", false);
        port->switch_vlan = vlan >= 1 && vlan <= VLAN_MAX ? (int16_t) vlan : 0;
        return r;
}

static int apply_port(struct apply *a, const json_t *document, size_t index) {
        const char *physical_network = json_get_string(document, "physicalNetwork"), *text = json_get_string(document, "mac");
        struct port *port;
        struct mac mac;

        if (mac_parse(text, &mac) < 0 || !mac_is_unicast(&mac))
                return REFUSE(a, "ports[%zu].mac: \"%.64s\" is no MAC address of one interface", index, text);
        if (physical_network && !name_is_valid(physical_network))
                return REFUSE(a, "ports[%zu].physicalNetwork: \"%.64s\" is no name", index, physical_network);
        const struct node *owner = registry_by_mac(a->nodes, &mac);
        if (owner && memcmp(&owner->id, &a->node->id, sizeof owner->id) != 0) {
                if (a->n_conflicts < a->max)
                        a->conflicts[a->n_conflicts++] = (struct document_conflict) { mac, owner };
                return 0;
        }
        int r = node_add_port(a->node, &mac, &port);
        if (r == -ENOSPC)
                return REFUSE(a, "ports: more than %d", PORTS_MAX);
        return r < 0 ? r : fill_port(port, document);
}

static bool has_port(const json_t *ports, const struct mac *mac) {
        struct mac other;
        json_t *port;
        size_t i;

        json_array_foreach((json_t *) ports, i, port)
                if (mac_parse(json_get_string(port, "mac"), &other) == 0 && mac_to_u64(&other) == mac_to_u64(mac))
                        return true;
        return false;
}

static int apply_ports(struct apply *a, const json_t *ports) {
        json_t *port;
        size_t i;
        int r = 0;

        for (i = a->node->n_ports; i > 0; i--)
                if (!has_port(ports, &a->node->ports[i - 1].mac)) {
                        struct mac gone = a->node->ports[i - 1].mac;
                        node_remove_port(a->node, &gone);
                }
        json_array_foreach((json_t *) ports, i, port)
                if ((r = apply_port(a, port, i)) < 0)
                        return r;
        return 0;
}

int node_document_apply(const struct registry *nodes, struct node *node, const json_t *document, struct document_conflict *conflicts,
                        size_t max, size_t *ret_conflicts, char *reason, size_t reason_size) {
        struct apply a = { nodes, node, reason, reason_size, conflicts, max, 0 };
        int r = check_types(&a, document);

        if (r == 0)
                r = check_bounds(&a, document);
        if (r == 0)
                r = apply_name(&a, document);
        if (r == 0)
                r = apply_identity(&a, document);
        if (r == 0)
                r = apply_numbers(&a, document);
        if (r == 0)
                r = apply_values(&a, document);
        if (r == 0)
                r = apply_ports(&a, json_get_array(document, "ports"));
        if (r == 0)
                *ret_conflicts = a.n_conflicts;
        return r;
}
