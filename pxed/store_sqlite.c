#include "pxed/store_sqlite.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/text.h"

int store_fail(struct store *store, int code) {
        snprintf(store->reason, sizeof store->reason, "%s",
                 store->database ? sqlite3_errmsg(store->database) : sqlite3_errstr(code));
        switch (code & 0xff) {
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_CONSTRAINT:
                return -EEXIST;
        default:
                return -EIO;
        }
}

int store_set_loaded(struct store *store) {
        int code = sqlite3_exec(store->database, "PRAGMA cache_size = -1024", NULL, NULL, NULL);
        return code == SQLITE_OK ? 0 : store_fail(store, code);
}

void store_give_back_memory(struct store *store) {
        sqlite3_db_release_memory(store->database);
}

const char *store_reason(const struct store *store) {
        return store->reason;
}

static int configure(struct store *store) {
        /*
         * A small cache at first: what is loaded goes into memory that stays, and what lies between it is not given back.
         * EXCLUSIVE: a second pxed on the same folder is refused, and no shared memory file is needed. FULL: what a
         * call acknowledged survives the loss of power.
         */
        static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                      "PRAGMA cache_size = -64; PRAGMA temp_store = MEMORY;"
                                      "PRAGMA journal_size_limit = 8388608; PRAGMA trusted_schema = OFF;";
        int code = sqlite3_exec(store->database, pragmas, NULL, NULL, NULL);
        if (code != SQLITE_OK)
                return store_fail(store, code);
        return store_migrate(store);
}

int store_open(const char *folder, struct store **ret, char *reason, size_t reason_size) {
        _cleanup_(store_freep) struct store *store = calloc(1, sizeof *store);
        _cleanup_free_ char *path = path_join(folder, "pxed.db");
        if (!store || !path || packer_new(&store->packer) < 0)
                return -ENOMEM;

        /* It holds the secret of the boot tokens. */
        mode_t mask = umask(0077);
        int code = sqlite3_open_v2(path, &store->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                   NULL);
        int r = code == SQLITE_OK ? 0 : store_fail(store, code);
        if (r == 0) {
                sqlite3_extended_result_codes(store->database, 1);
                sqlite3_busy_timeout(store->database, 2000);
                r = configure(store);
        }
        umask(mask);
        if (r < 0) {
                snprintf(reason, reason_size, "%s: %s", path,
                         r == -EBUSY ? "another pxed uses it: stop that one first" : store->reason);
                return r;
        }
        *ret = TAKE_POINTER(store);
        return 0;
}

struct store *store_free(struct store *store) {
        if (!store)
                return NULL;
        for (int i = 0; i < STATEMENTS; i++)
                sqlite3_finalize(store->statements[i]);
        sqlite3_close(store->database);
        packer_free(store->packer);
        free(store);
        return NULL;
}

static int bind_one(sqlite3_stmt *statement, int at, char type, va_list *arguments) {
        const void *pointer;
        size_t size;

        switch (type) {
        case 'i':
                return sqlite3_bind_int64(statement, at, va_arg(*arguments, int64_t));
        case 's':
                return sqlite3_bind_text(statement, at, va_arg(*arguments, const char *), -1, SQLITE_STATIC);
        case 'm':
                return sqlite3_bind_blob(statement, at, va_arg(*arguments, const struct mac *), sizeof(struct mac),
                                         SQLITE_STATIC);
        case 'u':
                pointer = va_arg(*arguments, const struct uuid *);
                return pointer ? sqlite3_bind_blob(statement, at, pointer, sizeof(struct uuid), SQLITE_STATIC)
                               : sqlite3_bind_null(statement, at);
        case 'b':
                pointer = va_arg(*arguments, const void *);
                size = va_arg(*arguments, size_t);
                return sqlite3_bind_blob64(statement, at, pointer, size, SQLITE_STATIC);
        default:
                return SQLITE_MISUSE;
        }
}

static int bind_all(struct store *store, enum statement which, sqlite3_stmt **ret, const char *types, va_list *arguments) {
        sqlite3_stmt **statement = &store->statements[which];
        int code = SQLITE_OK;
        if (!*statement)
                code = sqlite3_prepare_v3(store->database, store_sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
        else
                sqlite3_reset(*statement);
        for (int i = 0; code == SQLITE_OK && types[i]; i++)
                code = bind_one(*statement, i + 1, types[i], arguments);
        if (code != SQLITE_OK)
                return store_fail(store, code);
        *ret = *statement;
        return 0;
}

int store_bind(struct store *store, enum statement which, sqlite3_stmt **ret, const char *types, ...) {
        va_list arguments;
        va_start(arguments, types);
        int r = bind_all(store, which, ret, types, &arguments);
        va_end(arguments);
        return r;
}

int store_row(struct store *store, sqlite3_stmt *statement) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
                return 1;
        int r = code == SQLITE_DONE ? 0 : store_fail(store, code);
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return r;
}

int store_run(struct store *store, enum statement which, const char *types, ...) {
        sqlite3_stmt *statement;
        va_list arguments;
        va_start(arguments, types);
        int r = bind_all(store, which, &statement, types, &arguments);
        va_end(arguments);
        return r < 0 ? r : store_row(store, statement);
}

int store_begin(struct store *store) {
        return store_run(store, SQL_BEGIN, "");
}

int store_commit(struct store *store) {
        return store_run(store, SQL_COMMIT, "");
}

void store_rollback(struct store *store) {
        char reason[sizeof store->reason];
        memcpy(reason, store->reason, sizeof reason);
        /* After some errors the engine has rolled back itself. */
        if (!sqlite3_get_autocommit(store->database))
                (void) store_run(store, SQL_ROLLBACK, "");
        memcpy(store->reason, reason, sizeof reason);
}

const char *column_text(sqlite3_stmt *statement, int column) {
        return (const char *) sqlite3_column_text(statement, column);
}

uint64_t column_u64(sqlite3_stmt *statement, int column) {
        return (uint64_t) sqlite3_column_int64(statement, column);
}

static bool column_bytes(sqlite3_stmt *statement, int column, void *ret, size_t size) {
        const void *bytes = sqlite3_column_blob(statement, column);
        if (!bytes || (size_t) sqlite3_column_bytes(statement, column) != size)
                return false;
        memcpy(ret, bytes, size);
        return true;
}

bool column_mac(sqlite3_stmt *statement, int column, struct mac *ret) {
        return column_bytes(statement, column, ret, sizeof *ret);
}

bool column_uuid(sqlite3_stmt *statement, int column, struct uuid *ret) {
        return column_bytes(statement, column, ret, sizeof *ret);
}

int column_copy(sqlite3_stmt *statement, int column, char **field) {
        return text_set(field, column_text(statement, column));
}

int store_get_meta(struct store *store, const char *key, char **ret) {
        sqlite3_stmt *row;
        int r = store_bind(store, SQL_GET_META, &row, "s", key);
        if (r == 0)
                r = store_row(store, row);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        *ret = NULL;
        r = column_copy(row, 0, ret);
        sqlite3_reset(row);
        return r;
}

int store_put_meta(struct store *store, const char *key, const char *value) {
        return store_run(store, SQL_PUT_META, "ss", key, value);
}
