#include <errno.h>
#include <stdio.h>

#include "pxed/store_sqlite.h"

#define BOOT_COLUMNS "id, mac, network, node, started, heard, ended, outcome, reason, steps"
#define INVENTORY_COLUMNS "number, received, mac, ramdisk_failure, failure, document_size, document, raw_size, raw"

const char *const store_sql[STATEMENTS] = {
        [SQL_BEGIN] = "BEGIN IMMEDIATE",
        [SQL_COMMIT] = "COMMIT",
        [SQL_ROLLBACK] = "ROLLBACK",
        [SQL_GET_META] = "SELECT value FROM meta WHERE key = ?",
        [SQL_PUT_META] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [SQL_PUT_NODE] = "INSERT OR REPLACE INTO nodes VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [SQL_DELETE_NODE] = "DELETE FROM nodes WHERE id = ?",
        [SQL_PUT_PORT] = "INSERT INTO ports (node, position, mac, boots, interface, chassis, port, switch_vlan, switch_name, switch_vlans, addresses,"
                         " physical_network, expected_chassis, expected_port, port_group, attachment, told_network, told_conflicts) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_DELETE_PORTS] = "DELETE FROM ports WHERE node = ?",
        [SQL_PUT_ASSIGNMENT] = "INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?, ?, ?)",
        [SQL_DELETE_ASSIGNMENT] = "DELETE FROM assignments WHERE node = ?",
        [SQL_DELETE_INVENTORIES] = "DELETE FROM inventories WHERE node = ?",
        [SQL_DELETE_LOGS] = "DELETE FROM inventory_logs WHERE node = ?",
        [SQL_PUT_PROFILE] = "INSERT OR REPLACE INTO profiles VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_DELETE_PROFILE] = "DELETE FROM profiles WHERE name = ?",
        [SQL_PUT_RULE] = "INSERT OR REPLACE INTO rules VALUES (?, ?, ?)",
        [SQL_DELETE_RULE] = "DELETE FROM rules WHERE name = ?",
        [SQL_ADD_EVENT] = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_FORGET_EVENTS] = "DELETE FROM events WHERE number <= ?",
        /* Two look-ups in the index; "SELECT min(), max()" reads the whole table. */
        [SQL_EVENT_RANGE] = "SELECT (SELECT min(number) FROM events), (SELECT max(number) FROM events)",
        [SQL_READ_EVENTS] = "SELECT number, time, kind, node, network, daemon, mac, message FROM events "
                            "WHERE number > ? ORDER BY number LIMIT ?",
        [SQL_PUT_BOOT] = "INSERT OR REPLACE INTO boots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_FORGET_BOOTS] = "DELETE FROM boots WHERE mac = ?1 AND id <= "
                             "(SELECT id FROM boots WHERE mac = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        [SQL_FORGET_OLD_BOOTS] = "DELETE FROM boots WHERE id <= (SELECT max(id) FROM boots) - ?",
        [SQL_NEWEST_BOOT] = "SELECT max(id) FROM boots",
        [SQL_READ_BOOT] = "SELECT " BOOT_COLUMNS " FROM boots WHERE id = ?",
        [SQL_READ_BOOTS] = "SELECT " BOOT_COLUMNS " FROM boots WHERE id < ? ORDER BY id DESC LIMIT ?",
        [SQL_READ_FAILED_BOOTS] = "SELECT " BOOT_COLUMNS " FROM boots WHERE outcome IN (3, 4) ORDER BY id DESC LIMIT ?",
        [SQL_READ_BOOTS_NODE] = "SELECT " BOOT_COLUMNS " FROM boots WHERE id < ? AND node = ? ORDER BY id DESC LIMIT ?",
        [SQL_READ_BOOTS_MAC] = "SELECT " BOOT_COLUMNS " FROM boots WHERE id < ? AND mac = ? ORDER BY id DESC LIMIT ?",
        [SQL_ADD_INVENTORY] = "INSERT INTO inventories (" INVENTORY_COLUMNS ", node, size, post) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_REPLACE_INVENTORY] = "UPDATE inventories SET failure = ?3, document_size = ?4, document = ?5, size = ?6 + length(raw) WHERE node = ?1 AND number = ?2",
        [SQL_PUT_LOGS] = "INSERT OR REPLACE INTO inventory_logs VALUES (?, ?, ?)",
        [SQL_READ_LOGS] = "SELECT logs FROM inventory_logs WHERE node = ? AND number = ?",
        [SQL_SIZES_OF_INVENTORIES] = "SELECT number, size FROM inventories WHERE node = ? ORDER BY number DESC",
        /* But the newest that was taken over: differences are told from it. */
        [SQL_FORGET_INVENTORIES] = "DELETE FROM inventories WHERE node = ?1 AND number <= ?2 AND number <> "
                                   "coalesce((SELECT number FROM inventories WHERE node = ?1 AND failure IS NULL ORDER BY number DESC LIMIT 1), 0)",
        [SQL_HAS_POST] = "SELECT 1 FROM inventories WHERE post = ?",
        [SQL_READ_INVENTORY] = "SELECT " INVENTORY_COLUMNS " FROM inventories WHERE node = ? AND number <= ? ORDER BY number DESC LIMIT 1",
        [SQL_READ_GOOD_INVENTORY] = "SELECT " INVENTORY_COLUMNS " FROM inventories WHERE node = ? AND number <= ? AND failure IS NULL "
                                    "ORDER BY number DESC LIMIT 1",
        [SQL_LIST_INVENTORIES] = "SELECT number, received, failure FROM inventories WHERE node = ? ORDER BY number DESC",
        [SQL_PUT_SIGHTING] = "INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [SQL_DELETE_SIGHTING] = "DELETE FROM sightings WHERE mac = ? AND network = ? AND vlan = ?",
        [SQL_PUT_LEASE] = "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)",
        [SQL_DELETE_LEASE] = "DELETE FROM leases WHERE network = ? AND address = ?",
        [SQL_PUT_SEEN] = "INSERT OR REPLACE INTO networks VALUES (?, ?)",
        [SQL_PUT_BATCH] = "INSERT OR REPLACE INTO batches (role, instance, batch) VALUES (?, ?, ?)",
        [SQL_FORGET_BATCHES] = "DELETE FROM batches WHERE number <= (SELECT max(number) FROM batches) - 64",
        [SQL_GET_BATCH] = "SELECT batch FROM batches WHERE role = ? AND instance = ?",
        [SQL_LOAD_NODES] = "SELECT nodes.*, assignments.profile, parameters, once, assignments.revision, assigned "
                           "FROM nodes LEFT JOIN assignments ON node = id ORDER BY id",
        [SQL_LOAD_PORTS] = "SELECT node, mac, boots, switch_vlan, interface, chassis, port, switch_name, switch_vlans, addresses, physical_network,"
                           " expected_chassis, expected_port, port_group, attachment, told_network, told_conflicts "
                           "FROM ports ORDER BY node, position",
        [SQL_LOAD_PROFILES] = "SELECT * FROM profiles",
        [SQL_LOAD_RULES] = "SELECT name, revision, rule FROM rules",
        [SQL_LOAD_BOOTS] = "SELECT " BOOT_COLUMNS " FROM boots WHERE ended = 0",
        [SQL_LOAD_SIGHTINGS] = "SELECT mac, network, vlan, first, last, protocols, addresses, facts, moved FROM sightings",
        [SQL_LOAD_LEASES] = "SELECT network, address, mac, hostname, expires FROM leases",
        [SQL_LOAD_SEEN] = "SELECT network, seen FROM networks",
};

