/* What is stored comes back; a change that the store refuses leaves nothing behind; what workers report does what it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/ageing.h"
#include "pxed/identity.h"
#include "pxed/inventory_keep.h"
#include "pxed/observe.h"
#include "pxed/shared.h"
#include "pxed/store_sqlite.h"
#include "tests/unit/pxed_fixture.h"

static const struct junk no_junk = { 0 };

#define U1 "01234567-89ab-4cde-8f01-23456789abcd"

#define STEP(time, kind, more) "{\"time\":" time ",\"step\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"kind\":\"" kind "\"" more "}}"
#define INVENTORY(time, post, mac, uuid, serial, more)                                                                              \
        "{\"time\":" time ",\"inventory\":{\"mac\":\"" mac "\",\"post\":\"" post "\",\"raw\":{\"a\":1}," more "\"normalized\":{\"uuid\":\"" \
        uuid "\",\"serial\":\"" serial "\",\"architecture\":\"x86_64\",\"memory\":1073741824,\"cpus\":4,\"disks\":[],\"errors\":[],\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"" mac        \
        "\",\"addresses\":[],\"boots\":true}]}}}"

static void test_round_trip(void **state) {
        struct fixture *f = *state;
        _cleanup_(change_freep) struct change *change = NULL;
        struct node *node;
        struct mac mac = mac_of(1), second = mac_of(2);
        struct uuid uuid;
        struct port *port;
        struct ip address;

        uuid_parse(U1, &uuid);
        ip_parse("192.0.2.100", &address);
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(identity_new_node(&f->state->nodes, &no_junk, &mac, &uuid, NOW, &node), 0);
        assert_int_equal(node_add_port(node, &second, &port), 0);
        shared_set(&port->switch_port, "Gi1/0/1", 99);
        port->switch_vlan = 4094;
        for (size_t i = 3; i < PORT_TEXTS; i++) {
                const char text[] = { (char) ('a' + i), '\0' };
                shared_set(&port->texts[i], text, 99);
        }
        text_set(&node->serial, "S1");
        text_set(&node->labels, "{\"a\":\"b\"}");
        node->assignment = assignment_new("deb", "{\"p\":\"q\"}", true, change_revision(change), NOW);
        node->inspection.state = INSPECTION_ERROR;
        text_set(&node->inspection.error, "why");
        node->memory = (int64_t) 1 << 41;
        struct uuid id = node->id;
        assert_int_equal(change_put_node(change, node, true), 0);
        assert_int_equal(change_put_lease(change, lease_new("lab", &mac, &address, "host", 0)), 0);
        assert_int_equal(change_put_sighting(change, sighting_new(&mac, "lab", VLAN_NONE, &address, 1, "{\"hostname\":\"h\"}")), 0);
        assert_int_equal(change_event(change, "node.created", node, &mac, "lab", NULL, "hello"), 0);
        assert_int_equal(change_commit(change), 0);
        change = change_free(change);
        assert_int_equal(f->state->revision, 1);

        uint8_t secret[TOKEN_SECRET_SIZE];
        memcpy(secret, f->state->secret, sizeof secret);
        reopen(f);
        assert_memory_equal(secret, f->state->secret, sizeof secret);
        assert_int_equal(f->state->revision, 1);
        assert_int_equal(f->state->event_newest, 1);
        node = registry_by_id(&f->state->nodes, &id);
        assert_non_null(node);
        assert_int_equal(node->n_ports, 2);
        assert_true(node->ports[0].boots);
        assert_string_equal(node->ports[1].switch_port, "Gi1/0/1");
        assert_int_equal(node->ports[1].switch_vlan, 4094);
        assert_string_equal(node->ports[1].switch_name, "d");
        assert_string_equal(node->ports[1].told_conflicts, "m");
        for (size_t i = 3; i < PORT_TEXTS; i++)
                assert_int_equal(node->ports[1].texts[i][0], 'a' + i);
        assert_string_equal(node->serial, "S1");
        assert_string_equal(node->labels, "{\"a\":\"b\"}");
        assert_string_equal(node->assignment->profile, "deb");
        assert_string_equal(node->assignment->parameters, "{\"p\":\"q\"}");
        assert_true(node->assignment->once);
        assert_int_equal(node->assignment->revision, 1);
        assert_int_equal(node->inspection.state, INSPECTION_ERROR);
        assert_string_equal(node->inspection.error, "why");
        assert_int_equal(node->memory, (int64_t) 1 << 41);
        assert_true(node->has_uuid);
        assert_non_null(leases_find(&f->state->leases, "lab", &address));
        const struct sighting *seen = sightings_find(&f->state->sightings, &mac, "lab", VLAN_NONE);
        assert_non_null(seen);
        assert_string_equal(seen->facts, "{\"hostname\":\"h\"}");
        assert_null(sightings_find(&f->state->sightings, &mac, "lab", 0));
}

static void test_nodes_and_ports_match(void **state) {
        struct fixture *f = *state;
        for (unsigned n = 0; n < 300; n++) {
                _cleanup_(change_freep) struct change *change = NULL;
                struct node *node;
                struct mac mac = mac_of(n * 4);
                assert_int_equal(change_begin(f->state, NOW, &change), 0);
                assert_int_equal(identity_new_node(&f->state->nodes, &no_junk, &mac, NULL, NOW, &node), 0);
                for (unsigned k = 1; k < n % 4; k++) {
                        struct mac other = mac_of(n * 4 + k);
                        node_add_port(node, &other, NULL);
                }
                if (n % 5 == 0)
                        node_remove_port(node, &mac);
                assert_int_equal(change_put_node(change, node, true), 0);
                assert_int_equal(change_commit(change), 0);
        }
        /* Ports of no node are nobody's, wherever they stand in the order. */
        assert_int_equal(sqlite3_exec(f->state->store->database, "INSERT INTO ports (node, position, mac, boots, interface, chassis, port) VALUES (x'00000000000000000000000000000000', 0, "
                                      "x'525400ffffff', 0, NULL, NULL, NULL), (x'80000000000000000000000000000000', 0, x'525400fffffe', 0, "
                                      "NULL, NULL, NULL)", NULL, NULL, NULL), SQLITE_OK);
        reopen(f);
        assert_null(node_at(f, 0xffffff));
        assert_null(node_at(f, 0xfffffe));
        assert_int_equal(f->state->nodes.count, 300);
        for (unsigned n = 0; n < 300; n++) {
                struct node *node = node_at(f, n * 4);
                assert_int_equal(node == NULL, n % 5 == 0);
                if (node)
                        assert_int_equal(node->n_ports, n % 4 > 1 ? n % 4 : 1);
        }
}

