#include "pxed/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/inspection/run.h"
#include "pxed/inspection_change.h"
#include "pxed/node_document.h"

#define CONFLICTS_MAX 16

static int tell_conflicts(struct change *change, const struct node *node, const struct document_conflict *conflicts,
                          size_t count) {
        char text[MAC_TEXT_SIZE];
        int r = 0;
        for (size_t i = 0; r == 0 && i < count; i++)
                r = change_event(change, "node.conflict", node, &conflicts[i].mac, NULL, NULL,
                                 "%s reports MAC %s, which is of %s: it stays there. If they are one machine, delete one of them",
                                 node->name, mac_format(&conflicts[i].mac, text), conflicts[i].owner->name);
        return r;
}

/* What rules want to be told, also of a run that one of them failed. */
static int tell_logs(struct change *change, const struct node *node, const json_t *logs) {
        const char *level;
        json_t *line;
        size_t i;
        int r = 0;

        json_array_foreach((json_t *) logs, i, line) {
                level = json_get_string(line, "level");
                if (r == 0)
                        r = change_event(change, "rule.log", node, NULL, NULL, NULL, "%s: rule %s%s%s: %s", node->name, json_get_string(line, "rule"),
                                         strcmp(level, "info") == 0 ? "" : ", ", strcmp(level, "info") == 0 ? "" : level,
                                         json_get_string(line, "message"));
        }
        return r;
}

static int tell_result(struct change *change, const struct node *node, const struct process_input *in, const char *failure) {
        const json_t *normalized = in->normalized;
        if (failure)
                return inspection_tell_failure(change, node, &in->mac, failure);
        long long cpus = json_get_int(normalized, "cpus", 0), memory = json_get_int(normalized, "memory", 0) / 1048576;
        size_t disks = json_array_size(json_get_array(normalized, "disks"));
        size_t interfaces = json_array_size(json_get_array(normalized, "interfaces"));
        return change_event(change, "node.inspected", node, &in->mac, NULL, NULL,
                            "%s was inspected%s: %lld CPU%s, %lld MiB of memory, %zu disk%s, %zu network interface%s", node->name,
                            in->reapplied ? " again, by the inventory that is kept" : "", cpus, cpus == 1 ? "" : "s", memory, disks, disks == 1 ? "" : "s",
                            interfaces, interfaces == 1 ? "" : "s");
}

struct conflicts {
        struct document_conflict list[CONFLICTS_MAX];
        size_t count;
};

/* The MAC that the boot script was made for boots, whether or not the ramdisk lists it: some leave out the very card that they came by. */
static int add_boot_port(const struct state *state, struct node *node, const struct mac *mac) {
        const struct node *owner = registry_by_mac(&state->nodes, mac);
        struct port *port;

        if ((owner && memcmp(&owner->id, &node->id, sizeof node->id) != 0) || junk_has_mac(&state->settings->junk, mac))
                return 0;
        int r = node_add_port(node, mac, &port);
        if (r == 0)
                port->boots = true;
        return r == -ENOSPC ? 0 : r;
}

/* Where its BMC is found is told by DHCP afterwards, by this MAC. */
static void set_bmc(const struct state *state, struct node *node, const json_t *normalized) {
        const char *text = json_get_string(normalized, "bmcMac");
        struct mac mac;

        node->has_bmc_mac = text && mac_parse(text, &mac) == 0 && mac_is_unicast(&mac) && !junk_has_mac(&state->settings->junk, &mac);
        if (node->has_bmc_mac)
                node->bmc_mac = mac;
}

/* What came out of a good run, in a copy of the node. -EINVAL: it cannot be, and outcome->reason says why. */
static int take_over(struct state *state, const struct node *node, const struct process_input *in, struct run_outcome *outcome,
                     struct conflicts *conflicts, struct node **ret) {
        _cleanup_(node_freep) struct node *copy = node_copy(node);
        if (!copy)
                return -ENOMEM;
        int r = node_document_apply(&state->nodes, copy, outcome->node, conflicts->list, CONFLICTS_MAX, &conflicts->count, outcome->reason,
                                    sizeof outcome->reason);
        if (r == 0)
                r = add_boot_port(state, copy, &in->mac);
        if (r == 0)
                set_bmc(state, copy, in->normalized);
        if (r == 0)
                *ret = TAKE_POINTER(copy);
        return r;
}

