/* netcfg/neighbours: how long they are kept, what counts as news, and that inventions are bounded. */
#include "tests/unit/test_netcfg_frames.h"

#include "lib/json.h"
#include "netcfg/neighbours.h"
#include "netcfg/report.h"

#define NOW (1700000000 * USEC_PER_SEC)

struct world {
        struct neighbours *neighbours;
        unsigned changes;
        char last[32];
};

static void on_changed(const char *interface, void *userdata) {
        struct world *world = userdata;

        world->changes++;
        snprintf(world->last, sizeof(world->last), "%s", interface);
}

static int set_up(void **state) {
        struct world *world = calloc(1, sizeof(*world));

        assert_int_equal(neighbours_new(&world->neighbours), 0);
        neighbours_listen(world->neighbours, on_changed, world);
        *state = world;
        return 0;
}

static int tear_down(void **state) {
        struct world *world = *state;

        neighbours_free(world->neighbours);
        free(world);
        return 0;
}

static struct lldp lldp(const char *chassis, const char *port, uint16_t ttl) {
        struct lldp said = { .has_ttl = true, .ttl = ttl };

        snprintf(said.chassis.text, sizeof(said.chassis.text), "%s", chassis);
        snprintf(said.port.text, sizeof(said.port.text), "%s", port);
        return said;
}

static void hear(struct world *world, const char *interface, const char *chassis, const char *port, uint16_t ttl, uint64_t now) {
        struct lldp said = lldp(chassis, port, ttl);

        neighbours_note_lldp(world->neighbours, interface, &said, now);
}

static unsigned count(const struct world *world) {
        unsigned n = 0;

        while (neighbours_get(world->neighbours, n))
                n++;
        return n;
}

/* What changed since the last call. */
static unsigned changes(struct world *world) {
        unsigned n = world->changes;

        world->changes = 0;
        return n;
}

static void test_kept_for_its_ttl(void **state) {
        struct world *world = *state;

        assert_int_equal(neighbours_next_expiry(world->neighbours), UINT64_MAX);
        hear(world, "eth0", "tor", "1", 120, NOW);
        assert_int_equal(changes(world), 1);
        assert_string_equal(world->last, "eth0");
        hear(world, "eth0", "tor", "1", 120, NOW + 30 * USEC_PER_SEC);
        assert_int_equal(changes(world), 0);
        const struct neighbour *it = neighbours_get(world->neighbours, 0);
        assert_true(it->first == NOW && it->last == NOW + 30 * USEC_PER_SEC);
        assert_int_equal(neighbours_next_expiry(world->neighbours), NOW + 150 * USEC_PER_SEC);

        neighbours_expire(world->neighbours, NOW + 150 * USEC_PER_SEC - 1);
        assert_int_equal(count(world), 1);
        neighbours_expire(world->neighbours, NOW + 150 * USEC_PER_SEC);
        assert_int_equal(count(world), 0);
        assert_int_equal(changes(world), 1);
}

static void test_taken_back(void **state) {
        struct world *world = *state;

        hear(world, "eth0", "tor", "1", 0, NOW); /* nothing to take back */
        assert_int_equal(changes(world), 0);
        hear(world, "eth0", "tor", "1", 120, NOW);
        hear(world, "eth0", "tor", "2", 120, NOW);
        hear(world, "eth1", "tor", "1", 120, NOW);
        (void) changes(world);
        hear(world, "eth0", "tor", "1", 0, NOW + 1);
        assert_int_equal(changes(world), 1);
        assert_int_equal(count(world), 2);
        assert_string_equal(neighbours_get(world->neighbours, 0)->port, "2");
}

static void test_what_is_news(void **state) {
        struct world *world = *state;
        struct lldp said = lldp("tor", "1", 120);

        neighbours_note_lldp(world->neighbours, "eth0", &said, NOW);
        (void) changes(world);
        neighbours_note_lldp(world->neighbours, "eth0", &said, NOW);
        assert_int_equal(changes(world), 0);
        said.has_vlan = true, said.vlan = 100;
        neighbours_note_lldp(world->neighbours, "eth0", &said, NOW);
        assert_int_equal(changes(world), 1);
        snprintf(said.system_name, sizeof(said.system_name), "tor-7");
        neighbours_note_lldp(world->neighbours, "eth0", &said, NOW);
        assert_int_equal(changes(world), 1);
        said.ttl = 60;
        neighbours_note_lldp(world->neighbours, "eth0", &said, NOW);
        assert_int_equal(changes(world), 1);
        said.management_count = 2;
        said.management[0].form = LLDP_ADDRESS;
        snprintf(said.management[0].text, sizeof(said.management[0].text), "192.0.2.9");
        said.management[1].form = LLDP_BYTES; /* no address that a person could use */
        neighbours_note_lldp(world->neighbours, "eth0", &said, NOW);
        assert_int_equal(changes(world), 1);
        const struct neighbour *it = neighbours_get(world->neighbours, 0);
        assert_int_equal(it->management_count, 1);
        assert_string_equal(it->management[0], "192.0.2.9");
        assert_int_equal(count(world), 1);
}

