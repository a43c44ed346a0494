#include "pxed/inventory_keep.h"

#include <errno.h>
#include <string.h>

#include "lib/json.h"

/* The ramdisk's logs, where they are a text: they are kept apart. */
#define LOGS "logs"

static char *document_text(const json_t *normalized, const json_t *plugin_data, size_t *ret_size) {
        _cleanup_json_ json_t *document = json_copy((json_t *) normalized);
        if (!document || json_object_set_new(document, "pluginData", json_object_size(plugin_data) > 0 ? json_incref((json_t *) plugin_data) : json_null()) < 0)
                return NULL;
        return json_write(document, JSON_COMPACT, ret_size);
}

static char *raw_text(const json_t *raw, const char *logs, size_t *ret_size) {
        _cleanup_json_ json_t *rest = logs ? json_copy((json_t *) raw) : NULL;
        if (logs && (!rest || json_object_del(rest, LOGS) < 0))
                return NULL;
        return json_write(rest ?: raw, JSON_COMPACT, ret_size);
}

int inventory_keep(struct state *state, struct change *change, const struct node *node, uint64_t time, const json_t *inventory,
                   const json_t *plugin_data, const char *failure) {
        const json_t *raw = json_get_object(inventory, "raw");
        const char *logs = json_get_string(raw, LOGS);
        size_t document_size, rest_size;
        _cleanup_free_ char *document = document_text(json_get_object(inventory, "normalized"), plugin_data, &document_size);
        _cleanup_free_ char *rest = raw_text(raw, logs, &rest_size);
        struct store *store = change_store(change);
        if (!document || !rest)
                return -ENOMEM;
        if (!store)
                return -EIO;
        struct stored_inventory stored = {
                .number = node->last_inventory,
                .received = time,
                .ramdisk_failure = (char *) json_get_string(inventory, "failure"),
                .failure = (char *) failure,
                .document = document,
                .document_size = document_size,
                .raw = rest,
                .raw_size = rest_size,
                .logs = (char *) logs,
        };
        stored.has_mac = mac_parse(json_get_string(inventory, "mac") ?: "", &stored.mac) == 0;
        int r = store_add_inventory(store, &node->id, json_get_string(inventory, "post"), &stored);
        return r < 0 ? r : store_forget_inventories(store, &node->id, state->settings->inventories_kept);
}

int inventory_keep_outcome(struct change *change, const struct node *node, uint64_t number, const json_t *normalized, const json_t *plugin_data,
                           const char *failure) {
        static const char *const others[] = { "node", "number", "received", "failure" };
        _cleanup_json_ json_t *own = json_copy((json_t *) normalized);
        for (size_t i = 0; i < ELEMENTS(others); i++)
                json_object_del(own, others[i]);
        size_t size;
        _cleanup_free_ char *document = document_text(own, plugin_data, &size);
        struct store *store = change_store(change);
        if (!document)
                return -ENOMEM;
        return store ? store_replace_inventory(store, &node->id, number, document, size, failure) : -EIO;
}

void kept_inventory_clear(struct kept_inventory *kept) {
        free(kept->ramdisk_failure);
        free(kept->failure);
        json_decref(kept->inventory);
        json_decref(kept->raw);
        *kept = (struct kept_inventory) {};
}

static int parse_document(const struct uuid *node, const struct stored_inventory *stored, json_t **ret) {
        char id[UUID_TEXT_SIZE];
        _cleanup_json_ json_t *inventory = json_loadb(stored->document, stored->document_size, 0, NULL);
        if (!inventory)
                return -EIO;
        if (json_object_set_new(inventory, "node", json_string(uuid_format(node, id))) < 0 ||
            json_object_set_new(inventory, "number", json_integer((json_int_t) stored->number)) < 0 ||
            json_object_set_new(inventory, "received", json_integer((json_int_t) stored->received)) < 0 ||
            json_object_set_new(inventory, "failure", json_text(stored->failure)) < 0)
                return -ENOMEM;
        *ret = TAKE_POINTER(inventory);
        return 0;
}

static int parse_raw(const struct stored_inventory *stored, json_t **ret) {
        _cleanup_json_ json_t *raw = json_loadb(stored->raw, stored->raw_size, 0, NULL);
        if (!raw)
                return -EIO;
        if (stored->logs && json_object_set_new(raw, LOGS, json_text(stored->logs)) < 0)
                return -ENOMEM;
        *ret = TAKE_POINTER(raw);
        return 0;
}

/* Takes the texts over. */
static int parse(struct store *store, const struct uuid *node, struct stored_inventory *stored, struct kept_inventory *ret) {
        struct kept_inventory kept = { .number = stored->number, .received = stored->received, .has_mac = stored->has_mac, .mac = stored->mac,
                                        .size = stored->document_size + stored->raw_size + (stored->logs ? strlen(stored->logs) : 0) };
        int r = parse_document(node, stored, &kept.inventory);
        if (r == 0 && stored->raw)
                r = parse_raw(stored, &kept.raw);
        if (r == 0) {
                kept.ramdisk_failure = TAKE_POINTER(stored->ramdisk_failure);
                kept.failure = TAKE_POINTER(stored->failure);
                *ret = kept;
        } else
                kept_inventory_clear(&kept);
        return r == -EIO ? store_damaged(store, node, stored->number) : r;
}

int inventory_read(struct store *store, const struct uuid *node, uint64_t number, int more, struct kept_inventory *ret) {
        _cleanup_(stored_inventory_clear) struct stored_inventory stored = {};
        int r = store_read_inventory(store, node, number, STORED_DOCUMENT | more, &stored);
        return r < 0 ? r : parse(store, node, &stored, ret);
}

int inventory_read_before(struct store *store, const struct uuid *node, uint64_t number, bool taken_over, struct kept_inventory *ret) {
        _cleanup_(stored_inventory_clear) struct stored_inventory stored = {};
        int r = store_read_inventory_before(store, node, number, taken_over, STORED_DOCUMENT, &stored);
        return r < 0 ? r : parse(store, node, &stored, ret);
}
