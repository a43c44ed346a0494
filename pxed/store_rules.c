/* Inspection rules, as JSON text. */
#include <errno.h>

#include "pxed/store_sqlite.h"

int store_put_rule(struct store *store, const char *name, uint64_t revision, const char *rule) {
        return store_run(store, SQL_PUT_RULE, "sis", name, (int64_t) revision, rule);
}

int store_delete_rule(struct store *store, const char *name) {
        return store_run(store, SQL_DELETE_RULE, "s", name);
}

int store_load_rules(struct store *store, int (*add)(const char *name, uint64_t revision, const char *rule, void *userdata), void *userdata) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_LOAD_RULES, &row, "");
        while (r == 0 && (r = store_row(store, row)) > 0)
                r = add(column_text(row, 0), column_u64(row, 1), column_text(row, 2), userdata);
        return r;
}
