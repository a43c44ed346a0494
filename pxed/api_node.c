/* org.pxed.Node: nodes as they are told, found, and what changes them but for booting. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"
#include "pxed/api.h"
#include "pxed/identity.h"
#include "pxed/node_document.h"
#include "pxed/node_values.h"

#define INTERFACE "org.pxed.Node"

json_t *api_decision_to_json(const struct decision *d) {
        json_t *reasons = json_array();
        for (size_t i = 0; i < d->n_reasons; i++)
                json_array_append_new(reasons, json_text(d->reasons[i]));
        return json_pack("{s:o, s:o}", "profile", json_text(d->profile), "reasons", reasons);
}

static json_t *parse_or(const char *text, json_t *empty) {
        json_t *json = text ? json_loads(text, 0, NULL) : NULL;
        if (!json)
                return empty;
        json_decref(empty);
        return json;
}

static json_t *assignment_to_json(const struct assignment *a) {
        if (!a)
                return json_null();
        return json_pack("{s:s, s:o, s:b, s:I, s:I}", "profile", a->profile, "parameters", parse_or(a->parameters, json_object()),
                         "once", (int) a->once, "revision", (json_int_t) a->revision, "assigned", (json_int_t) a->assigned);
}

static json_t *inspection_to_json(const struct inspection *i, const struct inspection_timeouts *timeouts) {
        uint64_t deadline = inspection_deadline(i, timeouts);
        return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "state", inspection_state_names[i->state], "started",
                         json_int_or_null(i->started != 0, (int64_t) i->started), "finished",
                         json_int_or_null(i->finished != 0, (int64_t) i->finished), "error", json_text(i->error), "hook", json_text(i->hook),
                         "deadline", json_int_or_null(deadline != 0, (int64_t) deadline));
}

json_t *api_node_to_json(const struct state *s, const struct node *n) {
        char id[UUID_TEXT_SIZE];
        struct decision decision;
        json_t *ports = json_array(), *node = node_document(n);

        for (size_t i = 0; i < n->n_ports; i++)
                json_array_append_new(ports, api_port_to_json(s, n, &n->ports[i]));
        state_decide(s, n, NULL, NULL, &decision);
        json_t *agent = json_object_get(json_object_get(s->agents, uuid_format(&n->id, id)), "agent");
        _cleanup_json_ json_t *more = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:O?}",
                                                "revision", (json_int_t) n->revision,
                                                "created", (json_int_t) n->created,
                                                "ports", ports,
                                                "assignment", assignment_to_json(n->assignment),
                                                "decision", api_decision_to_json(&decision),
                                                "inspection", inspection_to_json(&n->inspection, &s->settings->timeouts),
                                                "lastBoot", json_int_or_null(n->last_boot != 0, (int64_t) n->last_boot),
                                                "agent", agent);
        json_object_update(node, more);
        return node;
}

int api_reply_node(struct manager *m, struct varlink_call *call, const struct uuid *id) {
        char text[UUID_TEXT_SIZE];
        const struct node *node = registry_by_id(&m->state->nodes, id);
        if (!node)
                return api_not_found(call, INTERFACE, "node", uuid_format(id, text));
        return varlink_reply(call, json_pack("{s:o}", "node", api_node_to_json(m->state, node)));
}

/*
 * What nodes take in a reply, about: clients bound its bytes, its values and, lower, its objects and lists (lib/json.h). So each byte of a text counts, a value
 * as 16 of them, an object or a list as 64. A full page and the largest node together stay below all three.
 */
#define PAGE_WEIGHT ((size_t) 2 << 20)

/* Recurses as deep as a node may be. */
static size_t weigh(const json_t *value) {
        size_t i, weight = json_is_object(value) || json_is_array(value) ? 64 : 16 + json_string_length(value);
        const char *key;
        json_t *member;

        json_object_foreach((json_t *) value, key, member)
                weight += strlen(key) + weigh(member);
        json_array_foreach((json_t *) value, i, member)
                weight += weigh(member);
        return weight;
}

int api_node_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        int64_t limit;
        size_t count, weight = 0;
        if (!api_bounded(call, INTERFACE, in, "limit", 1, 500, 200, &limit))
                return 0;
        struct node *const *nodes = registry_sorted(&m->state->nodes, &count);
        size_t at = registry_sorted_after(nodes, count, json_get_string(in, "after"));
        json_t *list = json_array();
        for (; at < count && json_array_size(list) < (size_t) limit && weight < PAGE_WEIGHT; at++) {
                json_t *node = api_node_to_json(m->state, nodes[at]);
                weight += weigh(node);
                json_array_append_new(list, node);
        }
        return varlink_reply(call, json_pack("{s:o, s:o}", "nodes", list, "next",
                                             json_text(at < count && at > 0 ? nodes[at - 1]->name : NULL)));
}

