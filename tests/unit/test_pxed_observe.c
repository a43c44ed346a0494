/* What pxed-netcfg reports: neighbours, foreign DHCP servers, conflicts, repairs, and MACs that move. */
#include "tests/unit/pxed_fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "pxed/inventory_keep.h"
#include "pxed/network_seen.h"
#include "pxed/store_sqlite.h"

#define HOUR (3600 * USEC_PER_SEC)

static int setup_networks(void **state) {
        struct fixture *f;
        int r = setup((void **) &f);
        f->more = "[network other]\ninterface=eth1\naddress=198.51.100.1/25\ndhcp=proxy\n"
                  "[network third]\ninterface=eth2\naddress=198.51.100.129/25\ndhcp=off\n";
        reopen(f);
        *state = f;
        return r;
}

/* The message of the newest event of a kind; NULL: there is none. The caller frees it. */
static char *message_of(struct fixture *f, const char *kind) {
        _cleanup_json_ json_t *events = json_array();
        char *message = NULL;
        json_t *event;
        uint64_t last;
        size_t i;
        assert_int_equal(store_read_events(f->state->store, 0, 10000, events, &last), 0);
        json_array_foreach(events, i, event)
                if (strcmp(json_get_string(event, "kind"), kind) == 0) {
                        free(message);
                        message = strdup(json_get_string(event, "message"));
                }
        return message;
}

static void assert_told(struct fixture *f, const char *kind, size_t count, const char *part) {
        _cleanup_free_ char *message = message_of(f, kind);
        assert_int_equal(count_events(f, kind), count);
        if (part && (!message || !strstr(message, part)))
                fail_msg("\"%s\" does not say \"%s\"", message, part);
}

/* neighbours: JSON, the members of the array. */
static void report_link(struct fixture *f, uint64_t now, const char *carrier, const char *neighbours) {
        char text[2048];
        snprintf(text, sizeof text,
                 "[{\"time\":1,\"link\":{\"network\":\"lab\",\"exists\":true,\"up\":true,\"carrier\":%s,\"addresses\":[],\"neighbours\":[%s]}}]",
                 carrier, neighbours);
        assert_int_equal(report(f, now, text, NULL), 0);
}

#define NEIGHBOUR(protocol, chassis, port, last)                                                                           \
        "{\"interface\":\"eth0\",\"protocol\":\"" protocol "\",\"chassis\":\"" chassis "\",\"port\":\"" port "\",\"systemName\":\"name-" chassis \
        "\",\"managementAddresses\":[],\"firstSeen\":1,\"lastSeen\":" last "}"

static void test_neighbours(void **state) {
        struct fixture *f = *state;
        report_link(f, NOW, "true", "");
        report_link(f, NOW, "true", NEIGHBOUR("lldp", "leaf1", "p1", "1"));
        report_link(f, NOW, "true", NEIGHBOUR("lldp", "leaf1", "p1", "2") "," NEIGHBOUR("cdp", "leaf1.example", "Port1", "3"));
        /* Another who announces himself on the same wire changes nothing, whoever is heard last. */
        report_link(f, NOW, "true", NEIGHBOUR("lldp", "leaf1", "p1", "2") "," NEIGHBOUR("lldp", "machine", "eth0", "9"));
        assert_told(f, "network.neighbour", 0, NULL);
        /* The cable was taken out; silence is no other switch. */
        report_link(f, NOW, "false", "");
        reopen(f);
        report_link(f, NOW, "true", NEIGHBOUR("lldp", "leaf1", "p1", "10"));
        assert_told(f, "network.neighbour", 0, NULL);
        report_link(f, NOW, "true", NEIGHBOUR("lldp", "leaf2", "p7", "20"));
        assert_told(f, "network.neighbour", 1, "port p7 of name-leaf2 (leaf2)");
        assert_told(f, "network.neighbour", 1, "before it was port p1 of name-leaf1 (leaf1)");
        /* The same switch by CDP alone is no other place. */
        report_link(f, NOW, "true", NEIGHBOUR("cdp", "leaf2.example", "Port7", "30"));
        assert_told(f, "network.neighbour", 1, NULL);
        report_link(f, NOW, "true", NEIGHBOUR("cdp", "leaf2.example", "Port8", "40"));
        assert_told(f, "network.neighbour", 2, "port Port8");
        assert_int_equal(count_events(f, "network.carrier"), 1);
        assert_int_equal(count_events(f, "network.no-carrier"), 1);
        reopen(f);
        const json_t *link = json_object_get(json_object_get(f->state->seen, "lab"), "link");
        assert_int_equal(json_array_size(json_get_array(link, "neighbours")), 1);
}

