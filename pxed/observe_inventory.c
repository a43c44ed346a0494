/* Inventories: whose they are, and what the node learns from them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/idl.h"
#include "lib/json.h"
#include "lib/log.h"
#include "pxed/flight.h"
#include "pxed/identity.h"
#include "pxed/inspection.h"
#include "pxed/observe.h"
#include "pxed/port_review.h"

#define CONFLICTS_MAX 16

/* What is stored has to be good for the reply that will tell it. */
static int check_normalized(struct observe *o, const json_t *normalized) {
        const struct idl *idl = idl_find("org.pxed.Inventory");
        const struct idl_method *get = idl ? idl_method(idl, "Get") : NULL;
        char path[96] = "", field[128];
        _cleanup_json_ json_t *whole = json_copy((json_t *) normalized);
        _cleanup_json_ json_t *reply = json_object();

        if (!get || !whole || !reply)
                return -ENOMEM;
        json_object_set_new(whole, "node", json_string(""));
        json_object_set_new(whole, "number", json_integer(1));
        json_object_set_new(whole, "received", json_integer(1));
        json_object_set(reply, "inventory", whole);
        if (idl_check(idl, get->out, reply, path, sizeof path) == 0)
                return 0;
        snprintf(field, sizeof field, "inventory.normalized (%.90s)", path);
        return observe_refuse(o, field, "is not as org.pxed.Inventory says");
}

static int new_node(struct observe *o, const struct mac *mac, const json_t *normalized, struct node **ret) {
        struct uuid uuid;
        char text[MAC_TEXT_SIZE];
        const char *uuid_text = json_get_string(normalized, "uuid");
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;

        int r = identity_new_node(&o->state->nodes, mac, has_uuid ? &uuid : NULL, change_now(o->change), ret);
        if (r < 0)
                return r;
        r = change_event(o->change, "node.created", *ret, mac, NULL, NULL, "%s: a machine that nobody knew was inspected at %s",
                         (*ret)->name, mac_format(mac, text));
        if (r < 0)
                *ret = node_free(*ret);
        return r;
}

/* The node that the inventory goes to, as a copy to be edited. *ret is NULL when there is no room for one more. */
static int find_node(struct observe *o, const struct mac *mac, const json_t *json, const json_t *normalized,
                     struct node **ret) {
        struct state *s = o->state;
        struct uuid uuid;
        char text[MAC_TEXT_SIZE];
        const char *uuid_text = json_get_string(normalized, "uuid");
        bool has_uuid = uuid_text && uuid_parse(uuid_text, &uuid) == 0;
        struct node *node = identity_find(&s->nodes, json_get_string(json, "node"), mac, has_uuid ? &uuid : NULL);

        *ret = NULL;
        if (node && !identity_may_be(node, normalized, mac)) {
                const char *serial = json_get_string(normalized, "serial");
                int r = change_event(o->change, "node.conflict", node, mac, NULL, NULL,
                                     "The machine at %s (serial %s) has the UUID of %s (serial %s) but none of its MACs: it is "
                                     "taken as another machine, and the UUID identifies neither",
                                     mac_format(mac, text), serial ? serial : "not told", node->name, node->serial);
                if (r < 0)
                        return r;
                node = registry_by_mac(&s->nodes, mac);
        }
        if (node) {
                *ret = node_copy(node);
                return *ret ? 0 : -ENOMEM;
        }
        if (s->nodes.count >= s->settings->nodes_max) {
                log_warning("The inventory of machine %s is not stored: there are %zu nodes already (nodes-max)",
                            mac_format(mac, text), s->nodes.count);
                return 0;
        }
        return new_node(o, mac, normalized, ret);
}

static int tell_conflicts(struct observe *o, const struct node *node, const struct identity_conflict *conflicts,
                          size_t count) {
        char text[MAC_TEXT_SIZE];
        int r = 0;
        for (size_t i = 0; r == 0 && i < count; i++)
                r = change_event(o->change, "node.conflict", node, &conflicts[i].mac, NULL, NULL,
                                 "%s reports MAC %s, which is of %s: it stays there. If they are one machine, delete one of them",
                                 node->name, mac_format(&conflicts[i].mac, text), conflicts[i].owner->name);
        return r;
}

