#include "pxed/process.h"

#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/identity.h"
#include "pxed/inspection.h"

#define CONFLICTS_MAX 16

static int tell_conflicts(struct change *change, const struct node *node, const struct identity_conflict *conflicts,
                          size_t count) {
        char text[MAC_TEXT_SIZE];
        int r = 0;
        for (size_t i = 0; r == 0 && i < count; i++)
                r = change_event(change, "node.conflict", node, &conflicts[i].mac, NULL, NULL,
                                 "%s reports MAC %s, which is of %s: it stays there. If they are one machine, delete one of them",
                                 node->name, mac_format(&conflicts[i].mac, text), conflicts[i].owner->name);
        return r;
}

static int tell_result(struct change *change, const struct node *node, const struct mac *mac, const json_t *normalized,
                       const char *failure) {
        if (failure)
                return change_event(change, "node.inspection-failed", node, mac, NULL, NULL, "The inspection of %s failed: %s",
                                    node->name, node->inspection.error);
        long long cpus = json_get_int(normalized, "cpus", 0), memory = json_get_int(normalized, "memory", 0) / 1048576;
        size_t disks = json_array_size(json_get_array(normalized, "disks"));
        size_t interfaces = json_array_size(json_get_array(normalized, "interfaces"));
        return change_event(change, "node.inspected", node, mac, NULL, NULL,
                            "%s was inspected: %lld CPU%s, %lld MiB of memory, %zu disk%s, %zu network interface%s", node->name, cpus,
                            cpus == 1 ? "" : "s", memory, disks, disks == 1 ? "" : "s", interfaces, interfaces == 1 ? "" : "s");
}

int process_inventory(struct state *state, struct change *change, struct node *node, const struct process_input *in,
                      json_t **ret_plugin_data, char **ret_failure) {
        struct identity_conflict conflicts[CONFLICTS_MAX];
        int count = identity_apply(&state->nodes, &state->settings->junk, node, in->normalized, &in->mac, conflicts, CONFLICTS_MAX);
        int r = count < 0 ? count
                          : inspection_step(&node->inspection, in->failure ? INSPECTION_FAILED : INSPECTION_INVENTORY, in->time,
                                            in->failure);
        if (r < 0) {
                node_free(node);
                return r;
        }
        *ret_plugin_data = json_object();
        *ret_failure = in->failure ? strdup(in->failure) : NULL;
        r = change_put_node(change, node, true);
        if (r == 0)
                r = tell_conflicts(change, node, conflicts, (size_t) count);
        return r < 0 ? r : tell_result(change, node, &in->mac, in->normalized, in->failure);
}
