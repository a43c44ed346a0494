/* org.pxed.Inventory: what inspections found. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/inspection/difference.h"
#include "pxed/inventory_keep.h"

#define INVENTORY "org.pxed.Inventory"

static const struct node *find_node(struct varlink_call *call, const json_t *in, const struct state *s) {
        const char *reference = json_get_string(in, "node");
        const struct node *node = registry_find(&s->nodes, reference);
        if (!node)
                api_not_found(call, INVENTORY, "node", reference);
        return node;
}

/* `key`: the parameter that has its number. */
static int missing(struct varlink_call *call, const json_t *in, const char *key) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long) json_get_int(in, key, 0));
        return api_not_found(call, INVENTORY, "inventory", json_get_int(in, key, 0) != 0 ? number : json_get_string(in, "node"));
}

/* The one that a call asks for. False: it has been answered with *ret_r then. */
static bool find_inventory(struct varlink_call *call, const json_t *in, const struct state *s, int more, struct kept_inventory *ret, int *ret_r) {
        const struct node *node = find_node(call, in, s);
        int64_t wanted = json_get_int(in, "number", 0);
        *ret_r = 0;
        if (!node)
                return false;
        int r = wanted < 0 ? -ENOENT : inventory_read(s->store, &node->id, (uint64_t) wanted, more, ret);
        if (r < 0)
                *ret_r = r == -ENOENT ? missing(call, in, "number") : api_failed(call, INVENTORY, s, r);
        return r == 0;
}

int api_inventory_get(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        _cleanup_kept_ struct kept_inventory kept = {};
        int r;
        if (!find_inventory(call, in, m->state, 0, &kept, &r))
                return r;
        return varlink_reply(call, json_pack("{s:O}", "inventory", kept.inventory));
}

int api_inventory_get_raw(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        _cleanup_kept_ struct kept_inventory kept = {};
        int r;
        if (!find_inventory(call, in, m->state, api_raw_parts(call), &kept, &r))
                return r;
        return varlink_reply(call, json_pack("{s:I, s:O}", "received", (json_int_t) kept.received, "raw", kept.raw));
}

/* The two that a call compares: *ret_to, and the one before it or the one that is named. As find_inventory. */
static bool find_two(struct varlink_call *call, const json_t *in, const struct state *s, struct kept_inventory *ret_from, struct kept_inventory *ret_to,
                     int *ret_r) {
        const struct node *node = find_node(call, in, s);
        int64_t from = json_get_int(in, "from", 0), to = json_get_int(in, "to", 0);
        char reference[40];

        *ret_r = 0;
        if (!node)
                return false;
        int r = to < 0 ? -ENOENT : inventory_read(s->store, &node->id, (uint64_t) to, 0, ret_to);
        if (r < 0) {
                *ret_r = r == -ENOENT ? missing(call, in, "to") : api_failed(call, INVENTORY, s, r);
                return false;
        }
        r = from < 0   ? -ENOENT
            : from > 0 ? inventory_read(s->store, &node->id, (uint64_t) from, 0, ret_from)
                       : inventory_read_before(s->store, &node->id, ret_to->number, false, ret_from);
        if (r == -ENOENT && from == 0) {
                snprintf(reference, sizeof reference, "before %llu", (unsigned long long) ret_to->number);
                *ret_r = api_not_found(call, INVENTORY, "inventory", reference);
        } else if (r < 0)
                *ret_r = r == -ENOENT ? missing(call, in, "from") : api_failed(call, INVENTORY, s, r);
        return r == 0;
}

int api_inventory_diff(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        _cleanup_kept_ struct kept_inventory from = {}, to = {};
        _cleanup_json_ json_t *differences = json_array();
        int r;
        if (!find_two(call, in, m->state, &from, &to, &r))
                return r;
        r = inventory_difference(from.inventory, to.inventory, differences);
        if (r < 0)
                return r;
        return varlink_reply(call, json_pack("{s:I, s:I, s:O}", "from", (json_int_t) from.number, "to", (json_int_t) to.number, "differences",
                                             differences));
}

int api_inventory_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct node *node = find_node(call, in, m->state);
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