static int told_error;

static void stored(int error, const char *reason, void *userdata) {
        told_error = error;
}

static void set_page_limit(struct fixture *f, const char *limit) {
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA max_page_count = %s", limit);
        assert_int_equal(sqlite3_exec(f->state->store->database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_full_disk(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, "[" STEP("1", "script", ",\"profile\":\"inspect\"") "]", NULL), 0);
        struct node *node = node_at(f, 1);
        assert_non_null(node);
        uint64_t revision = f->state->revision, newest = f->state->event_newest;
        f->state->stored = stored;

        set_page_limit(f, "1"); /* not below what there is: no page more */
        int r = 0;
        unsigned n;
        for (n = 0; r == 0 && n < 1000; n++) {
                char text[512];
                revision = f->state->revision;
                newest = f->state->event_newest;
                snprintf(text, sizeof text, "[{\"time\":1,\"step\":{\"mac\":\"52:54:00:01:%02x:%02x\",\"network\":\"lab\",\"kind\":\"script\","
                                            "\"profile\":\"inspect\"}}]", n / 256, n % 256);
                r = report(f, NOW, text, NULL);
        }
        assert_int_equal(r, -ENOSPC);
        assert_int_equal(told_error, -ENOSPC);
        /* Nothing of the change is there. */
        assert_int_equal(f->state->revision, revision);
        assert_int_equal(f->state->event_newest, newest);
        struct mac mac = { { 0x52, 0x54, 0, 1, (uint8_t) ((n - 1) / 256), (uint8_t) (n - 1) } };
        assert_null(registry_by_mac(&f->state->nodes, &mac));
        assert_null(boots_latest(&f->state->boots, &mac, UINT64_MAX));
        assert_ptr_equal(node_at(f, 1), node);
        /* What was there is still read. */
        assert_true(count_events(f, "node.created") >= 1);
        /* There is room again. */
        set_page_limit(f, "1000000");
        assert_int_equal(report(f, NOW, "[" STEP("2", "started", ",\"profile\":\"inspect\"") "]", NULL), 0);
        assert_int_equal(told_error, 0);
        reopen(f);
        assert_null(registry_by_mac(&f->state->nodes, &mac));
        count_events(f, NULL);
}

static void test_given_up(void **state) {
        struct fixture *f = *state;
        struct observe_error error;
        assert_int_equal(report(f, NOW, "[" STEP("1", "script", ",\"profile\":\"inspect\"") "]", NULL), 0);
        struct node *node = node_at(f, 1);
        uint64_t sequence = f->state->desired.sequence;
        /* The second observation is bad: the first has not happened either. */
        int r = report(f, NOW, "[" INVENTORY("2", "p", "52:54:00:00:00:01", U1, "S", "") ",{\"time\":3,\"step\":{\"mac\":\"x\",\"kind\":\"tftp\"}}]",
                       &error);
        assert_int_equal(r, -EINVAL);
        assert_string_equal(error.field, "observations[1].step.mac");
        assert_ptr_equal(node_at(f, 1), node);
        assert_int_equal(node->inspection.state, INSPECTION_WAITING);
        assert_int_equal(store_has_post(f->state->store, "p"), 0);
        assert_int_equal(f->state->desired.sequence, sequence);
        assert_int_equal(count_events(f, "node.inspected"), 0);
}

static void test_discovery(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, "[" STEP("1", "discover", ",\"stage\":\"firmware\"") "," STEP("2", "script", ",\"profile\":\"inspect\",\"uuid\":\"" U1 "\"")
                                        "," STEP("3", "started", ",\"profile\":\"inspect\"") "]", NULL), 0);
        struct node *node = node_at(f, 1);
        assert_non_null(node);
        assert_string_equal(node->name, "node-525400000001");
        assert_int_equal(node->inspection.state, INSPECTION_WAITING);
        assert_true(node->inspection.asked);
        assert_true(node->has_uuid);
        uint64_t sequence = f->state->desired.sequence;
        const char *inventory = "[" INVENTORY("4", "p1", "52:54:00:00:00:01", U1, "S1", "") "]";
        assert_int_equal(report(f, NOW, inventory, NULL), 0);
        node = node_at(f, 1);
        assert_int_equal(node->inspection.state, INSPECTION_FINISHED);
        assert_int_equal(node->cpus, 4);
        assert_int_equal(node->last_inventory, 1);
        /* It is not inspected again: the workers are told. */
        assert_non_null(feed_after(&f->state->desired, sequence, DESIRED_NODE));
        assert_int_equal(report(f, NOW, inventory, NULL), 0);
        assert_int_equal(node_at(f, 1)->last_inventory, 1);
        assert_int_equal(count_events(f, "node.created"), 1);
        assert_int_equal(count_events(f, "node.inspected"), 1);
        assert_int_equal(count_events(f, "boot.started"), 1);
        assert_int_equal(count_events(f, "boot.ended"), 1);
        _cleanup_json_ json_t *boots = boots_of(f, 1);
        assert_int_equal(json_array_size(boots), 1);
        assert_string_equal(json_get_string(json_array_get(boots, 0), "outcome"), "inspected");
        /* Unknown machines that boot another profile are none of ours. */
        assert_int_equal(report(f, NOW, "[{\"time\":5,\"step\":{\"mac\":\"52:54:00:00:00:07\",\"kind\":\"script\",\"profile\":\"local\"}}]", NULL), 0);
        assert_null(node_at(f, 7));
}

