/* org.pxed.Event and org.pxed.Inventory: what has happened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/api.h"

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