int api_node_get(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *reference = json_get_string(in, "node");
        const struct node *node = registry_find(&m->state->nodes, reference);
        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        return api_reply_node(m, call, &node->id);
}

int api_node_get_agent(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *reference = json_get_string(in, "node");
        const struct node *node = registry_find(&m->state->nodes, reference);
        char id[UUID_TEXT_SIZE];
        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        json_t *known = json_object_get(m->state->agents, uuid_format(&node->id, id));
        return known ? varlink_reply(call, json_deep_copy(known)) : api_not_found(call, INTERFACE, "agent", reference);
}

int api_node_explain(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *mac_text = json_get_string(in, "mac"), *uuid_text = json_get_string(in, "uuid");
        const char *network = json_get_string(in, "network");
        const struct node *node = NULL;
        struct decision decision;
        struct mac mac;
        struct uuid uuid;
        char id[UUID_TEXT_SIZE];

        if (mac_text && mac_parse(mac_text, &mac) < 0)
                return api_refuse(call, INTERFACE, "mac", "\"%.64s\" is no MAC address", mac_text);
        if (uuid_text && uuid_parse(uuid_text, &uuid) < 0)
                return api_refuse(call, INTERFACE, "uuid", "\"%.64s\" is no UUID", uuid_text);
        if (!mac_text && !uuid_text)
                return api_refuse(call, INTERFACE, "mac", "give a MAC, a UUID, or both");
        if (network && !settings_network(m->state->settings, network))
                return api_not_found(call, INTERFACE, "network", network);
        if (mac_text)
                node = registry_by_mac(&m->state->nodes, &mac);
        if (!node && uuid_text)
                node = registry_by_uuid(&m->state->nodes, &uuid);
        const struct sighting *seen = !network && !node && mac_text ? sightings_last(&m->state->sightings, &mac) : NULL;
        state_decide(m->state, node, mac_text ? &mac : NULL, seen ? seen->network : network, &decision);
        return varlink_reply(call, json_pack("{s:o, s:o}", "node", json_text(node ? uuid_format(&node->id, id) : NULL), "decision",
                                             api_decision_to_json(&decision)));
}

/* Whether what may be set by a call is fine; false: the call has been answered. */
static bool check_values(struct varlink_call *call, const json_t *in) {
        char reason[NODE_REASON_SIZE];
        for (size_t i = 0; i < NODE_VALUES_CALLED; i++)
                if (!node_value_check(node_values[i].member, json_object_get(in, node_values[i].member), reason)) {
                        api_refuse(call, INTERFACE, node_values[i].member, "%s", reason);
                        return false;
                }
        return true;
}

/* What is null stays as it is. */
static int set_values(struct node *node, const json_t *in) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < NODE_VALUES_CALLED; i++) {
                const json_t *value = json_object_get(in, node_values[i].member);
                if (value && !json_is_null(value))
                        r = node_value_set(node, &node_values[i], value);
        }
        return r;
}

static bool check_name(struct varlink_call *call, const struct state *s, const char *name, const struct node *self) {
        char id[UUID_TEXT_SIZE], reason[NODE_REASON_SIZE];
        const struct node *owner;
        if (node_name_check(&s->nodes, name, self, &owner, reason))
                return true;
        if (owner)
                varlink_error(call, INTERFACE ".Exists", json_pack("{s:s, s:s}", "field", "name", "node", uuid_format(&owner->id, id)));
        else
                api_refuse(call, INTERFACE, "name", "%s", reason);
        return false;
}

/* Fills in the MACs that are asked for; false: the call has been answered. */
static bool add_macs(struct varlink_call *call, const struct state *s, struct node *node, const json_t *macs) {
        char id[UUID_TEXT_SIZE];
        json_t *text;
        size_t i;
        struct mac mac;
        struct port *port;

        json_array_foreach(macs, i, text) {
                if (mac_parse(json_string_value(text), &mac) < 0 || !mac_is_unicast(&mac)) {
                        api_refuse(call, INTERFACE, "macs", "\"%.64s\" is no MAC address of one interface", json_string_value(text));
                        return false;
                }
                const struct node *owner = registry_by_mac(&s->nodes, &mac);
                if (owner) {
                        varlink_error(call, INTERFACE ".Exists",
                                      json_pack("{s:s, s:s}", "field", "mac", "node", uuid_format(&owner->id, id)));
                        return false;
                }
                if (node_add_port(node, &mac, &port) < 0) {
                        api_refuse(call, INTERFACE, "macs", "more than %d", PORTS_MAX);
                        return false;
                }
                port->boots = port->boots || i == 0;
        }
        return true;
}