static void test_inventory_conflicts(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, "[" INVENTORY("1", "p1", "52:54:00:00:00:01", U1, "S1", "") "]", NULL), 0);
        /* Another machine with the same UUID: another node, and the UUID identifies neither. */
        assert_int_equal(report(f, NOW, "[" INVENTORY("2", "p2", "52:54:00:00:00:02", U1, "S2", "") "]", NULL), 0);
        assert_int_equal(f->state->nodes.count, 2);
        assert_ptr_not_equal(node_at(f, 1), node_at(f, 2));
        assert_int_equal(count_events(f, "node.conflict"), 1);
        assert_false(registry_uuid_identifies(&f->state->nodes, node_at(f, 1)));
        /* The same machine with a new card keeps its node. */
        assert_int_equal(report(f, NOW, "[" INVENTORY("3", "p3", "52:54:00:00:00:03", "11111111-2222-4333-8444-555555555501", "S3", "") "]", NULL), 0);
        assert_int_equal(report(f, NOW, "[" INVENTORY("4", "p4", "52:54:00:00:00:04", "11111111-2222-4333-8444-555555555501", "S3", "") "]", NULL), 0);
        assert_int_equal(f->state->nodes.count, 3);
        assert_ptr_equal(node_at(f, 3), node_at(f, 4));
        /* A failure is told, and stored. */
        assert_int_equal(report(f, NOW, "[" INVENTORY("5", "p5", "52:54:00:00:00:04", "11111111-2222-4333-8444-555555555501", "S3", "\"failure\":\"no disk\",") "]", NULL), 0);
        assert_int_equal(node_at(f, 4)->inspection.state, INSPECTION_ERROR);
        assert_string_equal(node_at(f, 4)->inspection.error, "ramdisk-error: no disk");
        assert_string_equal(node_at(f, 4)->inspection.hook, "ramdisk-error");
        /* Two are kept. */
        _cleanup_json_ json_t *kept = json_array();
        assert_int_equal(store_list_inventories(f->state->store, &node_at(f, 4)->id, kept), 0);
        assert_int_equal(json_array_size(kept), 2);
        assert_int_equal(json_get_int(json_array_get(kept, 0), "number", 0), 3);
        _cleanup_kept_ struct kept_inventory newest = {}, good = {};
        assert_int_equal(inventory_read(f->state->store, &node_at(f, 4)->id, 0, true, &newest), 0);
        assert_int_equal(json_get_int(newest.raw, "a", 0), 1);
        assert_int_equal(newest.received, 5);
        assert_string_equal(newest.ramdisk_failure, "no disk");
        assert_string_equal(json_get_string(newest.inventory, "failure"), "ramdisk-error: no disk");
        /* The one to tell differences from is the one before it. */
        assert_int_equal(inventory_read_before(f->state->store, &node_at(f, 4)->id, newest.number, true, &good), 0);
        assert_int_equal(good.number, 2);
        assert_null(good.failure);
}

