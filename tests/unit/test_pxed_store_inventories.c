/* Inventories that workers report: whose they are, what becomes of the node, and what is kept of them. */
#include <errno.h>

#include "lib/json.h"
#include "pxed/inventory_keep.h"
#include "tests/unit/store_fixture.h"

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
        assert_int_equal(inventory_read(f->state->store, &node_at(f, 4)->id, 0, STORED_RAW | STORED_LOGS, &newest), 0);
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
        assert_int_equal(inventory_read(f->state->store, node, number, STORED_RAW | STORED_LOGS, &kept), 0);
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
        assert_int_equal(inventory_read(f->state->store, &node, 0, 0, &kept), 0);
        assert_int_equal(kept.number, 7);
        assert_int_equal(kept.received, 7);
        assert_true(kept.has_mac);
        assert_int_equal(mac_to_u64(&kept.mac), 0x525400000001);
        assert_null(kept.raw);
        assert_int_equal(json_get_int(kept.inventory, "cpus", 0), 7);
        assert_int_equal(json_get_int(json_object_get(kept.inventory, "pluginData"), "found", 0), 7);
        assert_true(json_is_null(json_object_get(kept.inventory, "failure")));
        assert_string_equal(json_get_string(kept.inventory, "node"), U1);
        assert_int_equal(inventory_read(f->state->store, &node, 5, 0, &none), -ENOENT);
        assert_int_equal(inventory_read(f->state->store, &node, UINT64_MAX, 0, &none), -ENOENT);
        assert_int_equal(inventory_read_before(f->state->store, &node, 6, false, &none), -ENOENT);

        /* Reapplied: the same number, the same raw, another outcome. */
        _cleanup_(change_freep) struct change *change = NULL;
        const struct node copy = { .id = node };
        json_object_set_new(kept.inventory, "cpus", json_integer(99));
        assert_int_equal(change_begin(f->state, NOW, &change), 0);
        assert_int_equal(inventory_keep_outcome(change, &copy, 7, kept.inventory, NULL, "root-device: none"), 0);
        assert_int_equal(change_commit(change), 0);
        assert_int_equal(inventory_read(f->state->store, &node, 0, STORED_RAW | STORED_LOGS, &again), 0);
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

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_discovery),
                TEST(test_inventory_conflicts),
                TEST(test_hardware_changed),
                TEST(test_kept_inventories),
                TEST(test_inventories_forgotten),
                TEST(test_inventory_of_nobody),
                TEST(test_inventory_without_token),
                TEST(test_what_many_have),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