static int report_server(struct fixture *f, const char *network, const char *address, uint64_t seen, const char *more) {
        char text[1024];
        snprintf(text, sizeof text,
                 "[{\"time\":1,\"foreignServer\":{\"network\":\"%s\",\"address\":\"%s\",\"mac\":\"52:54:00:00:99:01\",\"offered\":\"192.0.2.77\","
                 "\"client\":\"52:54:00:00:00:07\",\"firstSeen\":%llu,\"lastSeen\":%llu%s}}]",
                 network, address, (unsigned long long) seen, (unsigned long long) seen, more);
        return report(f, seen, text, NULL);
}

static size_t listed(struct fixture *f, const char *network, uint64_t now) {
        _cleanup_json_ json_t *list = network_seen_foreign(json_object_get(f->state->seen, network), now);
        return json_array_size(list);
}

static void test_foreign_server(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report_server(f, "lab", "192.0.2.9", NOW, ",\"file\":\"evil.0\""), 0);
        assert_told(f, "network.foreign-server", 1, "DHCP server 192.0.2.9 at 52:54:00:00:99:01");
        assert_told(f, "network.foreign-server", 1, "offered 192.0.2.77 to 52:54:00:00:00:07, file evil.0");
        assert_int_equal(report_server(f, "lab", "192.0.2.9", NOW + HOUR - 1, ""), 0);
        assert_told(f, "network.foreign-server", 1, NULL);
        reopen(f);
        assert_int_equal(listed(f, "lab", NOW + HOUR), 1);
        assert_int_equal(listed(f, "lab", NOW + 3 * HOUR), 0);
        assert_int_equal(listed(f, "other", NOW), 0);
        assert_int_equal(report_server(f, "lab", "192.0.2.9", NOW + 3 * HOUR, ""), 0);
        assert_told(f, "network.foreign-server", 2, "answers again");
        assert_int_equal(report_server(f, "lab", "192.0.2.9", NOW + 3 * HOUR, ",\"vlan\":30"), 0);
        assert_told(f, "network.foreign-server", 3, "(on VLAN 30)");
        assert_int_equal(listed(f, "lab", NOW + 3 * HOUR), 2);
        /* Whoever makes servers up makes no more than so many. */
        for (unsigned i = 0; i < 200; i++) {
                char address[32];
                snprintf(address, sizeof address, "10.0.0.%u", i);
                assert_int_equal(report_server(f, "lab", address, NOW + 4 * HOUR + i, ""), 0);
        }
        assert_int_equal(listed(f, "lab", NOW + 4 * HOUR), FOREIGN_SERVERS_MAX);
        assert_int_equal(report_server(f, "gone", "192.0.2.9", NOW, ""), 0);
        assert_int_equal(report_server(f, "lab", "nowhere", NOW, ""), -EINVAL);
}

/* With dhcp = proxy another server gives the addresses: one. */
static void test_foreign_server_of_proxy(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report_server(f, "other", "198.51.100.2", NOW, ""), 0);
        assert_int_equal(report_server(f, "other", "198.51.100.2", NOW + 2 * HOUR, ""), 0);
        assert_told(f, "network.foreign-server", 0, NULL);
        assert_int_equal(listed(f, "other", NOW + 2 * HOUR), 1);
        assert_int_equal(report_server(f, "other", "198.51.100.3", NOW + 2 * HOUR, ""), 0);
        assert_told(f, "network.foreign-server", 1, "198.51.100.3");
        assert_told(f, "network.foreign-server", 1, "besides 198.51.100.2");
        /* On another VLAN no server is expected. */
        assert_int_equal(report_server(f, "other", "198.51.100.2", NOW + 2 * HOUR, ",\"vlan\":0"), 0);
        assert_told(f, "network.foreign-server", 2, NULL);
        /* The first one has been replaced. */
        assert_int_equal(report_server(f, "other", "198.51.100.3", NOW + 48 * HOUR, ""), 0);
        assert_told(f, "network.foreign-server", 2, NULL);
}

static void test_conflict_and_repair(void **state) {
        struct fixture *f = *state;
        struct observe_error error;
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"kind\":\"script\","
                                        "\"profile\":\"inspect\"}}]", NULL), 0);