static int tell_result(struct observe *o, const struct node *node, const struct mac *mac, const json_t *normalized,
                       const char *failure) {
        if (failure)
                return change_event(o->change, "node.inspection-failed", node, mac, NULL, NULL, "The inspection of %s failed: %s",
                                    node->name, node->inspection.error);
        long long cpus = json_get_int(normalized, "cpus", 0), memory = json_get_int(normalized, "memory", 0) / 1048576;
        size_t disks = json_array_size(json_get_array(normalized, "disks"));
        size_t interfaces = json_array_size(json_get_array(normalized, "interfaces"));
        return change_event(o->change, "node.inspected", node, mac, NULL, NULL,
                            "%s was inspected: %lld CPU%s, %lld MiB of memory, %zu disk%s, %zu network interface%s", node->name, cpus,
                            cpus == 1 ? "" : "s", memory, disks, disks == 1 ? "" : "s", interfaces, interfaces == 1 ? "" : "s");
}

static int store_texts(struct observe *o, const struct node *node, uint64_t time, const char *post, const json_t *normalized,
                       const json_t *raw) {
        _cleanup_free_ char *normalized_text = json_dumps(normalized, JSON_COMPACT);
        _cleanup_free_ char *raw_text = json_dumps(raw, JSON_COMPACT);
        struct store *store = change_store(o->change);
        if (!normalized_text || !raw_text)
                return -ENOMEM;
        if (!store)
                return -EIO;
        int r = store_add_inventory(store, &node->id, node->last_inventory, time, post, normalized_text, raw_text,
                                    strlen(raw_text));
        return r < 0 ? r : store_forget_inventories(store, &node->id, o->state->settings->inventories_kept);
}

/* Edits `node` (taken over) by the inventory and puts it. */
static int take_in(struct observe *o, struct node *node, const struct mac *mac, uint64_t time, const json_t *normalized,
                   const char *failure) {
        struct identity_conflict conflicts[CONFLICTS_MAX];
        int count = identity_apply(&o->state->nodes, node, normalized, mac, conflicts, CONFLICTS_MAX);
        int r = count < 0 ? count
                          : inspection_step(&node->inspection, failure ? INSPECTION_FAILED : INSPECTION_INVENTORY, time, failure);
        if (r < 0) {
                node_free(node);
                return r;
        }
        node->last_inventory++;
        r = change_put_node(o->change, node, true);
        if (r == 0)
                r = tell_conflicts(o, node, conflicts, (size_t) count);
        return r < 0 ? r : tell_result(o, node, mac, normalized, failure);
}

static int tell_boot(struct observe *o, const struct node *node, const struct mac *mac, uint64_t time, const char *failure) {
        struct boot_step step = { .time = time, .kind = STEP_INVENTORY, .architecture = -1, .bytes = -1, .total = -1 };
        if (failure)
                return flight_failed(o->state, o->change, mac, node, failure, time);
        return flight_step(o->state, o->change, mac, NULL, node, &step);
}

int observe_inventory(struct observe *o, uint64_t time, const json_t *json) {
        const json_t *normalized = json_get_object(json, "normalized"), *raw = json_get_object(json, "raw");
        const char *post = json_get_string(json, "post"), *failure = json_get_string(json, "failure");
        struct node *node;
        struct mac mac;

        int r = observe_mac(o, json, "inventory", &mac);
        if (r == 0 && (!post || !*post || strlen(post) > 128))
                r = observe_refuse(o, "inventory.post", "has to be 1 to 128 bytes");
        if (r == 0)
                r = check_normalized(o, normalized);
        if (r == 0)
                r = store_has_post(o->state->store, post);
        if (r != 0)
                return r < 0 ? r : 0; /* stored already */

        r = find_node(o, &mac, json, normalized, &node);
        if (r < 0 || !node)
                return r;
        r = take_in(o, node, &mac, time, normalized, failure);
        if (r == 0)
                r = store_texts(o, node, time, post, normalized, raw);
        if (r == 0)
                r = tell_boot(o, node, &mac, time, failure);
        return r < 0 ? r : port_review(o->state, o->change, registry_by_id(&o->state->nodes, &node->id), NULL);
}
