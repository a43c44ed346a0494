/* org.pxed.Boot, org.pxed.Event and org.pxed.Inventory: what has happened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/api.h"

json_t *api_boot_to_json(const struct state *s, const struct boot *b) {
        char mac[MAC_TEXT_SIZE], id[UUID_TEXT_SIZE];
        const struct node *node = b->has_node ? registry_by_id(&s->nodes, &b->node) : NULL;
        return json_pack("{s:I, s:s, s:o, s:o, s:o, s:I, s:o, s:s, s:o, s:o}",
                         "id", (json_int_t) b->id,
                         "mac", mac_format(&b->mac, mac),
                         "network", json_text(b->network),
                         "node", json_text(b->has_node ? uuid_format(&b->node, id) : NULL),
                         "name", json_text(node ? node->name : NULL),
                         "started", (json_int_t) b->started,
                         "ended", json_int_or_null(b->ended != 0, (int64_t) b->ended),
                         "outcome", boot_outcome_names[b->outcome],
                         "reason", json_text(b->reason),
                         "steps", boot_steps_to_json(b));
}

struct boot_list {
        const struct state *state;
        json_t *boots;
};

/* What is in memory is newer than what is stored: bytes of files in flight. */
static int add_boot(struct boot *stored, void *userdata) {
        _cleanup_(boot_freep) struct boot *boot = stored;
        struct boot_list *list = userdata;
        const struct boot *newer = boots_find(&list->state->boots, boot->id);
        return json_array_append_new(list->boots, api_boot_to_json(list->state, newer ? newer : boot)) < 0 ? -ENOMEM : 0;
}

int api_boot_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct state *s = m->state;
        const char *reference = json_get_string(in, "node"), *mac_text = json_get_string(in, "mac");
        int64_t limit = json_get_int(in, "limit", 50), before = json_get_int(in, "before", 0);
        const struct node *node = reference ? registry_find(&s->nodes, reference) : NULL;
        struct mac mac;

        if (reference && !node)
                return api_not_found(call, "org.pxed.Boot", "node", reference);
        if (mac_text && mac_parse(mac_text, &mac) < 0)
                return varlink_invalid(call, "mac");
        if (limit < 1 || limit > 200)
                return varlink_invalid(call, "limit");
        if (before < 0)
                return varlink_invalid(call, "before");
        struct boot_list list = { s, json_array() };
        int r = store_read_boots(s->store, node ? &node->id : NULL, mac_text ? &mac : NULL, (uint64_t) before, (size_t) limit,
                                 add_boot, &list);
        if (r < 0) {
                json_decref(list.boots);
                return api_failed(call, "org.pxed.Boot", s, r);
        }
        return varlink_reply(call, json_pack("{s:o}", "boots", list.boots));
}

int api_boot_watch(struct varlink_call *call, const json_t *in, void *userdata) {
        return streams_add_flights(userdata, call);
}

int api_event_watch(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct state *s = m->state;
        bool more = varlink_wants_more(call);
        int64_t after, limit;
        if (!api_bounded(call, "org.pxed.Event", in, "limit", 1, 1000, 500, &limit) ||
            !api_bounded(call, "org.pxed.Event", in, "after", -1, INT64_MAX, -1, &after))
                return 0;
        uint64_t newest = s->event_newest, from;
        if (after < 0)
                from = more ? newest : newest > (uint64_t) limit ? newest - (uint64_t) limit : 0;
        else
                from = (uint64_t) after;
        /* 0 is "from the oldest"; without a number, too. */
        if (after <= 0 && from + 1 < s->event_oldest)
                from = s->event_oldest - 1;
        if (from + 1 < s->event_oldest)
                return varlink_error(call, "org.pxed.Event.Expired", json_pack("{s:I}", "oldest", (json_int_t) s->event_oldest));
        if (from > newest)
                return api_refuse(call, "org.pxed.Event", "after", "the newest event is %llu", (unsigned long long) newest);
        if (more)
                return streams_add_events(m, call, from);
        json_t *events = json_array();
        int r = store_read_events(s->store, from, (size_t) limit, events, &from);
        if (r < 0) {
                json_decref(events);
                return api_failed(call, "org.pxed.Event", s, r);
        }
        return varlink_reply(call, json_pack("{s:o, s:b}", "events", events, "synchronized", (int) (from >= newest)));
}

#define INVENTORY "org.pxed.Inventory"

static const struct node *inventory_node(struct varlink_call *call, const json_t *in, const struct state *s) {
        const char *reference = json_get_string(in, "node");
        const struct node *node = registry_find(&s->nodes, reference);
        if (!node)
                api_not_found(call, INVENTORY, "node", reference);
        return node;
}

static int inventory_missing(struct varlink_call *call, const json_t *in) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long) json_get_int(in, "number", 0));
        return api_not_found(call, INVENTORY, "inventory", json_get_int(in, "number", 0) != 0 ? number : json_get_string(in, "node"));
}

int api_inventory_get(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct node *node = inventory_node(call, in, m->state);
        _cleanup_free_ char *text = NULL;
        char id[UUID_TEXT_SIZE];
        uint64_t number, received;
        int64_t wanted = json_get_int(in, "number", 0);

        if (!node)
                return 0;
        int r = wanted < 0 ? -ENOENT
                           : store_read_inventory(m->state->store, &node->id, (uint64_t) wanted, &number, &received, &text, NULL, NULL);
        if (r == -ENOENT)
                return inventory_missing(call, in);
        if (r < 0)
                return api_failed(call, INVENTORY, m->state, r);
        json_t *inventory = json_loads(text, 0, NULL);
        if (!inventory)
                return -EIO;
        json_object_set_new(inventory, "node", json_string(uuid_format(&node->id, id)));
        json_object_set_new(inventory, "number", json_integer((json_int_t) number));
        json_object_set_new(inventory, "received", json_integer((json_int_t) received));
        return varlink_reply(call, json_pack("{s:o}", "inventory", inventory));
}

int api_inventory_get_raw(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct node *node = inventory_node(call, in, m->state);
        _cleanup_free_ char *raw = NULL;
        uint64_t number, received;
        size_t size;
        int64_t wanted = json_get_int(in, "number", 0);

        if (!node)
                return 0;
        int r = wanted < 0 ? -ENOENT
                           : store_read_inventory(m->state->store, &node->id, (uint64_t) wanted, &number, &received, NULL, &raw, &size);
        if (r == -ENOENT)
                return inventory_missing(call, in);
        if (r < 0)
                return api_failed(call, INVENTORY, m->state, r);
        json_t *json = json_loadb(raw, size, 0, NULL);
        if (!json)
                return -EIO;
        return varlink_reply(call, json_pack("{s:I, s:o}", "received", (json_int_t) received, "raw", json));
}

int api_inventory_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct node *node = inventory_node(call, in, m->state);
        if (!node)
                return 0;
        json_t *list = json_array();
        int r = store_list_inventories(m->state->store, &node->id, list);
        if (r < 0) {
                json_decref(list);
                return api_failed(call, INVENTORY, m->state, r);
        }
        return varlink_reply(call, json_pack("{s:o}", "inventories", list));
}