/* Type Inventory with all its members, as a dry run has it: a rule may ask whether it is the node's first. NULL without memory. */
static json_t *whole_inventory(const struct node *node, const struct process_input *in) {
        char id[UUID_TEXT_SIZE];
        _cleanup_json_ json_t *inventory = json_copy((json_t *) in->normalized);
        _cleanup_json_ json_t *rest = json_pack("{s:s, s:I, s:I, s:n}", "node", uuid_format(&node->id, id), "number", (json_int_t) in->number, "received",
                                                (json_int_t) in->time, "failure");
        return inventory && rest && json_object_update(inventory, rest) == 0 ? TAKE_POINTER(inventory) : NULL;
}

/* Hooks and rules. Afterwards *node is what they make of it, or, where they failed, as it was: then outcome->failed is set. */
static int run(struct state *state, struct node **node, const struct process_input *in, struct run_outcome *outcome,
               struct conflicts *conflicts) {
        _cleanup_json_ json_t *document = node_document(*node), *inventory = whole_inventory(*node, in);
        struct node *changed = NULL;
        struct run_input input = {
                .node = document,
                .inventory = inventory,
                .raw = in->raw,
                .previous = in->previous,
                .failure = in->failure,
                .options = &state->settings->inspection,
                .rules = state->rules,
        };
        int r = document && inventory ? inspection_run(&input, outcome) : -ENOMEM;

        if (r == 0 && outcome->node)
                r = take_over(state, *node, in, outcome, conflicts, &changed);
        if (r == -EINVAL) {
                run_fail_node(state->rules, outcome);
                conflicts->count = 0;
                r = 0;
        }
        if (changed) {
                node_free(*node);
                *node = changed;
        }
        return r;
}

/* "HOOK: why"; *ret is NULL where the run was good. */
static int failure_text(const struct run_outcome *outcome, char **ret) {
        *ret = NULL;
        return *outcome->failed && asprintf(ret, "%s: %s", outcome->failed, outcome->reason) < 0 ? -ENOMEM : 0;
}

/* 1: the inspection has ended so; 0: the inventory is older than what is asked for now. */
static int end_inspection(const struct change *change, struct node *node, const struct process_input *in, const char *failed,
                          const char *failure) {
        const struct inspection_input input = {
                .event = failure ? INSPECTION_FAILED : INSPECTION_PROCESSED,
                .time = in->reapplied ? change_now(change) : in->time,
                .now = change_now(change),
                .reapplied = in->reapplied,
                .hook = failed,
                .reason = failure,
        };
        return inspection_step(&node->inspection, &input);
}

/* It came on its way when the inspection was asked for anew: what it says is so, but it is not what is waited for. */
static int tell_older(struct change *change, const struct node *node, const struct mac *mac, const char *failure) {
        return change_event(change, "node.updated", node, mac, NULL, NULL, "An inventory of %s that is older than its inspection %s%s", node->name,
                            failure ? "was not taken over: " : "was taken over", failure ? failure : "");
}

static int put(struct change *change, struct node *node, const struct process_input *in, const struct conflicts *conflicts,
               const json_t *logs, const char *failure, bool ended) {
        int r = change_put_node(change, node, true);
        if (r == 0)
                r = tell_logs(change, node, logs);
        if (r == 0)
                r = tell_conflicts(change, node, conflicts->list, conflicts->count);
        if (r < 0)
                return r;
        return ended ? tell_result(change, node, in, failure) : tell_older(change, node, &in->mac, failure);
}

int process_inventory(struct state *state, struct change *change, struct node *node, const struct process_input *in,
                      json_t **ret_plugin_data, char **ret_failure) {
        _cleanup_(run_outcome_clear) struct run_outcome outcome = { 0 };
        _cleanup_free_ char *failure = NULL;
        struct conflicts conflicts = { 0 };

        int r = run(state, &node, in, &outcome, &conflicts);
        if (r == 0)
                r = failure_text(&outcome, &failure);
        if (r == 0)
                r = end_inspection(change, node, in, outcome.failed, failure);
        if (r < 0) {
                node_free(node);
                return r;
        }
        r = put(change, node, in, &conflicts, outcome.logs, failure, r > 0);
        if (r < 0)
                return r;
        *ret_plugin_data = failure ? json_object() : TAKE_POINTER(outcome.plugin_data);
        *ret_failure = TAKE_POINTER(failure);
        return 0;
}