#define WITH_DISK(time, post, disks, more)                                                                                           \
        "[{\"time\":" time ",\"inventory\":{\"mac\":\"52:54:00:00:00:01\",\"post\":\"" post "\",\"raw\":{}," more                    \
        "\"normalized\":{\"uuid\":\"" U1 "\",\"cpus\":4,\"memory\":1073741824,\"architecture\":\"x86_64\",\"disks\":[" disks          \
        "],\"errors\":[],\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"52:54:00:00:00:01\",\"addresses\":[\"10.0.0." time               \
        "\"],\"boots\":true}]}}}]"
#define DISK "{\"name\":\"/dev/sda\",\"serial\":\"D\",\"size\":480000000000}"

static void assert_newest_event(struct fixture *f, const char *kind, const char *message) {
        _cleanup_json_ json_t *events = json_array();
        const char *found = NULL;
        size_t i;
        json_t *event;
        uint64_t last;
        assert_int_equal(store_read_events(f->state->store, 0, 1000, events, &last), 0);
        json_array_foreach(events, i, event)
                if (strcmp(json_get_string(event, "kind"), kind) == 0)
                        found = json_get_string(event, "message");
        assert_non_null(found);
        assert_string_equal(found, message);
}

/* Told from the newest inventory that was taken over, and not where nothing but addresses differ. */
static void test_hardware_changed(void **state) {
        struct fixture *f = *state;
        char message[200];
        assert_int_equal(report(f, NOW, WITH_DISK("1", "h1", DISK, ""), NULL), 0);
        assert_int_equal(report(f, NOW, WITH_DISK("2", "h2", DISK, ""), NULL), 0);
        assert_int_equal(count_events(f, "node.hardware-changed"), 0);
        assert_int_equal(report(f, NOW, WITH_DISK("3", "h3", "", "\"failure\":\"no\","), NULL), 0);
        assert_int_equal(report(f, NOW, WITH_DISK("4", "h4", "", "\"failure\":\"no\","), NULL), 0);
        assert_int_equal(report(f, NOW, WITH_DISK("5", "h5", "", "\"failure\":\"no\","), NULL), 0);
        assert_int_equal(count_events(f, "node.hardware-changed"), 0);
        assert_int_equal(report(f, NOW, WITH_DISK("6", "h6", "", ""), NULL), 0);
        assert_int_equal(count_events(f, "node.hardware-changed"), 1);
        snprintf(message, sizeof message, "The hardware of %s has changed: disk D (/dev/sda, 480 GB) is gone", node_at(f, 1)->name);
        assert_newest_event(f, "node.hardware-changed", message);
}

