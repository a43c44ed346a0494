/* org.pxed.Inventory: the newest inventories of all nodes, page by page. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/json_pointer.h"
#include "pxed/api.h"
#include "pxed/inventory_keep.h"
#include "pxed/node_page.h"

#define INVENTORY "org.pxed.Inventory"

/* Told of one node, as the interface says. */
#define MATCHES_MAX 2000

struct query {
        const json_t *equals; /* NULL: any value */
        const struct node *node;
        uint64_t number;
        size_t matches, bytes; /* of this node */
        json_t *list;
};

/* 64 and 64.0 are one number. */
static bool is_value(const json_t *value, const json_t *wanted) {
        if (json_is_number(value) && json_is_number(wanted) && json_typeof(value) != json_typeof(wanted))
                return json_number_value(value) <= json_number_value(wanted) && json_number_value(value) >= json_number_value(wanted);
        return json_equal(value, wanted);
}

static int add_match(const char *pointer, json_t *value, void *userdata) {
        struct query *query = userdata;
        char id[UUID_TEXT_SIZE];

        if (query->equals && !is_value(value, query->equals))
                return 0;
        if (query->matches == MATCHES_MAX)
                return 1;
        _cleanup_free_ char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!text || json_array_append_new(query->list, json_pack("{s:s, s:s, s:I, s:s, s:s}", "node", uuid_format(&query->node->id, id), "name",
                                                                  query->node->name, "number", (json_int_t) query->number, "pointer", pointer,
                                                                  "value", text)) < 0)
                return -ENOMEM;
        query->matches++;
        query->bytes += strlen(text) + strlen(pointer) + 128;
        return 0;
}

static int query_node(struct state *s, struct query *query, const char *pointer, int more) {
        _cleanup_kept_ struct kept_inventory kept = {};
        int r = query->node->last_inventory > 0 ? inventory_read(s->store, &query->node->id, 0, more, &kept) : -ENOENT;
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        query->number = kept.number;
        query->matches = query->bytes = 0;
        r = json_pointer_each(more ? kept.raw : kept.inventory, pointer, add_match, query);
        /* A place that is too deep to be named has no match. */
        return r == -ENOMEM ? r : 0;
}

/* The value of a text, within a list; NULL: it is none, or more than one. */
static json_t *parse_value(const char *text, const char **ret_reason) {
        _cleanup_free_ char *list = NULL;
        int length = asprintf(&list, "[%s]", text);
        json_t *values = length < 0 ? NULL : json_parse(list, (size_t) length, JSON_DEPTH_MAX, ret_reason);

        if (values && json_array_size(values) == 1)
                return values;
        if (values)
                *ret_reason = "one value is needed";
        json_decref(values);
        return NULL;
}

static int query_page(struct manager *m, struct varlink_call *call, const json_t *in, struct query *query, size_t limit) {
        struct node_page page;
        int r = 0;

        int more = json_get_bool(in, "raw", false) ? api_raw_parts(call) : 0;
        node_page_begin(&m->state->nodes, json_get_string(in, "after"), limit, &page);
        while (r == 0 && (query->node = node_page_next(&page))) {
                r = query_node(m->state, query, json_get_string(in, "pointer"), more);
                page.bytes += query->bytes;
                query->bytes = 0;
        }
        if (r < 0)
                return api_failed(call, INVENTORY, m->state, r);
        return varlink_reply(call, json_pack("{s:O, s:o}", "matches", query->list, "next", node_page_rest(&page)));
}

int api_inventory_query(struct varlink_call *call, const json_t *in, void *userdata) {
        const char *equals = json_get_string(in, "equals"), *reason = "without memory";
        _cleanup_json_ json_t *list = json_array(), *wanted = NULL;
        int64_t limit;

        if (!api_bounded(call, INVENTORY, in, "limit", 1, 500, 100, &limit))
                return 0;
        if (json_pointer_check(json_get_string(in, "pointer"), &reason) < 0)
                return api_refuse(call, INVENTORY, "pointer", "%s", reason);
        if (equals && !(wanted = parse_value(equals, &reason)))
                return api_refuse(call, INVENTORY, "equals", "is no JSON value (%s); a text has quotation marks", reason);
        struct query query = { .equals = json_array_get(wanted, 0), .list = list };
        return query_page(userdata, call, in, &query, (size_t) limit);
}

/* *ret_bytes: about what it takes in the reply. */
static int export_node(struct state *s, const struct node *node, int more, json_t *list, size_t *ret_bytes) {
        _cleanup_kept_ struct kept_inventory kept = {};
        char id[UUID_TEXT_SIZE];

        int r = node->last_inventory > 0 ? inventory_read(s->store, &node->id, 0, more, &kept) : -ENOENT;
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        *ret_bytes = kept.size;
        json_t *exported = json_pack("{s:s, s:s, s:I, s:I, s:O, s:O?}", "node", uuid_format(&node->id, id), "name", node->name, "number",
                                     (json_int_t) kept.number, "received", (json_int_t) kept.received, "inventory", kept.inventory, "raw",
                                     kept.raw);
        return json_array_append_new(list, exported) < 0 ? -ENOMEM : 0;
}

int api_inventory_export(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        _cleanup_json_ json_t *list = json_array();
        struct node_page page;
        const struct node *node;
        int64_t limit;
        int r = 0;

        if (!api_bounded(call, INVENTORY, in, "limit", 1, 100, 20, &limit))
                return 0;
        int more = json_get_bool(in, "raw", false) ? api_raw_parts(call) : 0;
        node_page_begin(&m->state->nodes, json_get_string(in, "after"), (size_t) limit, &page);
        while (r == 0 && (node = node_page_next(&page))) {
                size_t bytes = 0;
                r = export_node(m->state, node, more, list, &bytes);
                page.bytes += bytes;
        }
        if (r < 0)
                return api_failed(call, INVENTORY, m->state, r);
        return varlink_reply(call, json_pack("{s:O, s:o}", "inventories", list, "next", node_page_rest(&page)));
}