static void test_cdp(void **state) {
        struct world *world = *state;
        struct cdp said = { .ttl = 180, .device = "tor-7", .port = "Gi0/1", .platform = "cisco", .software = "IOS", .has_vlan = true, .vlan = 5 };

        said.address_count = 1;
        assert_int_equal(ip_parse("192.0.2.1", &said.addresses[0]), 0);
        neighbours_note_cdp(world->neighbours, "eth0", &said, NOW);
        hear(world, "eth0", "tor-7", "Gi0/1", 120, NOW); /* the same by another protocol is another one */
        assert_int_equal(count(world), 2);
        const struct neighbour *it = neighbours_get(world->neighbours, 0);
        assert_int_equal(it->protocol, NEIGHBOUR_CDP);
        assert_string_equal(it->system_description, "cisco IOS");
        assert_string_equal(it->management[0], "192.0.2.1");
        assert_int_equal(it->vlan, 5);

        said.management_count = 1;
        assert_int_equal(ip_parse("2001:db8::1", &said.management[0]), 0);
        said.software[0] = 0;
        neighbours_note_cdp(world->neighbours, "eth0", &said, NOW);
        it = neighbours_get(world->neighbours, 0);
        assert_string_equal(it->system_description, "cisco");
        assert_true(it->management_count == 1 && strcmp(it->management[0], "2001:db8::1") == 0);

        said.ttl = 0, said.port[0] = 0; /* the last word of a device is short */
        neighbours_note_cdp(world->neighbours, "eth1", &said, NOW);
        assert_int_equal(count(world), 2);
        neighbours_note_cdp(world->neighbours, "eth0", &said, NOW);
        assert_int_equal(count(world), 1);
        assert_int_equal(neighbours_get(world->neighbours, 0)->protocol, NEIGHBOUR_LLDP);
}

static void test_lost_link(void **state) {
        struct world *world = *state;

        hear(world, "eth0", "tor", "1", 120, NOW);
        hear(world, "eth0", "tor", "2", 120, NOW);
        hear(world, "eth1", "tor", "3", 120, NOW);
        (void) changes(world);
        neighbours_forget(world->neighbours, "eth0");
        assert_true(count(world) == 1 && changes(world) == 2);
        neighbours_forget(world->neighbours, "eth0");
        assert_int_equal(changes(world), 0);
}

static void test_inventions_are_bounded(void **state) {
        struct world *world = *state;
        char chassis[32], interface[32];

        for (unsigned i = 0; i < 1000; i++) {
                snprintf(chassis, sizeof(chassis), "invented-%u", i);
                hear(world, "eth0", chassis, "1", 65535, NOW + i);
        }
        assert_int_equal(count(world), NEIGHBOURS_PER_INTERFACE);
        assert_string_equal(neighbours_get(world->neighbours, NEIGHBOURS_PER_INTERFACE - 1)->chassis, "invented-999");

        /* one that goes on talking is not the one that makes room */
        hear(world, "eth0", "invented-984", "1", 120, NOW + 2000);
        hear(world, "eth0", "another", "1", 120, NOW + 2001);
        bool kept = false;
        for (unsigned i = 0; i < NEIGHBOURS_PER_INTERFACE; i++)
                kept = kept || strcmp(neighbours_get(world->neighbours, i)->chassis, "invented-984") == 0;
        assert_true(kept);

        for (unsigned i = 0; i < 10000; i++) {
                snprintf(interface, sizeof(interface), "eth%u", i);
                hear(world, interface, "tor", "1", 120, NOW + 3000 + i);
        }
        assert_int_equal(count(world), NEIGHBOURS_MAX);
        hear(world, "an-interface-with-a-long-name", "tor", "1", 120, NOW + 20000);
        assert_string_equal(neighbours_get(world->neighbours, NEIGHBOURS_MAX - 1)->interface, "an-interface-wi");
}

static void test_clock_set_back(void **state) {
        struct world *world = *state;
        uint64_t earlier = NOW - 86400 * USEC_PER_SEC;

        hear(world, "eth0", "tor", "1", 120, NOW);
        neighbours_expire(world->neighbours, earlier);
        const struct neighbour *it = neighbours_get(world->neighbours, 0);
        assert_true(it->first == earlier && it->last == earlier);
        assert_int_equal(neighbours_next_expiry(world->neighbours), earlier + 120 * USEC_PER_SEC);
        hear(world, "eth0", "tor", "1", 120, earlier + 5);
        assert_true(neighbours_get(world->neighbours, 0)->first == earlier);
}

static void test_report(void **state) {
        struct world *world = *state;
        struct lldp said = lldp("00:11:22:33:44:55", "Eth1/1", 120);

        snprintf(said.port_description, sizeof(said.port_description), "to rack 7");
        neighbours_note_lldp(world->neighbours, "eth0", &said, 5);
        _cleanup_json_ json_t *told = report_neighbour(neighbours_get(world->neighbours, 0));
        _cleanup_json_ json_t *expected =
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:n, s:n, s:[], s:n, s:i, s:i}", "interface", "eth0", "protocol", "lldp", "chassis",
                          "00:11:22:33:44:55", "port", "Eth1/1", "portDescription", "to rack 7", "systemName", "systemDescription",
                          "managementAddresses", "vlan", "firstSeen", 5, "lastSeen", 5);
        assert_true(json_equal(told, expected));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_kept_for_its_ttl), TEST(test_taken_back),          TEST(test_what_is_news),    TEST(test_cdp),
                TEST(test_lost_link),        TEST(test_inventions_are_bounded), TEST(test_clock_set_back), TEST(test_report),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