static bool add_uuid(struct varlink_call *call, const struct state *s, struct node *node, const char *text) {
        char id[UUID_TEXT_SIZE];
        struct node *owner = NULL;
        if (!text)
                return true;
        if (uuid_parse(text, &node->uuid) < 0 || junk_has_uuid(&s->settings->junk, &node->uuid)) {
                api_refuse(call, INTERFACE, "uuid", "\"%.64s\" is no UUID that identifies a machine", text);
                return false;
        }
        node->has_uuid = true;
        if (registry_uuid_nodes(&s->nodes, &node->uuid, &owner, 1) == 0)
                return true;
        varlink_error(call, INTERFACE ".Exists", json_pack("{s:s, s:s}", "field", "uuid", "node", uuid_format(&owner->id, id)));
        return false;
}

static int default_name(const struct state *s, struct node *node) {
        char name[NODE_NAME_SIZE], id[UUID_TEXT_SIZE];
        if (node->n_ports > 0)
                identity_name(&s->nodes, &node->ports[0].mac, name);
        else
                snprintf(name, sizeof name, "node-%.8s", uuid_format(&node->id, id));
        return text_set(&node->name, name);
}

/* Commits the change of a node and answers with it. */
static int finish(struct manager *m, struct varlink_call *call, struct change *change, int r, const struct uuid *id) {
        if (r == 0)
                r = change_commit(change);
        return r < 0 ? api_failed(call, INTERFACE, m->state, r) : api_reply_node(m, call, id);
}

int api_node_create(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct state *s = m->state;
        const char *name = json_get_string(in, "name"), *uuid = json_get_string(in, "uuid");
        const json_t *macs = json_get_array(in, "macs");
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_(node_freep) struct node *node = calloc(1, sizeof *node);

        if (!node)
                return -ENOMEM;
        if (json_array_size(macs) == 0 && !uuid)
                return api_refuse(call, INTERFACE, "macs", "give at least one MAC or a UUID");
        if (s->nodes.count >= s->settings->nodes_max)
                return api_refuse(call, INTERFACE, "macs", "there are %zu nodes already: see nodes-max of the configuration",
                                  s->nodes.count);
        if (!check_values(call, in) || (name && !check_name(call, s, name, NULL)) ||
            !add_macs(call, s, node, macs) || !add_uuid(call, s, node, uuid))
                return 0;
        uuid_random(&node->id);
        node->created = realtime_us();
        int r = name ? text_set(&node->name, name) : default_name(s, node);
        if (r == 0)
                r = set_values(node, in);
        if (r == 0)
                r = change_begin(s, node->created, &change);
        if (r < 0)
                return r;
        struct uuid id = node->id;
        r = change_event(change, "node.created", node, NULL, NULL, NULL, "%s was created", node->name);
        if (r == 0)
                r = change_put_node(change, TAKE_POINTER(node), true);
        return finish(m, call, change, r, &id);
}

int api_node_update(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *reference = json_get_string(in, "node"), *name = json_get_string(in, "name");
        struct node *node = registry_find(&m->state->nodes, reference);
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(change_freep) struct change *change = NULL;

        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        if (if_revision >= 0 && (uint64_t) if_revision != node->revision)
                return api_conflict(call, INTERFACE, node->revision);
        if (!check_values(call, in) || (name && !check_name(call, m->state, name, node)))
                return 0;
        _cleanup_(node_freep) struct node *copy = node_copy(node);
        int r = copy ? change_begin(m->state, realtime_us(), &change) : -ENOMEM;
        if (r == 0 && name)
                r = text_set(&copy->name, name);
        if (r == 0)
                r = set_values(copy, in);
        if (r < 0)
                return r;
        struct uuid id = node->id;
        r = name && strcmp(name, node->name) != 0
                    ? change_event(change, "node.updated", copy, NULL, NULL, NULL, "%s is now called %s", node->name, name)
                    : change_event(change, "node.updated", copy, NULL, NULL, NULL, "%s was updated", copy->name);
        if (r == 0)
                r = change_put_node(change, TAKE_POINTER(copy), true);
        return finish(m, call, change, r, &id);
}

int api_node_delete(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *reference = json_get_string(in, "node");
        struct node *node = registry_find(&m->state->nodes, reference);
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(change_freep) struct change *change = NULL;

        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        if (if_revision >= 0 && (uint64_t) if_revision != node->revision)
                return api_conflict(call, INTERFACE, node->revision);
        int r = change_begin(m->state, realtime_us(), &change);
        if (r == 0)
                r = change_event(change, "node.deleted", node, NULL, NULL, NULL, "%s was deleted", node->name);
        if (r == 0)
                r = change_remove_node(change, node);
        if (r == 0)
                r = change_commit(change);
        if (r < 0)
                return api_failed(call, INTERFACE, m->state, r);
        return varlink_reply(call, json_pack("{s:I}", "revision", (json_int_t) m->state->revision));
}