static int add_inventory(struct fixture *f, const struct uuid *node, uint64_t number, const char *post, json_t *raw, const char *failure) {
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_(node_freep) struct node *copy = calloc(1, sizeof *copy);
        _cleanup_json_ json_t *inventory = json_pack("{s:s, s:s, s:{s:i}, s:o}", "mac", "52:54:00:00:00:01", "post", post, "normalized", "cpus",
                                                     (int) number, "raw", raw);
        _cleanup_json_ json_t *data = json_pack("{s:i}", "found", (int) number);
        copy->id = *node;
        copy->last_inventory = number;
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        int r = inventory_keep(f->state, change, copy, number, inventory, number % 2 ? data : NULL, failure);
        return r < 0 ? r : change_commit(change);
}

/* `expected` is taken over. */
static void assert_raw(struct fixture *f, const struct uuid *node, uint64_t number, json_t *expected) {
        _cleanup_json_ json_t *wanted = expected;
        _cleanup_kept_ struct kept_inventory kept = {};
        assert_int_equal(inventory_read(f->state->store, node, number, true, &kept), 0);
        assert_int_equal(kept.number, number);
        assert_true(json_equal(kept.raw, wanted));
}

/* What was posted comes back as it was; of older ones without the logs. */
static void test_kept_inventories(void **state) {
        static const char *const logs[] = { "H4sIAAAAAAAA", "H4sIAAAAAA==", "H4sIAAAAAB==" /* not what would be made of its bytes */, "H4sI\nAAAA", "", "\u2028" };
        struct fixture *f = *state;
        struct uuid node;
        uuid_parse(U1, &node);
        for (unsigned i = 0; i < ELEMENTS(logs); i++) {
                char post[8];
                snprintf(post, sizeof post, "k%u", i);
                json_t *posted = json_pack("{s:i, s:s}", "a", (int) i, "logs", logs[i]);
                assert_int_equal(add_inventory(f, &node, i + 1, post, json_incref(posted), NULL), 0);
                assert_raw(f, &node, i + 1, posted);
                if (i > 0)
                        assert_raw(f, &node, i, json_pack("{s:i}", "a", (int) i - 1));
        }
        /* Logs that are no text stay in their place. */
        assert_int_equal(add_inventory(f, &node, 7, "k7", json_pack("{s:[i]}", "logs", 1), NULL), 0);
        assert_raw(f, &node, 7, json_pack("{s:[i]}", "logs", 1));
        assert_raw(f, &node, 6, json_pack("{s:i}", "a", 5));
        /* A post comes once, and nothing of it stays. */
        assert_int_equal(add_inventory(f, &node, 8, "k7", json_object(), NULL), -EEXIST);

        _cleanup_kept_ struct kept_inventory kept = {}, again = {}, none = {};
        assert_int_equal(inventory_read(f->state->store, &node, 0, false, &kept), 0);
        assert_int_equal(kept.number, 7);
        assert_int_equal(kept.received, 7);
        assert_true(kept.has_mac);
        assert_null(kept.raw);
        assert_int_equal(json_get_int(kept.inventory, "cpus", 0), 7);
        assert_int_equal(json_get_int(json_object_get(kept.inventory, "pluginData"), "found", 0), 7);
        assert_true(json_is_null(json_object_get(kept.inventory, "failure")));
        assert_string_equal(json_get_string(kept.inventory, "node"), U1);
        assert_int_equal(inventory_read(f->state->store, &node, 5, false, &none), -ENOENT);
        assert_int_equal(inventory_read(f->state->store, &node, UINT64_MAX, false, &none), -ENOENT);
        assert_int_equal(inventory_read_before(f->state->store, &node, 6, false, &none), -ENOENT);

        /* Reapplied: the same number, the same raw, another outcome. */
        _cleanup_(change_freep) struct change *change = NULL;
        const struct node copy = { .id = node };
        json_object_set_new(kept.inventory, "cpus", json_integer(99));
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(inventory_keep_outcome(change, &copy, 7, kept.inventory, NULL, "root-device: none"), 0);
        assert_int_equal(change_commit(change), 0);
        assert_int_equal(inventory_read(f->state->store, &node, 0, true, &again), 0);
        assert_int_equal(again.number, 7);
        assert_int_equal(json_get_int(again.inventory, "cpus", 0), 99);
        assert_true(json_is_null(json_object_get(again.inventory, "pluginData")));
        assert_string_equal(again.failure, "root-device: none");
        assert_non_null(json_object_get(again.raw, "logs"));
}