#define CONFLICT(address, macs) "[{\"time\":1,\"addressConflict\":{\"network\":\"lab\",\"address\":\"" address "\",\"macs\":[" macs "]}}]"
        assert_int_equal(report(f, NOW, CONFLICT("192.0.2.5", "\"52:54:00:00:00:02\",\"52:54:00:00:00:01\""), NULL), 0);
        assert_told(f, "network.address-conflict", 1, "192.0.2.5 is claimed at the same time by 52:54:00:00:00:02 and "
                                                      "52:54:00:00:00:01 (node-525400000001)");
        assert_int_equal(report(f, NOW, CONFLICT("nowhere", "\"52:54:00:00:00:02\",\"52:54:00:00:00:01\""), &error), -EINVAL);
        assert_string_equal(error.field, "observations[0].addressConflict.address");
        assert_int_equal(report(f, NOW, CONFLICT("192.0.2.5", ""), &error), -EINVAL);
        assert_int_equal(report(f, NOW, CONFLICT("192.0.2.5", "\"52:54:00:00:00:02\",\"x\""), &error), -EINVAL);
        assert_int_equal(report(f, NOW, CONFLICT("192.0.2.6", "\"52:54:00:00:00:02\""), NULL), 0);
        assert_told(f, "network.address-conflict", 2, "192.0.2.6 was given to 52:54:00:00:00:02, which found it in use");
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"repair\":{\"network\":\"lab\",\"actions\":[\"set eth0 up\",\"added 192.0.2.1/24\"]}}]", NULL), 0);
        assert_told(f, "network.repaired", 1, "lab was mended: set eth0 up; added 192.0.2.1/24");
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"repair\":{\"network\":\"gone\",\"actions\":[]}}]", NULL), 0);
        assert_told(f, "network.repaired", 1, NULL);
}

static void see(struct fixture *f, const char *network, uint64_t when, const char *more) {
        char text[512];
        snprintf(text, sizeof text,
                 "[{\"time\":1,\"sighting\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"%s\",\"addresses\":[],\"firstSeen\":%llu,"
                 "\"lastSeen\":%llu,\"protocols\":[\"arp\"]%s}}]",
                 network, (unsigned long long) when, (unsigned long long) when, more);
        assert_int_equal(report(f, when, text, NULL), 0);
}

static void test_moved(void **state) {
        struct fixture *f = *state;
        see(f, "lab", NOW, "");
        see(f, "lab", NOW + HOUR, "");
        /* On another VLAN of an interface it is on no network of ours. */
        see(f, "third", NOW + HOUR, ",\"vlan\":9");
        assert_told(f, "sighting.moved", 0, NULL);
        see(f, "other", NOW + 2 * HOUR, "");
        assert_told(f, "sighting.moved", 1, "52:54:00:00:00:01 has moved from network lab, where it was seen since 2023-11-14 22:13:20 UTC and "
                                            "last at 2023-11-14 23:13:20 UTC, to network other");
        /* Told late: it was there before. */
        see(f, "third", NOW + HOUR / 2, "");
        assert_told(f, "sighting.moved", 1, NULL);
        /* At most once an hour, also over a restart. */
        reopen(f);
        see(f, "lab", NOW + 2 * HOUR + HOUR / 2, "");
        assert_told(f, "sighting.moved", 1, NULL);
        /* Back where it was long ago. */
        see(f, "third", NOW + 12 * HOUR, "");
        assert_told(f, "sighting.moved", 2, "from network lab");
}

/* A NIC on a trunk is on several networks: that is told once. */
static void test_trunk(void **state) {
        struct fixture *f = *state;
        for (unsigned i = 0; i < 600; i++)
                see(f, i % 2 ? "lab" : "other", NOW + i * HOUR / 60, "");
        assert_told(f, "sighting.moved", 1, NULL);
}

static void test_facts_and_strays(void **state) {
        struct fixture *f = *state;
        struct mac mac = mac_of(1);
        see(f, "lab", NOW, ",\"hostname\":\"one\",\"vendorClass\":\"PXEClient\",\"architecture\":7");
        see(f, "lab", NOW + 1, "");
        reopen(f);
        const struct sighting *seen = sightings_last(&f->state->sightings, &mac);
        assert_string_equal(seen->facts, "{\"architecture\":7,\"hostname\":\"one\",\"vendorClass\":\"PXEClient\"}");
        see(f, "lab", NOW + 2, ",\"hostname\":\"two\",\"vlan\":null");
        assert_string_equal(sightings_last(&f->state->sightings, &mac)->facts, "{\"hostname\":\"two\"}");
        for (unsigned vlan = 0; vlan < 100; vlan++) {
                char more[32];
                snprintf(more, sizeof more, ",\"vlan\":%u", vlan);
                see(f, "lab", NOW + 3, more);
        }
        assert_int_equal(f->state->sightings.count, 1 + SIGHTING_STRAYS_MAX);
        assert_int_equal(sightings_last(&f->state->sightings, &mac)->last, NOW + 2);
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"sighting\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"addresses\":[],\"firstSeen\":1,"
                                        "\"lastSeen\":1,\"protocols\":[\"dhcp6\"],\"vlan\":4096}}]", NULL), -EINVAL);
        reopen(f);
        assert_int_equal(f->state->sightings.count, 1 + SIGHTING_STRAYS_MAX);
        assert_non_null(sightings_find(&f->state->sightings, &mac, "lab", 0));
}