/* What brings the tables from one version to the next: migrations[0] makes those of version 1. */
static const char *const migrations[] = {
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE nodes (id BLOB PRIMARY KEY, name TEXT NOT NULL, revision INTEGER NOT NULL, created INTEGER NOT NULL,"
        " uuid BLOB, serial TEXT, manufacturer TEXT, product TEXT, architecture TEXT, bmc TEXT, boot_mode INTEGER NOT NULL,"
        " cpus INTEGER NOT NULL, memory INTEGER NOT NULL, tags TEXT, labels TEXT, inspection INTEGER NOT NULL,"
        " asked INTEGER NOT NULL, inspection_started INTEGER NOT NULL, inspection_served INTEGER NOT NULL,"
        " inspection_finished INTEGER NOT NULL, inspection_error TEXT, last_boot INTEGER NOT NULL,"
        " last_inventory INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE ports (node BLOB NOT NULL, position INTEGER NOT NULL, mac BLOB NOT NULL, boots INTEGER NOT NULL,"
        " interface TEXT, chassis TEXT, port TEXT, PRIMARY KEY (node, position)) WITHOUT ROWID;"
        "CREATE TABLE assignments (node BLOB PRIMARY KEY, profile TEXT NOT NULL, parameters TEXT, once INTEGER NOT NULL,"
        " revision INTEGER NOT NULL, assigned INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE profiles (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, kind INTEGER NOT NULL, kernel TEXT,"
        " initrds TEXT, arguments TEXT, parameters TEXT, description TEXT) WITHOUT ROWID;"
        "CREATE TABLE events (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, node BLOB, network TEXT,"
        " daemon TEXT, mac BLOB, message TEXT NOT NULL);"
        "CREATE TABLE boots (id INTEGER PRIMARY KEY, mac BLOB NOT NULL, network TEXT, node BLOB, started INTEGER NOT NULL,"
        " heard INTEGER NOT NULL, ended INTEGER NOT NULL, outcome INTEGER NOT NULL, reason TEXT, steps TEXT NOT NULL);"
        "CREATE INDEX boots_mac ON boots (mac, id);"
        "CREATE INDEX boots_node ON boots (node, id);"
        "CREATE INDEX boots_running ON boots (ended) WHERE ended = 0;"
        "CREATE TABLE inventories (node BLOB NOT NULL, number INTEGER NOT NULL, received INTEGER NOT NULL,"
        " post TEXT NOT NULL UNIQUE, normalized TEXT NOT NULL, raw BLOB NOT NULL, raw_size INTEGER NOT NULL,"
        " UNIQUE (node, number));"
        "CREATE TABLE sightings (mac BLOB NOT NULL, network TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
        " protocols INTEGER NOT NULL, addresses TEXT NOT NULL, PRIMARY KEY (mac, network)) WITHOUT ROWID;"
        "CREATE TABLE leases (network TEXT NOT NULL, address TEXT NOT NULL, mac BLOB NOT NULL, hostname TEXT,"
        " expires INTEGER NOT NULL, PRIMARY KEY (network, address)) WITHOUT ROWID;"
        "CREATE TABLE links (network TEXT PRIMARY KEY, link TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE batches (number INTEGER PRIMARY KEY, role TEXT NOT NULL, instance TEXT NOT NULL,"
        " batch INTEGER NOT NULL, UNIQUE (role, instance));",
        /* Sightings on other VLANs than the network's (-1: on its own), with what a machine says of itself; of a network more than its link. */
        "CREATE TABLE new_sightings (mac BLOB NOT NULL, network TEXT NOT NULL, vlan INTEGER NOT NULL, first INTEGER NOT NULL,"
        " last INTEGER NOT NULL, protocols INTEGER NOT NULL, addresses TEXT NOT NULL, facts TEXT, moved INTEGER NOT NULL,"
        " PRIMARY KEY (mac, network, vlan)) WITHOUT ROWID;"
        "INSERT INTO new_sightings SELECT mac, network, -1, first, last, protocols, addresses, NULL, 0 FROM sightings;"
        "DROP TABLE sightings;"
        "ALTER TABLE new_sightings RENAME TO sightings;"
        "CREATE TABLE networks (network TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID;"
        "INSERT INTO networks SELECT network, '{\"link\":' || link || '}' FROM links;"
        "DROP TABLE links;",
        /* What a switch says of a port, what the controller has set, and what was told of it. */
        "ALTER TABLE ports ADD COLUMN switch_vlan INTEGER NOT NULL DEFAULT 0; ALTER TABLE ports ADD COLUMN switch_name TEXT;"
        "ALTER TABLE ports ADD COLUMN switch_vlans TEXT; ALTER TABLE ports ADD COLUMN physical_network TEXT;"
        "ALTER TABLE ports ADD COLUMN expected_chassis TEXT; ALTER TABLE ports ADD COLUMN expected_port TEXT;"
        "ALTER TABLE ports ADD COLUMN port_group TEXT; ALTER TABLE ports ADD COLUMN attachment TEXT;"
        "ALTER TABLE ports ADD COLUMN told_network TEXT; ALTER TABLE ports ADD COLUMN told_conflicts TEXT;",
        /* What inspections find out, how they end, and what it takes to do one again; rules. */
        "ALTER TABLE nodes ADD COLUMN inspection_since INTEGER NOT NULL DEFAULT 0; ALTER TABLE nodes ADD COLUMN inspection_hook TEXT;"
        "ALTER TABLE nodes ADD COLUMN properties TEXT; ALTER TABLE nodes ADD COLUMN capabilities TEXT;"
        "ALTER TABLE nodes ADD COLUMN traits TEXT; ALTER TABLE nodes ADD COLUMN extra TEXT;"
        "ALTER TABLE nodes ADD COLUMN root_device TEXT; ALTER TABLE nodes ADD COLUMN accelerators TEXT;"
        "ALTER TABLE nodes ADD COLUMN root_device_hints TEXT; ALTER TABLE nodes ADD COLUMN bmc_mac BLOB;"
        "ALTER TABLE nodes ADD COLUMN inspection_aborted INTEGER NOT NULL DEFAULT 0; ALTER TABLE ports ADD COLUMN addresses TEXT;"
        /* What is large comes last, since a column is read by way of all that is before it. A size of 0: the text is not packed. Logs are a table of their
         * own: only the newest inventory keeps them, and to take them out of a row would write the row again. */
        "CREATE TABLE new_inventories (node BLOB NOT NULL, number INTEGER NOT NULL, received INTEGER NOT NULL, size INTEGER NOT NULL,"
        " post TEXT NOT NULL UNIQUE, mac BLOB, ramdisk_failure TEXT, failure TEXT, document_size INTEGER NOT NULL,"
        " raw_size INTEGER NOT NULL, document BLOB NOT NULL, raw BLOB NOT NULL, UNIQUE (node, number));"
        "INSERT INTO new_inventories SELECT node, number, received, length(CAST(normalized AS BLOB)) + length(raw), post, NULL, NULL, NULL, 0,"
        " raw_size, CAST(normalized AS BLOB), raw FROM inventories;"
        "DROP TABLE inventories;"
        "ALTER TABLE new_inventories RENAME TO inventories;"
        "CREATE TABLE inventory_logs (node BLOB PRIMARY KEY, number INTEGER NOT NULL, logs) WITHOUT ROWID;"
        "CREATE TABLE rules (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, rule TEXT NOT NULL) WITHOUT ROWID;",
};

static int read_version(struct store *store, int *ret) {
        sqlite3_stmt *statement;
        int code = sqlite3_prepare_v2(store->database, "PRAGMA user_version", -1, &statement, NULL);
        if (code == SQLITE_OK) {
                code = sqlite3_step(statement);
                *ret = sqlite3_column_int(statement, 0);
                sqlite3_finalize(statement);
        }
        return code == SQLITE_ROW ? 0 : store_fail(store, code);
}

int store_migrate(struct store *store) {
        int version = 0, newest = (int) ELEMENTS(migrations);
        int r = read_version(store, &version);
        if (r < 0)
                return r;
        if (version > newest) {
                snprintf(store->reason, sizeof store->reason,
                         "it was written by a newer pxed (version %d; this one knows %d)", version, newest);
                return -EPROTO;
        }
        for (; version < newest; version++) {
                char set[64];
                snprintf(set, sizeof set, "PRAGMA user_version = %d", version + 1);
                r = store_begin(store);
                if (r < 0)
                        return r;
                int code = sqlite3_exec(store->database, migrations[version], NULL, NULL, NULL);
                if (code == SQLITE_OK)
                        code = sqlite3_exec(store->database, set, NULL, NULL, NULL);
                r = code == SQLITE_OK ? store_commit(store) : store_fail(store, code);
                if (r < 0) {
                        store_rollback(store);
                        return r;
                }
        }
        return 0;
}
