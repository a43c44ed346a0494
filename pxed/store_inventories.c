/* Inventories: packed, with their logs apart. */
#include <errno.h>
#include <nettle/base64.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/store_sqlite.h"

void stored_inventory_clear(struct stored_inventory *inventory) {
        free(inventory->ramdisk_failure);
        free(inventory->failure);
        free(inventory->document);
        free(inventory->raw);
        free(inventory->logs);
        *inventory = (struct stored_inventory) {};
}

/*
 * Logs are an archive that was packed already, as base64: its bytes are stored. NULL: it is not what would be made of those bytes again, so that
 * the text itself has to be kept (or memory is short).
 */
static uint8_t *decode_logs(const char *logs, size_t *ret_size) {
        struct base64_decode_ctx context;
        size_t length = strlen(logs), size = BASE64_DECODE_LENGTH(length);
        _cleanup_free_ uint8_t *bytes = malloc(size + 1);
        _cleanup_free_ char *again = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);

        base64_decode_init(&context);
        if (!bytes || !again || !base64_decode_update(&context, &size, bytes, length, logs) || !base64_decode_final(&context))
                return NULL;
        base64_encode_raw(again, size, bytes);
        if (BASE64_ENCODE_RAW_LENGTH(size) != length || memcmp(again, logs, length) != 0)
                return NULL;
        *ret_size = size;
        return TAKE_POINTER(bytes);
}

static int put_logs(struct store *store, const struct uuid *node, uint64_t number, const char *logs) {
        size_t size;
        if (!logs)
                return store_run(store, SQL_DELETE_LOGS, "u", node);
        _cleanup_free_ uint8_t *bytes = decode_logs(logs, &size);
        if (!bytes)
                return store_run(store, SQL_PUT_LOGS, "uis", node, (int64_t) number, logs);
        return store_run(store, SQL_PUT_LOGS, "uib", node, (int64_t) number, (const void *) bytes, size);
}

static int read_logs(struct store *store, const struct uuid *node, uint64_t number, char **ret) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_READ_LOGS, &row, "ui", node, (int64_t) number);
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r;
        if (sqlite3_column_type(row, 0) == SQLITE_BLOB) {
                size_t size = (size_t) sqlite3_column_bytes(row, 0);
                *ret = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);
                if (*ret) {
                        base64_encode_raw(*ret, size, sqlite3_column_blob(row, 0));
                        (*ret)[BASE64_ENCODE_RAW_LENGTH(size)] = '\0';
                }
                r = *ret ? 0 : -ENOMEM;
        } else
                r = column_copy(row, 0, ret);
        sqlite3_reset(row);
        return r;
}

int store_add_inventory(struct store *store, const struct uuid *node, const char *post, const struct stored_inventory *inventory) {
        _cleanup_free_ void *document = NULL, *raw = NULL;
        size_t document_size, raw_size;

        int r = packer_pack(store->packer, inventory->document, inventory->document_size, &document, &document_size);
        if (r == 0)
                r = packer_pack(store->packer, inventory->raw, inventory->raw_size, &raw, &raw_size);
        if (r == 0)
                r = store_run(store, SQL_ADD_INVENTORY, inventory->has_mac ? "iimssibibuis" : "iiussibibuis", (int64_t) inventory->number,
                              (int64_t) inventory->received, inventory->has_mac ? (const void *) &inventory->mac : NULL,
                              inventory->ramdisk_failure, inventory->failure, (int64_t) inventory->document_size,
                              (const void *) document, document_size, (int64_t) inventory->raw_size, (const void *) raw, raw_size, node,
                              (int64_t) (document_size + raw_size), post);
        return r < 0 ? r : put_logs(store, node, inventory->number, inventory->logs);
}

int store_replace_inventory(struct store *store, const struct uuid *node, uint64_t number, const char *document, size_t document_size,
                            const char *failure) {
        _cleanup_free_ void *packed = NULL;
        size_t size;
        int r = packer_pack(store->packer, document, document_size, &packed, &size);
        return r < 0 ? r : store_run(store, SQL_REPLACE_INVENTORY, "uisibi", node, (int64_t) number, failure, (int64_t) document_size,
                                     (const void *) packed, size, (int64_t) size);
}