/* At most so many, at most so large, and what differences are told from. */
static void test_inventories_forgotten(void **state) {
        struct fixture *f = *state;
        _cleanup_json_ json_t *list = json_array(), *after = json_array();
        struct uuid node;
        uuid_parse(U1, &node);
        assert_int_equal(add_inventory(f, &node, 1, "f1", json_object(), NULL), 0);
        for (unsigned i = 2; i < 7; i++)
                assert_int_equal(add_inventory(f, &node, i, (char[]) { 'f', (char) ('0' + i), 0 }, json_object(), "bad"), 0);
        assert_int_equal(store_list_inventories(f->state->store, &node, list), 0);
        assert_int_equal(json_array_size(list), 3);
        assert_int_equal(json_get_int(json_array_get(list, 0), "number", 0), 6);
        assert_int_equal(json_get_int(json_array_get(list, 2), "number", 0), 1);

        /* Bytes that do not pack. */
        size_t size = INVENTORIES_SIZE_MAX * 3 / 2;
        _cleanup_free_ char *large = malloc(size + 1);
        uint32_t random = 1;
        for (size_t i = 0; i < size; i++)
                large[i] = (char) (' ' + 3 + (random = random * 1664525 + 1013904223) / 65536 % 90);
        large[size] = '\0';
        assert_int_equal(add_inventory(f, &node, 7, "f7", json_pack("{s:s}", "large", large), NULL), 0);
        assert_int_equal(store_list_inventories(f->state->store, &node, after), 0);
        assert_int_equal(json_array_size(after), 1);
        assert_raw(f, &node, 7, json_pack("{s:s}", "large", large));
}

/* A token that names no node, of a machine that has the MACs of two. */
#define TWO_MACS(post, boots, uuid)                                                                                              \
        "[{\"time\":9,\"inventory\":{\"mac\":\"" boots "\",\"post\":\"" post "\",\"raw\":{},\"normalized\":{\"uuid\":\"" uuid  \
        "\",\"disks\":[],\"errors\":[],\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"52:54:00:00:00:01\",\"addresses\":[],\"boots\":false}," \
        "{\"name\":\"eth1\",\"mac\":\"52:54:00:00:00:02\",\"addresses\":[],\"boots\":false}]}}}]"

static void test_inventory_of_nobody(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, "[" INVENTORY("1", "p1", "52:54:00:00:00:01", U1, "S1", "") "," INVENTORY("2", "p2", "52:54:00:00:00:02", "", "S2", "") "]", NULL), 0);
        assert_int_equal(report(f, NOW, TWO_MACS("p3", "52:54:00:00:00:09", ""), NULL), 0);
        assert_int_equal(count_events(f, "inventory.ambiguous"), 1);
        assert_int_equal(f->state->nodes.count, 2);
        assert_int_equal(node_at(f, 1)->last_inventory + node_at(f, 2)->last_inventory, 2);
        /* The UUID is of one of them, but it does not break the tie. */
        assert_int_equal(report(f, NOW, TWO_MACS("p4", "52:54:00:00:00:09", U1), NULL), 0);
        assert_int_equal(count_events(f, "inventory.ambiguous"), 2);
        /* The token's own MAC does. */
        assert_int_equal(report(f, NOW, TWO_MACS("p5", "52:54:00:00:00:02", ""), NULL), 0);
        assert_int_equal(count_events(f, "inventory.ambiguous"), 2);
        assert_int_equal(node_at(f, 2)->last_inventory, 2);
}

#define WITHOUT_TOKEN(post) "[" INVENTORY("9", post, "52:54:00:00:00:01", U1, "S1", "\"withoutToken\":true,") "]"

/* Without a token only what is waited for counts, whatever pxed-introspect knew when it took it. */
static void test_inventory_without_token(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, WITHOUT_TOKEN("p1"), NULL), 0);
        assert_int_equal(node_at(f, 1)->last_inventory, 1);
        assert_int_equal(report(f, NOW, WITHOUT_TOKEN("p2"), NULL), 0);
        assert_int_equal(node_at(f, 1)->last_inventory, 1);
        assert_int_equal(count_events(f, "inventory.unexpected"), 1);
}

