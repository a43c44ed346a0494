/* org.pxed.Rule: what rules would do, by the newest inventories that are kept; nothing is changed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/inspection/document_changes.h"
#include "pxed/inventory_keep.h"
#include "pxed/node_document.h"
#include "pxed/node_page.h"

#define INTERFACE "org.pxed.Rule"

/* What the hooks make of the newest inventory of a node, in a run of its own. -ENOENT: it has none. */
static int run_hooks(const struct state *s, const struct node *node, int more, struct kept_inventory *kept, struct run_outcome *ret) {
        _cleanup_kept_ struct kept_inventory previous = { 0 };
        _cleanup_json_ json_t *document = node_document(node);
        int r = document ? inventory_read(s->store, &node->id, 0, more, kept) : -ENOMEM;

        if (r == 0)
                r = inventory_read_before(s->store, &node->id, kept->number, true, &previous);
        if (r < 0 && (r != -ENOENT || !kept->inventory))
                return r;
        /* How it ended is not known yet while it goes through. */
        json_object_set_new(kept->inventory, "failure", json_null());
        const struct run_input input = {
                .node = document,
                .inventory = kept->inventory,
                .raw = kept->raw,
                .previous = previous.inventory,
                .failure = kept->ramdisk_failure,
                .options = &s->settings->inspection,
        };
        return inspection_run(&input, ret);
}

/* Whether the node could be what a run has made of it: a name, for instance, may be another node's. */
static int check_result(const struct state *s, const struct rules *rules, const struct node *node, struct run_outcome *outcome) {
        _cleanup_(node_freep) struct node *copy = node_copy(node);
        struct document_conflict conflict;
        size_t count;

        if (!copy)
                return -ENOMEM;
        int r = node_document_apply(&s->nodes, copy, outcome->node, &conflict, 1, &count, outcome->reason, sizeof outcome->reason);
        if (r == -EINVAL)
                run_fail_node(rules, outcome);
        return r == -EINVAL ? 0 : r;
}

static void hide_values(json_t *changes) {
        json_t *change;
        size_t i;

        json_array_foreach(changes, i, change) {
                json_object_set_new(change, "before", json_null());
                json_object_set_new(change, "after", json_null());
        }
}

/* Type Result. */
static json_t *result_to_json(const struct node *node, const struct run_outcome *outcome, json_t *changes) {
        char id[UUID_TEXT_SIZE], failure[sizeof outcome->failed + sizeof outcome->reason + 2];

        snprintf(failure, sizeof failure, "%s: %s", outcome->failed, outcome->reason);
        return json_pack("{s:s, s:s, s:O, s:O, s:o}", "node", uuid_format(&node->id, id), "name", node->name, "rules", outcome->matched,
                         "changes", changes, "failure", json_text(*outcome->failed ? failure : NULL));
}

/* more: of what was posted, as inventory_read has it. 0 and *ret NULL: it has no inventory. */
static int test_node(const struct state *s, const struct rules *rules, const struct node *node, int more, json_t **ret) {
        _cleanup_(run_outcome_clear) struct run_outcome outcome = { 0 };
        _cleanup_kept_ struct kept_inventory kept = { 0 };
        _cleanup_json_ json_t *before = NULL, *changes = json_array();

        *ret = NULL;
        int r = changes ? run_hooks(s, node, more, &kept, &outcome) : -ENOMEM;
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (outcome.node) {
                before = json_deep_copy(outcome.node);
                r = before ? rules_run(rules, kept.inventory, kept.raw, &outcome) : -ENOMEM;
        }
        if (r == 0 && outcome.node)
                r = check_result(s, rules, node, &outcome);
        if (r == 0 && outcome.node && !*outcome.failed)
                r = document_changes(before, outcome.node, changes);
        if (r < 0)
                return r;
        if (rules_any_is_sensitive(rules, outcome.matched))
                hide_values(changes);
        *ret = result_to_json(node, &outcome, changes);
        return *ret ? 0 : -ENOMEM;
}

static size_t count_bytes(const json_t *result) {
        json_t *change;
        size_t i, bytes = 0;

        json_array_foreach(json_get_array(result, "changes"), i, change)
                bytes += json_string_length(json_object_get(change, "before")) + json_string_length(json_object_get(change, "after"));
        return bytes;
}

static int reply_page(struct varlink_call *call, struct state *s, const struct rules *rules, const char *after, size_t limit) {
        _cleanup_json_ json_t *results = json_array();
        const struct node *node;
        struct node_page page;
        json_t *result;
        int r = 0;

        node_page_begin(&s->nodes, after, limit, &page);
        while (r == 0 && (node = node_page_next(&page))) {
                r = test_node(s, rules, node, api_raw_parts(call), &result);
                if (r < 0)
                        return api_failed(call, INTERFACE, s, r);
                page.bytes += count_bytes(result);
                r = result && json_array_append_new(results, result) < 0 ? -ENOMEM : 0;
        }
        return r < 0 ? r : varlink_reply(call, json_pack("{s:O, s:o}", "results", results, "next", node_page_rest(&page)));
}

static int reply_node(struct varlink_call *call, struct state *s, const struct rules *rules, const char *reference) {
        struct node *node = registry_find(&s->nodes, reference);
        json_t *result;

        if (!node)
                return api_not_found(call, INTERFACE, "node", reference);
        int r = test_node(s, rules, node, api_raw_parts(call), &result);
        if (r < 0)
                return api_failed(call, INTERFACE, s, r);
        if (!result)
                return api_not_found(call, INTERFACE, "inventory", reference);
        return varlink_reply(call, json_pack("{s:[o], s:n}", "results", result, "next"));
}

int api_rule_test(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const json_t *json = json_get_object(in, "rule");
        const char *node = json_get_string(in, "node");
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        _cleanup_(rules_freep) struct rules *alone = NULL;
        struct rule_error error;
        int64_t limit;
        int r = 0;

        if (!api_bounded(call, INTERFACE, in, "limit", 1, 200, 50, &limit))
                return 0;
        if (json)
                r = rule_parse(json, 0, &rule, &error);
        if (r == -EINVAL)
                return api_refuse(call, INTERFACE, error.place, "%s", error.reason);
        if (rule)
                r = rules_with(NULL, rule, &alone);
        if (r < 0)
                return r;
        const struct rules *rules = json ? alone : m->state->rules;
        if (node)
                return reply_node(call, m->state, rules, node);
        return reply_page(call, m->state, rules, json_get_string(in, "after"), (size_t) limit);
}