int store_forget_inventories(struct store *store, const struct uuid *node, uint64_t keep) {
        uint64_t size = 0, forget = 0;
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_SIZES_OF_INVENTORIES, &row, "u", node);
        for (uint64_t count = 0; r == 0 && (r = store_row(store, row)) > 0; count++) {
                size += column_u64(row, 1);
                r = 0;
                if (count >= keep || (count > 0 && size > INVENTORIES_SIZE_MAX)) {
                        forget = column_u64(row, 0);
                        sqlite3_reset(row);
                        break;
                }
        }
        return r < 0 || forget == 0 ? r : store_run(store, SQL_FORGET_INVENTORIES, "ui", node, (int64_t) forget);
}

int store_has_post(struct store *store, const char *post) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_HAS_POST, &row, "s", post);
        if (r == 0)
                r = store_row(store, row);
        if (r > 0)
                sqlite3_reset(row);
        return r;
}

/* A packed text, and its size in the column before it; 0: it is not packed. */
static int unpack(struct store *store, sqlite3_stmt *row, int column, char **ret, size_t *ret_size) {
        size_t size = (size_t) column_u64(row, column - 1), packed_size = (size_t) sqlite3_column_bytes(row, column);
        const void *packed = sqlite3_column_blob(row, column);

        *ret_size = size > 0 ? size : packed_size;
        if (size > 0)
                return packer_unpack(store->packer, packed, packed_size, size, ret);
        *ret = calloc(1, packed_size + 1);
        if (*ret && packed)
                memcpy(*ret, packed, packed_size);
        return *ret ? 0 : -ENOMEM;
}

static int inventory_from_row(struct store *store, sqlite3_stmt *row, int parts, struct stored_inventory *ret) {
        int r = column_copy(row, 3, &ret->ramdisk_failure);
        if (r == 0)
                r = column_copy(row, 4, &ret->failure);
        if (r == 0 && parts & STORED_DOCUMENT)
                r = unpack(store, row, 6, &ret->document, &ret->document_size);
        if (r == 0 && parts & STORED_RAW)
                r = unpack(store, row, 8, &ret->raw, &ret->raw_size);
        return r;
}

int store_damaged(struct store *store, const struct uuid *node, uint64_t number) {
        char id[UUID_TEXT_SIZE];
        snprintf(store->reason, sizeof store->reason, "inventory %llu of node %s is damaged: inspect its machine again", (unsigned long long) number,
                 uuid_format(node, id));
        return -EIO;
}

static int read_inventory(struct store *store, enum statement which, const struct uuid *node, uint64_t exactly, uint64_t most, int parts,
                          struct stored_inventory *ret) {
        struct stored_inventory found = {};
        sqlite3_stmt *row;
        int r = store_bind(store, which, &row, "ui", node, (int64_t) most);
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        found.number = column_u64(row, 0);
        found.received = column_u64(row, 1);
        found.has_mac = column_mac(row, 2, &found.mac);
        r = exactly > 0 && found.number != exactly ? -ENOENT : inventory_from_row(store, row, parts, &found);
        sqlite3_reset(row);
        if (r == -EIO)
                r = store_damaged(store, node, found.number);
        if (r == 0 && parts & STORED_LOGS)
                r = read_logs(store, node, found.number, &found.logs);
        if (r < 0)
                stored_inventory_clear(&found);
        else
                *ret = found;
        return r;
}

int store_read_inventory(struct store *store, const struct uuid *node, uint64_t number, int parts, struct stored_inventory *ret) {
        if (number > INT64_MAX)
                return -ENOENT;
        return read_inventory(store, SQL_READ_INVENTORY, node, number, number > 0 ? number : INT64_MAX, parts, ret);
}

int store_read_inventory_before(struct store *store, const struct uuid *node, uint64_t number, bool taken_over, int parts,
                                struct stored_inventory *ret) {
        if (number == 0 || number > INT64_MAX)
                return -ENOENT;
        return read_inventory(store, taken_over ? SQL_READ_GOOD_INVENTORY : SQL_READ_INVENTORY, node, 0, number - 1, parts, ret);
}

int store_list_inventories(struct store *store, const struct uuid *node, json_t *summaries) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_LIST_INVENTORIES, &row, "u", node);
        while (r == 0 && (r = store_row(store, row)) > 0)
                r = json_array_append_new(summaries, json_pack("{s:I, s:I, s:o}", "number", (json_int_t) column_u64(row, 0),
                                                               "received", (json_int_t) column_u64(row, 1), "failure",
                                                               json_text(column_text(row, 2)))) < 0
                            ? -ENOMEM
                            : 0;
        return r;
}