/* Values that many machines have, known everywhere or configured. */
static void test_what_many_have(void **state) {
        struct fixture *f = *state;
        f->more = "[pxed]\nshared-macs = 52:54:00:00:01\nshared-uuids = " U1 "\nshared-serials = R0, Ask  IT \n";
        reopen(f);
        /* A UUID or a serial number that is none. */
        assert_int_equal(report(f, NOW, "[" INVENTORY("1", "p1", "52:54:00:00:00:01", U1, "ask  it", "") "]", NULL), 0);
        assert_false(node_at(f, 1)->has_uuid);
        assert_null(node_at(f, 1)->serial);
        assert_int_equal(report(f, NOW, "[" INVENTORY("2", "p2", "52:54:00:00:00:02", U1, "Default string", "") "]", NULL), 0);
        assert_int_equal(f->state->nodes.count, 2);
        assert_null(node_at(f, 2)->serial);
        assert_int_equal(count_events(f, "node.conflict"), 0);
        /* Two machines that boot by the same dongle: told apart by their UUIDs, and the dongle is nobody's. */
        assert_int_equal(report(f, NOW, "[" INVENTORY("3", "p3", "52:54:00:00:01:01", "11111111-2222-4333-8444-555555555501", "A", "") ","
                                            INVENTORY("4", "p4", "52:54:00:00:01:01", "11111111-2222-4333-8444-555555555502", "B", "") ","
                                            INVENTORY("5", "p5", "52:54:00:00:01:01", "11111111-2222-4333-8444-555555555501", "A", "") "]", NULL), 0);
        assert_int_equal(f->state->nodes.count, 4);
        assert_null(node_at(f, 0x101));
        assert_int_equal(count_events(f, "node.conflict"), 0);
        /* Nothing to tell it by. */
        assert_int_equal(report(f, NOW, "[" INVENTORY("6", "p6", "52:54:00:00:01:01", U1, "C", "") "]", NULL), 0);
        assert_int_equal(f->state->nodes.count, 4);
        assert_int_equal(count_events(f, "inventory.ambiguous"), 1);
}

static void test_once(void **state) {
        struct fixture *f = *state;
        assert_int_equal(report(f, NOW, "[" INVENTORY("1", "p1", "52:54:00:00:00:01", U1, "S1", "") "]", NULL), 0);
        struct change *change;
        struct node *node = node_copy(node_at(f, 1));
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        node->assignment = assignment_new("deb", NULL, true, 77, NOW);
        assert_int_equal(change_put_node(change, node, true), 0);
        assert_int_equal(change_commit(change), 0);
        change_free(change);
        /* Another assignment than this one was booted. */
        assert_int_equal(report(f, NOW, "[" STEP("5", "started", ",\"profile\":\"deb\",\"assignment\":76") "]", NULL), 0);
        assert_non_null(node_at(f, 1)->assignment);
        assert_int_equal(report(f, NOW, "[" STEP("6", "started", ",\"profile\":\"deb\",\"assignment\":77") "]", NULL), 0);
        assert_null(node_at(f, 1)->assignment);
        reopen(f);
        assert_null(node_at(f, 1)->assignment);
}

static void test_events_are_bounded(void **state) {
        struct fixture *f = *state;
        for (int i = 0; i < 120; i++) {
                _cleanup_(change_freep) struct change *change = NULL;
                assert_int_equal(change_begin(f->state, NOW, &change), 0);
                assert_int_equal(change_event(change, "test", NULL, NULL, NULL, NULL, "%d", i), 0);
                assert_int_equal(change_commit(change), 0);
        }
        assert_int_equal(f->state->event_newest, 120);
        assert_int_equal(f->state->event_oldest, 71);
        assert_int_equal(count_events(f, NULL), 50);
        reopen(f);
        assert_int_equal(f->state->event_oldest, 71);
        assert_int_equal(f->state->event_newest, 120);
}

