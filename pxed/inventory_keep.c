#include "pxed/inventory_keep.h"

#include <errno.h>
#include <string.h>

#include "lib/json.h"

int inventory_keep(struct state *state, struct change *change, const struct node *node, uint64_t time, const json_t *inventory,
                   const json_t *plugin_data, const char *failure) {
        _cleanup_free_ char *normalized = json_dumps(json_get_object(inventory, "normalized"), JSON_COMPACT);
        _cleanup_free_ char *raw = json_dumps(json_get_object(inventory, "raw"), JSON_COMPACT);
        struct store *store = change_store(change);
        if (!normalized || !raw)
                return -ENOMEM;
        if (!store)
                return -EIO;
        int r = store_add_inventory(store, &node->id, node->last_inventory, time, json_get_string(inventory, "post"), normalized, raw,
                                    strlen(raw));
        return r < 0 ? r : store_forget_inventories(store, &node->id, state->settings->inventories_kept);
}
