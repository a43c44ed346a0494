/* org.pxed.Node: ports, what the controller knows of them, and which of them may be attached to a network. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"
#include "pxed/api.h"
#include "pxed/node_document.h"
#include "pxed/port_review.h"
#include "pxed/select_port.h"
#include "pxed/shared.h"

#define INTERFACE "org.pxed.Node"
#define TEXT_MAX 255
#define TOLD_SIZE 400
#define REQUESTED_MAX 256

static json_t *conflicts_to_json(const struct port_place *place) {
        json_t *list = json_array();
        for (size_t i = 0; i < place->n_conflicts; i++)
                json_array_append_new(list, json_text(place->conflicts[i]));
        return list;
}

json_t *api_port_to_json(const struct state *s, const struct node *node, const struct port *p) {
        json_t *port = node_document_port(p);
        struct port_place place;

        port_locate(s->settings, &s->sightings, &s->nodes, node, p, realtime_us(), &place);
        _cleanup_json_ json_t *known = json_pack(
                "{s:o, s:o, s:o, s:o}", "network", json_text(place.network), "physicalNetwork", json_text(place.physical_network),
                "physicalNetworkSource", json_text(place.physical_network ? physical_source_names[place.source] : NULL), "conflicts",
                conflicts_to_json(&place));
        json_object_update(port, known);
        return port;
}

/* True: fine, or not given; false: the call has been answered. */
static bool check_text(struct varlink_call *call, const json_t *in, const char *field) {
        const char *text = json_get_string(in, field);
        for (const char *at = text; at && *at; at++)
                if ((unsigned char) *at < ' ' || *at == 0x7f) {
                        api_refuse(call, INTERFACE, field, "it has a control character");
                        return false;
                }
        if (!text || strlen(text) <= TEXT_MAX)
                return true;
        api_refuse(call, INTERFACE, field, "at most %d bytes", TEXT_MAX);
        return false;
}

static bool check_physical_network(struct varlink_call *call, const char *field, const char *name) {
        if (name_is_valid(name))
                return true;
        api_refuse(call, INTERFACE, field, "\"%.64s\" is no physical network: at most 63 letters, digits, '.', '_', '-'", name);
        return false;
}

static bool check_set_port(struct varlink_call *call, const json_t *in) {
        static const char *const texts[] = { "expectedChassis", "expectedPort", "portGroup", "attachment" };
        const char *physical_network = json_get_string(in, "physicalNetwork");
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (!check_text(call, in, texts[i]))
                        return false;
        return !physical_network || !*physical_network || check_physical_network(call, "physicalNetwork", physical_network);
}

/* What is not given stays; an empty text takes it away. `told` says what was set, as ", attachment port-7, no group". */
static int set_texts(struct port *port, const json_t *in, char told[static TOLD_SIZE]) {
        const struct {
                const char *field, *name;
                const char **text;
        } fields[] = {
                { "physicalNetwork", "physical network", &port->physical_network },
                { "expectedChassis", "expected switch", &port->expected_chassis },
                { "expectedPort", "expected port", &port->expected_port },
                { "portGroup", "group", &port->group },
                { "attachment", "attachment", &port->attachment },
        };
        size_t size = 0;
        *told = '\0';
        for (size_t i = 0; i < ELEMENTS(fields); i++) {
                const char *value = json_get_string(in, fields[i].field);
                if (!value)
                        continue;
                if (shared_set(fields[i].text, *value ? value : NULL, TEXT_MAX) < 0)
                        return -ENOMEM;
                size += (size_t) snprintf(told + size, TOLD_SIZE - size, ", %s%s%s%.40s", *value ? "" : "no ", fields[i].name,
                                          *value ? " " : "", value);
        }
        if (json_is_boolean(json_object_get(in, "boots"))) {
                port->boots = json_get_bool(in, "boots", false);
                snprintf(told + size, TOLD_SIZE - size, ", the machine %s by it", port->boots ? "boots" : "does not boot");
        }
        return 0;
}

static int put_port(struct state *s, struct change *change, struct node *copy, const struct mac *mac, const char *told) {
        char text[MAC_TEXT_SIZE];
        struct uuid id = copy->id;
        int r = change_event(change, "node.updated", copy, mac, NULL, NULL, "%s: port %s was set%s%s", copy->name, mac_format(mac, text),
                             *told ? ": " : "", *told ? told + 2 : "");
        if (r < 0) {
                node_free(copy);
                return r;
        }
        r = change_put_node(change, copy, true);
        return r < 0 ? r : port_review(s, change, registry_by_id(&s->nodes, &id), mac);
}