static void test_leases_and_sightings(void **state) {
        struct fixture *f = *state;
        struct ip address;
        struct mac mac = mac_of(1);
        ip_parse("192.0.2.100", &address);
#define LEASE(more) "[{\"time\":1,\"lease\":{\"network\":\"lab\",\"mac\":\"52:54:00:00:00:01\",\"address\":\"192.0.2.100\"" more "}}]"
        assert_int_equal(report(f, NOW, LEASE(",\"ended\":false,\"expires\":1700000100000000"), NULL), 0);
        assert_non_null(leases_find(&f->state->leases, "lab", &address));
        assert_int_equal(ageing_tick(f->state, NOW + 159 * USEC_PER_SEC), 0);
        assert_non_null(leases_find(&f->state->leases, "lab", &address));
        assert_int_equal(ageing_tick(f->state, NOW + 160 * USEC_PER_SEC), 0);
        assert_null(leases_find(&f->state->leases, "lab", &address));
        assert_int_equal(report(f, NOW, LEASE(",\"ended\":false"), NULL), 0);
        assert_int_equal(report(f, NOW, LEASE(",\"ended\":true"), NULL), 0);
        reopen(f);
        assert_int_equal(f->state->leases.count, 0);
#define SEEN(first, last, addresses, by)                                                                                      \
        "[{\"time\":1,\"sighting\":{\"mac\":\"52:54:00:00:00:01\",\"network\":\"lab\",\"addresses\":[" addresses "],\"firstSeen\":" first \
        ",\"lastSeen\":" last ",\"protocols\":[\"" by "\"]}}]"
        assert_int_equal(report(f, NOW, SEEN("1", "2", "\"192.0.2.5\"", "arp"), NULL), 0);
        assert_int_equal(report(f, NOW, SEEN("3", "4", "\"192.0.2.6\"", "dhcp"), NULL), 0);
        reopen(f);
        const struct sighting *s = sightings_last(&f->state->sightings, &mac);
        assert_int_equal(s->n_addresses, 2);
        assert_int_equal(s->first, 1);
        assert_int_equal(s->last, 4);
        ip_parse("192.0.2.6", &address);
        assert_true(ip_equal(&s->addresses[0], &address));
        assert_int_equal(s->protocols, 3);
        /* Of a network that is not configured. */
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"sighting\":{\"mac\":\"52:54:00:00:00:09\",\"network\":\"gone\",\"addresses\":[],\"firstSeen\":1,"
                                        "\"lastSeen\":1,\"protocols\":[]}}]", NULL), 0);
        assert_int_equal(f->state->sightings.count, 1);
}

static void test_second_instance(void **state) {
        struct fixture *f = *state;
        struct store *store = NULL;
        char reason[200];
        /* Another process holds it: here another connection does. */
        assert_int_equal(store_open(f->folder, &store, reason, sizeof reason), -EBUSY);
        assert_non_null(strstr(reason, "another pxed"));
}

static void test_newer_version(void **state) {
        struct fixture *f = *state;
        struct store *store = NULL;
        char reason[200];
        assert_int_equal(sqlite3_exec(f->state->store->database, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
        f->state = state_free(f->state);
        assert_int_equal(store_open(f->folder, &store, reason, sizeof reason), -EPROTO);
        assert_non_null(strstr(reason, "newer pxed"));
}

static void test_batches(void **state) {
        struct fixture *f = *state;
        struct store *store = f->state->store;
        uint64_t batch;
        char instance[16];
        assert_int_equal(store_get_batch(store, "tftp", "a", &batch), 0);
        assert_int_equal(batch, 0);
        assert_int_equal(store_put_batch(store, "tftp", "a", 5), 0);
        assert_int_equal(store_put_batch(store, "tftp", "a", 6), 0);
        assert_int_equal(store_put_batch(store, "dhcp", "a", 2), 0);
        assert_int_equal(store_get_batch(store, "tftp", "a", &batch), 0);
        assert_int_equal(batch, 6);
        for (int i = 0; i < 100; i++) {
                snprintf(instance, sizeof instance, "i%d", i);
                assert_int_equal(store_put_batch(store, "netcfg", instance, 1), 0);
        }
        assert_int_equal(store_get_batch(store, "tftp", "a", &batch), 0);
        assert_int_equal(batch, 0);
        assert_int_equal(store_get_batch(store, "netcfg", "i99", &batch), 0);
        assert_int_equal(batch, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_round_trip),
                TEST(test_nodes_and_ports_match),
                TEST(test_full_disk),
                TEST(test_given_up),
                TEST(test_discovery),
                TEST(test_inventory_conflicts),
                TEST(test_hardware_changed),
                TEST(test_kept_inventories),
                TEST(test_inventories_forgotten),
                TEST(test_inventory_of_nobody),
                TEST(test_what_many_have),
                TEST(test_inventory_without_token),
                TEST(test_once),
                TEST(test_events_are_bounded),
                TEST(test_leases_and_sightings),
                TEST(test_second_instance),
                TEST(test_newer_version),
                TEST(test_batches),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
