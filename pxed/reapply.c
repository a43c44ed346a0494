#include "pxed/reapply.h"

#include <errno.h>
#include <string.h>

#include "lib/inventory.h"
#include "lib/json.h"
#include "pxed/inspection_change.h"
#include "pxed/inventory_keep.h"
#include "pxed/port_review.h"
#include "pxed/process.h"

/* What one piece does: the bus is served between two of them. */
#define NODES_MAX 8
#define SLOTS_MAX 16384

/* What it takes to process an inventory again. */
struct source {
        struct kept_inventory kept, previous;
        struct inventory_result read;
        struct mac mac;
};

static void source_clear(struct source *source) {
        kept_inventory_clear(&source->kept);
        kept_inventory_clear(&source->previous);
        inventory_result_clear(&source->read);
}

/* 1; 0: it cannot be done, and `reason` says why; -ENOMEM. */
static int read_source(struct state *s, const struct node *node, struct source *ret, char reason[static INVENTORY_REASON_SIZE]) {
        const struct port *port = node_boot_port(node);
        int r = inventory_read(s->store, &node->id, 0, STORED_RAW | STORED_LOGS, &ret->kept);

        if (r == -ENOMEM)
                return r;
        if (r < 0 || !ret->kept.raw) {
                snprintf(reason, INVENTORY_REASON_SIZE, "the inventory that is kept cannot be read: %s", r == -EIO ? store_reason(s->store) : strerror(r < 0 ? -r : EIO));
                return 0;
        }
        if (!ret->kept.has_mac && !port) {
                snprintf(reason, INVENTORY_REASON_SIZE, "it is not known by which MAC the machine has booted, and the node has no port");
                return 0;
        }
        ret->mac = ret->kept.has_mac ? ret->kept.mac : port->mac;
        r = inventory_normalize(ret->kept.raw, &ret->mac, &ret->read, reason);
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        inventory_retell_nuls(ret->read.normalized, ret->kept.inventory);
        junk_clear(&s->settings->junk, ret->read.normalized);
        /* One that cannot be read is as none. */
        r = inventory_read_before(s->store, &node->id, ret->kept.number, true, &ret->previous);
        return r == -ENOMEM ? r : 1;
}

static int process(struct state *s, struct change *change, struct node *node, const struct source *source) {
        const struct process_input input = {
                .number = source->kept.number,
                .time = source->kept.received,
                .mac = source->mac,
                .normalized = source->read.normalized,
                .raw = source->kept.raw,
                .previous = source->previous.inventory,
                .failure = json_string_value(source->read.failure),
                .reapplied = true,
        };
        _cleanup_json_ json_t *plugin_data = NULL;
        _cleanup_free_ char *failure = NULL;
        struct uuid id = node->id;
        struct node *copy = node_copy(node);

        int r = copy ? process_inventory(s, change, copy, &input, &plugin_data, &failure) : -ENOMEM;
        node = registry_by_id(&s->nodes, &id);
        if (r == 0)
                r = inventory_keep_outcome(change, node, source->kept.number, input.normalized, plugin_data, failure);
        return r < 0 ? r : port_review(s, change, node, NULL);
}

static int reapply_one(struct state *s, struct change *change, const struct uuid *id) {
        _cleanup_(source_clear) struct source source = {};
        struct node *node = registry_by_id(&s->nodes, id);
        char reason[INVENTORY_REASON_SIZE] = "";

        int r = read_source(s, node, &source, reason);
        if (r > 0)
                return process(s, change, node, &source);
        if (r < 0)
                return r;
        const struct inspection_input input = {
                .event = INSPECTION_FAILED, .time = change_now(change), .now = change_now(change), .reapplied = true, .reason = reason,
        };
        r = inspection_change(change, &node, &input, NULL);
        return r < 0 ? r : 0;
}

int reapply_some(struct state *s, struct reapply *reapply, uint64_t now) {
        const struct index *nodes = &s->nodes.by_id;
        _cleanup_(change_freep) struct change *change = NULL;
        struct uuid found[NODES_MAX];
        size_t count = 0;

        /* Putting one changes the index that is walked, and may put others. */
        size_t slots = nodes->size < SLOTS_MAX ? nodes->size : SLOTS_MAX;
        for (size_t i = 0; i < slots && count < NODES_MAX && reapply->passed < nodes->size; i++) {
                const struct node *node = nodes->values[reapply->at++ % nodes->size];
                bool waits = node && node->inspection.state == INSPECTION_REAPPLYING;
                if (waits)
                        found[count++] = node->id;
                reapply->passed = waits ? 0 : reapply->passed + 1;
        }
        int r = count > 0 ? change_begin(s, now, &change) : 0;
        for (size_t i = 0; r == 0 && i < count; i++)
                r = reapply_one(s, change, &found[i]);
        if (r == 0 && change)
                r = change_commit(change);
        if (r < 0) {
                reapply->passed = 0;
                return r;
        }
        return reapply->passed < nodes->size;
}