int api_node_set_port(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *reference = json_get_string(in, "node"), *mac_text = json_get_string(in, "mac");
        const struct node *node = registry_find(&m->state->nodes, reference);
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(change_freep) struct change *change = NULL;
        char told[TOLD_SIZE];
        struct mac mac;

        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        if (mac_parse(mac_text, &mac) < 0)
                return api_refuse(call, INTERFACE, "mac", "\"%.64s\" is no MAC address", mac_text);
        if (!node_port(node, &mac))
                return api_not_found(call, INTERFACE, "port", mac_text);
        if (if_revision >= 0 && (uint64_t) if_revision != node->revision)
                return api_conflict(call, INTERFACE, node->revision);
        if (!check_set_port(call, in))
                return 0;
        _cleanup_(node_freep) struct node *copy = node_copy(node);
        struct port *port = copy ? node_port(copy, &mac) : NULL;
        int r = port ? set_texts(port, in, told) : -ENOMEM;
        if (r == 0)
                r = change_begin(m->state, realtime_us(), &change);
        if (r < 0)
                return r;
        struct uuid id = node->id;
        r = put_port(m->state, change, TAKE_POINTER(copy), &mac, told);
        if (r == 0)
                r = change_commit(change);
        return r < 0 ? api_failed(call, INTERFACE, m->state, r) : api_reply_node(m, call, &id);
}

/* Room for a request. */
struct request {
        const char *names[REQUESTED_MAX];
        struct segment segments[REQUESTED_MAX];
        struct select_request select;
};

/* Texts stay those of `in`; false: the call has been answered. */
static bool read_request(struct varlink_call *call, const json_t *in, struct request *ret) {
        const json_t *names = json_get_array(in, "physicalNetworks"), *segments = json_get_array(in, "segments");
        json_t *value;
        size_t i;

        if (json_array_size(names) > REQUESTED_MAX || json_array_size(segments) > REQUESTED_MAX) {
                api_refuse(call, INTERFACE, json_array_size(names) > REQUESTED_MAX ? "physicalNetworks" : "segments", "more than %d",
                           REQUESTED_MAX);
                return false;
        }
        json_array_foreach(names, i, value) {
                ret->names[i] = json_string_value(value);
                if (!check_physical_network(call, "physicalNetworks", ret->names[i]))
                        return false;
        }
        json_array_foreach(segments, i, value) {
                int64_t vlan = json_get_int(value, "vlan", 0);
                const char *name = json_get_string(value, "physicalNetwork");
                if (!check_physical_network(call, "segments", name))
                        return false;
                if (vlan < 0 || vlan > 4094 || (vlan == 0 && json_is_integer(json_object_get(value, "vlan")))) {
                        api_refuse(call, INTERFACE, "segments", "%lld is no VLAN id: 1 to 4094, or null for untagged", (long long) vlan);
                        return false;
                }
                ret->segments[i] = (struct segment) { name, (int) vlan };
        }
        ret->select = (struct select_request) { ret->names, json_array_size(names), ret->segments, json_array_size(segments),
                                                json_get_bool(in, "allowUnknown", false) };
        return true;
}

static json_t *selection_to_json(const struct selection *s) {
        json_t *macs = json_array(), *reasons = json_array();
        char mac[MAC_TEXT_SIZE];
        for (size_t i = 0; i < s->n_members; i++)
                json_array_append_new(macs, json_string(mac_format(&s->members[i]->mac, mac)));
        if (!s->candidate) {
                json_decref(reasons);
                return json_pack("{s:o, s:o, s:o}", "macs", macs, "portGroup", json_text(s->group), "reason", json_text(s->reasons[0]));
        }
        for (size_t i = 0; i < s->n_reasons; i++)
                json_array_append_new(reasons, json_text(s->reasons[i]));
        return json_pack("{s:o, s:o, s:o, s:o}", "macs", macs, "portGroup", json_text(s->group), "physicalNetwork",
                         json_text(s->physical_network), "reasons", reasons);
}

int api_node_select_port(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct state *s = m->state;
        const char *reference = json_get_string(in, "node");
        const struct node *node = registry_find(&s->nodes, reference);
        struct request request;

        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        if (!read_request(call, in, &request))
                return 0;
        _cleanup_free_ struct port_place *places = calloc(node->n_ports + 1, sizeof *places);
        _cleanup_free_ struct selection *selections = calloc(node->n_ports + 1, sizeof *selections);
        if (!places || !selections)
                return -ENOMEM;
        for (size_t i = 0; i < node->n_ports; i++)
                port_locate(s->settings, &s->sightings, &s->nodes, node, &node->ports[i], realtime_us(), &places[i]);
        size_t count = select_ports(node, places, &request.select, selections);
        json_t *candidates = json_array(), *refused = json_array();
        for (size_t i = 0; i < count; i++)
                json_array_append_new(selections[i].candidate ? candidates : refused, selection_to_json(&selections[i]));
        return varlink_reply(call, json_pack("{s:o, s:o}", "candidates", candidates, "refused", refused));
}
