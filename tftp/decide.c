#include "tftp/decide.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SEPARATOR ", "

static void add_reason(struct decision *decision, const char *format, ...) _printf_(2, 3);
static void add_reason(struct decision *decision, const char *format, ...) {
        size_t used = strlen(decision->reasons), room = sizeof(decision->reasons);
        va_list arguments;

        if (used > 0)
                used += (size_t) snprintf(decision->reasons + used, room - used, SEPARATOR);
        if (used >= room)
                return;
        va_start(arguments, format);
        vsnprintf(decision->reasons + used, room - used, format, arguments);
        va_end(arguments);
        if (decision->n_reasons < DECISION_REASONS_MAX)
                decision->ends[decision->n_reasons++] = (unsigned) strlen(decision->reasons);
}

const char *decision_reason(const struct decision *decision, unsigned index, int *ret_length) {
        unsigned start = index == 0 ? 0 : decision->ends[index - 1] + (unsigned) strlen(SEPARATOR);

        if (index >= decision->n_reasons || start > decision->ends[index])
                return NULL;
        *ret_length = (int) (decision->ends[index] - start);
        return decision->reasons + start;
}

static const struct node *find_node(const struct boot_request *request, const struct snapshot *snapshot,
                                    struct decision *decision) {
        const struct node *node = request->has_mac ? snapshot_node_by_mac(snapshot, &request->mac) : NULL;

        if (node) {
                add_reason(decision, "its MAC is one of node %s", node->name);
                return node;
        }
        node = request->has_uuid ? snapshot_node_by_uuid(snapshot, &request->uuid) : NULL;
        if (node)
                add_reason(decision, "its UUID is that of node %s", node->name);
        else
                add_reason(decision, "no node has its MAC or UUID");
        return node;
}

/* The name of the profile; NULL: ignored. */
static const char *choose(const struct node *node, const struct network *network,
                          bool (*consumed)(const struct uuid *, uint64_t, void *), void *userdata, struct decision *decision) {
        if (!node) {
                if (network->unknown)
                        add_reason(decision, "network %s boots %s on unknown machines", network->name, network->unknown);
                else
                        add_reason(decision, "network %s ignores unknown machines", network->name);
                return network->unknown;
        }
        if (node->inspect) {
                add_reason(decision, "an inspection is asked for");
                return "inspect";
        }
        if (node->profile) {
                if (!node->once || !consumed(&node->id, node->assignment, userdata)) {
                        add_reason(decision, "%s is assigned%s", node->profile, node->once ? ", to boot once" : "");
                        decision->assigned = true;
                        decision->assignment = node->assignment;
                        decision->once = node->once;
                        return node->profile;
                }
                add_reason(decision, "%s was assigned once and has been booted", node->profile);
        }
        add_reason(decision, "network %s boots %s on known machines", network->name, network->known);
        return network->known;
}

void decide(const struct boot_request *request, const struct snapshot *snapshot, const struct network *network,
            bool (*consumed)(const struct uuid *node, uint64_t assignment, void *userdata), void *userdata,
            struct decision *ret) {
        *ret = (struct decision) {};
        ret->node = find_node(request, snapshot, ret);

        const char *name = choose(ret->node, network, consumed, userdata, ret);
        if (!name) {
                ret->ignored = true;
                snprintf(ret->remedy, sizeof(ret->remedy), "create a node with this MAC, or set a policy for unknown machines of network %s",
                         network->name);
                return;
        }
        ret->profile = snapshot_profile(snapshot, name);
        if (!ret->profile) {
                add_reason(ret, "but there is no profile %s", name);
                snprintf(ret->remedy, sizeof(ret->remedy), "create the profile %s, or assign another one", name);
        }
}
