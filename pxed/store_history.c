/* What grows with time: events, boots. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/store_sqlite.h"

int store_add_event(struct store *store, const struct event *e) {
        return store_run(store, SQL_ADD_EVENT, e->has_mac ? "iisussms" : "iisussus", (int64_t) e->number, (int64_t) e->time,
                         e->kind, e->has_node ? &e->node : NULL, *e->network ? e->network : NULL,
                         *e->daemon ? e->daemon : NULL, e->has_mac ? (const void *) &e->mac : NULL, e->message);
}

int store_forget_events(struct store *store, uint64_t up_to) {
        return store_run(store, SQL_FORGET_EVENTS, "i", (int64_t) up_to);
}

int store_event_range(struct store *store, uint64_t *ret_oldest, uint64_t *ret_newest) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_EVENT_RANGE, &row, "");
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r;
        *ret_oldest = column_u64(row, 0);
        *ret_newest = column_u64(row, 1);
        sqlite3_reset(row);
        return 0;
}

static json_t *event_from_row(sqlite3_stmt *row) {
        char uuid_text[UUID_TEXT_SIZE], mac_text[MAC_TEXT_SIZE];
        struct uuid node;
        struct mac mac;
        bool has_node = column_uuid(row, 3, &node), has_mac = column_mac(row, 6, &mac);
        return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "number", (json_int_t) column_u64(row, 0),
                         "time", (json_int_t) column_u64(row, 1),
                         "kind", json_text(column_text(row, 2)),
                         "node", json_text(has_node ? uuid_format(&node, uuid_text) : NULL),
                         "network", json_text(column_text(row, 4)),
                         "daemon", json_text(column_text(row, 5)),
                         "mac", json_text(has_mac ? mac_format(&mac, mac_text) : NULL),
                         "message", json_text(column_text(row, 7)));
}

int store_read_events(struct store *store, uint64_t after, size_t limit, json_t *events, uint64_t *ret_last) {
        sqlite3_stmt *row;
        *ret_last = after;
        int r = store_bind(store, SQL_READ_EVENTS, &row, "ii", (int64_t) after, (int64_t) limit);
        while (r == 0 && (r = store_row(store, row)) > 0) {
                *ret_last = column_u64(row, 0);
                r = json_array_append_new(events, event_from_row(row)) < 0 ? -ENOMEM : 0;
        }
        return r;
}

int store_put_boot(struct store *store, const struct boot *b) {
        _cleanup_json_ json_t *steps = boot_record_to_json(b);
        _cleanup_free_ char *text = steps ? json_write(steps, JSON_COMPACT, NULL) : NULL;
        if (!text)
                return -ENOMEM;
        return store_run(store, SQL_PUT_BOOT, "imsuiiiiss", (int64_t) b->id, &b->mac, b->network,
                         b->has_node ? &b->node : NULL, (int64_t) b->started, (int64_t) b->heard, (int64_t) b->ended,
                         (int64_t) b->outcome, b->reason, text);
}

int store_forget_boots(struct store *store, const struct mac *mac, uint64_t keep) {
        int r = store_run(store, SQL_FORGET_BOOTS, "mi", mac, (int64_t) keep);
        return r < 0 ? r : store_run(store, SQL_FORGET_OLD_BOOTS, "i", (int64_t) BOOTS_KEPT_MAX);
}

int store_boot_from_row(struct store *store, sqlite3_stmt *row, struct boot **ret) {
        _cleanup_(boot_freep) struct boot *b = NULL;
        struct mac mac;
        const char *text = column_text(row, 9);

        if (!text || !column_mac(row, 1, &mac))
                return -EIO;
        int r = boot_new(&mac, column_u64(row, 4), &b);
        if (r == 0)
                r = column_copy(row, 2, &b->network);
        if (r == 0)
                r = column_copy(row, 8, &b->reason);
        if (r < 0)
                return r;
        b->id = column_u64(row, 0);
        b->has_node = column_uuid(row, 3, &b->node);
        b->heard = column_u64(row, 5);
        b->ended = column_u64(row, 6);
        b->outcome = (enum boot_outcome) (column_u64(row, 7) % BOOT_OUTCOMES);
        _cleanup_json_ json_t *steps = json_parse(text, strlen(text), 8, NULL);
        r = steps ? boot_record_from_json(b, steps) : -EIO;
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(b);
        return 0;
}

static int read_boots(struct store *store, sqlite3_stmt *row, int (*add)(struct boot *boot, void *userdata), void *userdata) {
        int r;
        while ((r = store_row(store, row)) > 0) {
                struct boot *boot;
                r = store_boot_from_row(store, row, &boot);
                if (r == 0)
                        r = add(boot, userdata);
                if (r < 0) {
                        sqlite3_reset(row);
                        break;
                }
        }
        return r;
}

int store_read_boots(struct store *store, const struct uuid *node, const struct mac *mac, uint64_t before, size_t limit,
                     int (*add)(struct boot *boot, void *userdata), void *userdata) {
        sqlite3_stmt *row;
        int64_t below = before > 0 && before <= INT64_MAX ? (int64_t) before : INT64_MAX;
        int r = node  ? store_bind(store, SQL_READ_BOOTS_NODE, &row, "iui", below, node, (int64_t) limit)
                : mac ? store_bind(store, SQL_READ_BOOTS_MAC, &row, "imi", below, mac, (int64_t) limit)
                      : store_bind(store, SQL_READ_BOOTS, &row, "ii", below, (int64_t) limit);
        return r < 0 ? r : read_boots(store, row, add, userdata);
}

int store_read_failed_boots(struct store *store, size_t limit, int (*add)(struct boot *boot, void *userdata), void *userdata) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_READ_FAILED_BOOTS, &row, "i", (int64_t) limit);
        return r < 0 ? r : read_boots(store, row, add, userdata);
}

int store_read_boot(struct store *store, uint64_t id, struct boot **ret) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_READ_BOOT, &row, "i", (int64_t) id);
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        r = store_boot_from_row(store, row, ret);
        sqlite3_reset(row);
        return r;
}

int store_newest_boot(struct store *store, uint64_t *ret_id) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_NEWEST_BOOT, &row, "");
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r;
        *ret_id = column_u64(row, 0);
        sqlite3_reset(row);
        return 0;
}