/* A database as the version before had it. */
static void test_migration(void **state) {
        struct fixture *f = *state;
        struct mac mac = mac_of(1);
        sqlite3 *database;
        char path[128];
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"step\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"kind\":\"script\","
                                        "\"profile\":\"inspect\"}}]", NULL), 0);
        f->state = state_free(f->state);
        snprintf(path, sizeof path, "%s/pxed.db", f->folder);
        assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
        assert_int_equal(sqlite3_exec(database,
                "DROP TABLE sightings; DROP TABLE networks;"
                "CREATE TABLE sightings (mac BLOB NOT NULL, network TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
                " protocols INTEGER NOT NULL, addresses TEXT NOT NULL, PRIMARY KEY (mac, network)) WITHOUT ROWID;"
                "CREATE TABLE links (network TEXT PRIMARY KEY, link TEXT NOT NULL) WITHOUT ROWID;"
                "INSERT INTO sightings VALUES (x'525400000001', 'lab', 5, 6, 3, '192.0.2.5');"
                "INSERT INTO links VALUES ('lab', '{\"exists\":true,\"up\":true,\"carrier\":true,\"addresses\":[]}');"
                "ALTER TABLE ports RENAME TO new_ports;"
                "CREATE TABLE ports (node BLOB NOT NULL, position INTEGER NOT NULL, mac BLOB NOT NULL, boots INTEGER NOT NULL,"
                " interface TEXT, chassis TEXT, port TEXT, PRIMARY KEY (node, position)) WITHOUT ROWID;"
                "INSERT INTO ports SELECT node, position, mac, boots, 'eth0', '00:11:22:33:44:55', 'p1' FROM new_ports;"
                "DROP TABLE new_ports;"
                "ALTER TABLE nodes DROP COLUMN inspection_since;"
                "ALTER TABLE nodes DROP COLUMN inspection_hook;"
                "ALTER TABLE nodes DROP COLUMN properties;"
                "ALTER TABLE nodes DROP COLUMN capabilities;"
                "ALTER TABLE nodes DROP COLUMN traits;"
                "ALTER TABLE nodes DROP COLUMN extra;"
                "ALTER TABLE nodes DROP COLUMN root_device;"
                "ALTER TABLE nodes DROP COLUMN accelerators;"
                "ALTER TABLE nodes DROP COLUMN root_device_hints;"
                "ALTER TABLE nodes DROP COLUMN bmc_mac;"
                "ALTER TABLE nodes DROP COLUMN inspection_aborted;"
                "DROP TABLE inventory_logs; DROP TABLE inventories;"
                "CREATE TABLE inventories (node BLOB NOT NULL, number INTEGER NOT NULL, received INTEGER NOT NULL,"
                " post TEXT NOT NULL UNIQUE, normalized TEXT NOT NULL, raw BLOB NOT NULL, raw_size INTEGER NOT NULL, UNIQUE (node, number));"
                "INSERT INTO inventories SELECT id, 1, 7, 'p', '{\"cpus\":4}', x'789cab564a54b232ac0500082a0209', 7 FROM nodes;"
                "DROP TABLE rules;"
                "PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(database);
        open_state(f);
        const struct sighting *seen = sightings_last(&f->state->sightings, &mac);
        assert_non_null(seen);
        assert_int_equal(seen->vlan, VLAN_NONE);
        assert_int_equal(seen->last, 6);
        assert_int_equal(seen->n_addresses, 1);
        assert_null(seen->facts);
        assert_true(json_get_bool(json_get_object(json_get_object(f->state->seen, "lab"), "link"), "carrier", false));
        report_link(f, NOW, "false", "");
        assert_told(f, "network.no-carrier", 1, NULL);
        const struct node *node = node_at(f, 1);
        assert_non_null(node);
        assert_true(node->ports[0].boots);
        assert_string_equal(node->ports[0].switch_port, "p1");
        assert_null(node->ports[0].attachment);
        assert_null(node->properties);
        assert_null(node->root_device_hints);
        _cleanup_kept_ struct kept_inventory kept = {};
        assert_int_equal(inventory_read(f->state->store, &node->id, 0, STORED_RAW | STORED_LOGS, &kept), 0);
        assert_int_equal(kept.received, 7);
        assert_int_equal(json_get_int(kept.inventory, "cpus", 0), 4);
        assert_int_equal(json_get_int(kept.raw, "a", 0), 1);
        assert_null(kept.failure);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_networks, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_neighbours),
                TEST(test_foreign_server),
                TEST(test_foreign_server_of_proxy),
                TEST(test_conflict_and_repair),
                TEST(test_moved),
                TEST(test_trunk),
                TEST(test_facts_and_strays),
                TEST(test_migration),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
