/* The parts of the SQLite store among themselves. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "pxed/pack.h"
#include "pxed/store.h"

enum statement {
        SQL_BEGIN,
        SQL_COMMIT,
        SQL_ROLLBACK,
        SQL_GET_META,
        SQL_PUT_META,
        SQL_PUT_NODE,
        SQL_DELETE_NODE,
        SQL_PUT_PORT,
        SQL_DELETE_PORTS,
        SQL_PUT_ASSIGNMENT,
        SQL_DELETE_ASSIGNMENT,
        SQL_DELETE_INVENTORIES,
        SQL_DELETE_LOGS,
        SQL_PUT_PROFILE,
        SQL_DELETE_PROFILE,
        SQL_PUT_RULE,
        SQL_DELETE_RULE,
        SQL_ADD_EVENT,
        SQL_FORGET_EVENTS,
        SQL_EVENT_RANGE,
        SQL_READ_EVENTS,
        SQL_PUT_BOOT,
        SQL_FORGET_BOOTS,
        SQL_FORGET_OLD_BOOTS,
        SQL_NEWEST_BOOT,
        SQL_READ_BOOT,
        SQL_READ_BOOTS,
        SQL_READ_FAILED_BOOTS,
        SQL_READ_BOOTS_NODE,
        SQL_READ_BOOTS_MAC,
        SQL_ADD_INVENTORY,
        SQL_REPLACE_INVENTORY,
        SQL_PUT_LOGS,
        SQL_READ_LOGS,
        SQL_SIZES_OF_INVENTORIES,
        SQL_FORGET_INVENTORIES,
        SQL_HAS_POST,
        SQL_READ_INVENTORY,
        SQL_READ_GOOD_INVENTORY,
        SQL_LIST_INVENTORIES,
        SQL_PUT_SIGHTING,
        SQL_DELETE_SIGHTING,
        SQL_PUT_LEASE,
        SQL_DELETE_LEASE,
        SQL_PUT_SEEN,
        SQL_PUT_BATCH,
        SQL_FORGET_BATCHES,
        SQL_GET_BATCH,
        SQL_LOAD_NODES,
        SQL_LOAD_PORTS,
        SQL_LOAD_PROFILES,
        SQL_LOAD_RULES,
        SQL_LOAD_BOOTS,
        SQL_LOAD_SIGHTINGS,
        SQL_LOAD_LEASES,
        SQL_LOAD_SEEN,
        STATEMENTS
};

extern const char *const store_sql[STATEMENTS];
/* Brings the tables from `version` (0: none) to the newest. */
int store_migrate(struct store *store);

struct store {
        sqlite3 *database;
        sqlite3_stmt *statements[STATEMENTS]; /* prepared when first used */
        struct packer *packer;
        char reason[256];
};

/* Keeps the engine's words and gives the errno for its result code. */
int store_fail(struct store *store, int code);
/* All is in memory that is to be: from now on the store keeps more of what it reads. */
int store_set_loaded(struct store *store);
/*
 * A statement with its parameters bound, by a letter each:
 *   i int64_t    s const char * (NULL: null)    m const struct mac *    u const struct uuid * (NULL: null)
 *   b const void * and size_t
 * Texts and blobs must stay until the statement is reset.
 */
int store_bind(struct store *store, enum statement which, sqlite3_stmt **ret, const char *types, ...);
/* Runs a statement that gives no rows. */
int store_run(struct store *store, enum statement which, const char *types, ...);
/* The next row: 1, 0 at the end (the statement is reset then), or a negative errno (reset too). */
int store_row(struct store *store, sqlite3_stmt *statement);

const char *column_text(sqlite3_stmt *statement, int column); /* NULL: null */
uint64_t column_u64(sqlite3_stmt *statement, int column);
/* False: it is null, or not of that size. */
bool column_mac(sqlite3_stmt *statement, int column, struct mac *ret);
bool column_uuid(sqlite3_stmt *statement, int column, struct uuid *ret);
/* Copies a text column. */
int column_copy(sqlite3_stmt *statement, int column, char **field);

/* From a row of boots, in the order of SQL_READ_BOOT. */
int store_boot_from_row(struct store *store, sqlite3_stmt *row, struct boot **ret);
