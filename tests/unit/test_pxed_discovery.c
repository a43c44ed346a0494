/* What is made of machines that nobody knows: the decision, and what follows from it. */
#include "tests/unit/pxed_fixture.h"

#define PXE "PXEClient:Arch:00007:UNDI:003016"

static void test_decision(void **state) {
        static const struct {
                enum discovery_sign sign;
                const char *vendor_class;
                bool has_node, has_port;
                enum discovery expected[3]; /* by policy */
        } cases[] = {
#define EACH(what) { what, what, what }
#define NONE DISCOVERED_NOTHING
#define NODE DISCOVERED_NODE
                { SIGN_SEEN, NULL, false, false, EACH(NONE) },
                { SIGN_SEEN, "MSFT 5.0", false, false, EACH(NONE) },
                { SIGN_SEEN, "xPXEClient", false, false, EACH(NONE) },
                { SIGN_SEEN, PXE, false, false, { NONE, NODE, NONE } },
                { SIGN_SEEN, "HTTPClient:Arch:00016", false, false, { NONE, NODE, NONE } },
                { SIGN_ASKS, NULL, false, false, { NONE, NODE, NONE } },
                { SIGN_SCRIPT, NULL, false, false, { NONE, NODE, NONE } },
                { SIGN_SERVED, NULL, false, false, { NODE, NODE, NONE } },
                { SIGN_INVENTORY, NULL, false, false, { NODE, NODE, NONE } },
                { SIGN_SEEN, "iDRAC", false, false, EACH(DISCOVERED_BMC) },
                { SIGN_SEEN, "CPQRIB3", false, false, EACH(DISCOVERED_BMC) },
                { SIGN_SEEN, "NVIDIA/BF/BMC", false, false, EACH(DISCOVERED_BMC) },
                { SIGN_SEEN, "NVIDIA/BF/OOB", false, false, EACH(NONE) },
                { SIGN_ASKS, NULL, true, true, EACH(NONE) },
                { SIGN_SCRIPT, NULL, true, true, EACH(NONE) },
                { SIGN_SEEN, PXE, true, false, EACH(NONE) },
                { SIGN_SCRIPT, NULL, true, false, EACH(DISCOVERED_PORT) },
                { SIGN_SERVED, NULL, true, false, EACH(DISCOVERED_PORT) },
        };
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                for (unsigned policy = 0; policy < 3; policy++) {
                        const struct discovery_input input = { (enum discover) policy, cases[i].sign, cases[i].vendor_class, cases[i].has_node, cases[i].has_port, false };
                        if (discovery_decide(&input) != cases[i].expected[policy])
                                fail_msg("case %zu, %s", i, discover_names[policy]);
                }
}

static int setup_policy(void **state, const char *policy) {
        static char more[256];
        struct fixture *f;
        int r = setup((void **) &f);
        snprintf(more, sizeof more, "%s[network other]\ninterface=eth1\naddress=198.51.100.1/24\ndhcp=off\ndiscover=inspected\n", policy);
        f->more = more;
        reopen(f);
        *state = f;
        return r;
}

static int setup_seen(void **state) {
        return setup_policy(state, "discover = seen\n");
}

static int setup_never(void **state) {
        return setup_policy(state, "discover = never\n");
}

static void step(struct fixture *f, unsigned machine, const char *network, const char *kind, const char *more) {
        char text[512];
        snprintf(text, sizeof text, "[{\"time\":%llu,\"step\":{\"mac\":\"52:54:00:00:00:%02x\",\"network\":\"%s\",\"kind\":\"%s\"%s}}]",
                 (unsigned long long) NOW, machine, network, kind, more);
        assert_int_equal(report(f, NOW, text, NULL), 0);
}

static void sighting(struct fixture *f, unsigned machine, const char *network, const char *more) {
        char text[512];
        snprintf(text, sizeof text,
                 "[{\"time\":1,\"sighting\":{\"mac\":\"52:54:00:00:00:%02x\",\"network\":\"%s\",\"addresses\":[],\"firstSeen\":1,\"lastSeen\":%llu,"
                 "\"protocols\":[\"dhcp\"]%s}}]", machine, network, (unsigned long long) NOW, more);
        assert_int_equal(report(f, NOW, text, NULL), 0);
}

static void inventory(struct fixture *f, unsigned machine, const char *more) {
        char text[1024];
        snprintf(text, sizeof text,
                 "[{\"time\":%llu,\"inventory\":{\"mac\":\"52:54:00:00:00:%02x\",\"post\":\"p%u\",\"raw\":{},\"normalized\":{\"serial\":\"S\",\"cpus\":1,"
                 "\"memory\":1073741824,\"architecture\":\"x86_64\",\"disks\":[],\"errors\":[],\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"52:54:00:00:00:%02x\","
                 "\"addresses\":[],\"boots\":true}]%s}}}]", (unsigned long long) NOW, machine, machine, machine, more);
        assert_int_equal(report(f, NOW, text, NULL), 0);
}

static void test_seen(void **state) {
        struct fixture *f = *state;
        sighting(f, 1, "lab", "");
        sighting(f, 1, "lab", ",\"vendorClass\":\"dhcpcd-9\"");
        step(f, 2, "lab", "discover", ",\"stage\":\"os\"");
        sighting(f, 3, "other", ",\"vendorClass\":\"" PXE "\"");
        sighting(f, 4, "lab", ",\"vlan\":7,\"vendorClass\":\"" PXE "\"");
        assert_int_equal(f->state->nodes.count, 0);
        sighting(f, 5, "lab", ",\"uuid\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"vendorClass\":\"" PXE "\"");
        assert_non_null(node_at(f, 5));
        assert_int_equal(node_at(f, 5)->inspection.state, INSPECTION_NONE);
        assert_true(node_at(f, 5)->has_uuid);
        step(f, 6, "lab", "discover", ",\"stage\":\"firmware\"");
        step(f, 7, "lab", "script", ",\"profile\":\"local\"");
        assert_true(node_at(f, 6) && node_at(f, 7));
        /* Once, whatever else is heard of it, and by whichever of its cards. */
        sighting(f, 5, "lab", ",\"vendorClass\":\"" PXE "\"");
        step(f, 5, "lab", "discover", ",\"stage\":\"firmware\"");
        sighting(f, 8, "lab", ",\"uuid\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"vendorClass\":\"" PXE "\"");
        assert_int_equal(count_events(f, "node.created"), 3);
        assert_int_equal(f->state->nodes.count, 3);
        step(f, 5, "lab", "script", ",\"profile\":\"inspect\"");
        assert_int_equal(node_at(f, 5)->inspection.state, INSPECTION_WAITING);
}

static void test_bounded(void **state) {
        struct fixture *f = *state;
        f->state->settings->nodes_max = 2;
        for (unsigned i = 1; i < 10; i++)
                sighting(f, i, "lab", ",\"vendorClass\":\"" PXE "\"");
        assert_int_equal(f->state->nodes.count, 2);
}

static void test_never(void **state) {
        struct fixture *f = *state;
        step(f, 1, "lab", "script", ",\"profile\":\"inspect\"");
        inventory(f, 1, "");
        inventory(f, 1, "");
        assert_int_equal(f->state->nodes.count, 0);
        assert_int_equal(store_has_post(f->state->store, "p1"), 0);
        assert_true(count_events(f, "inventory.unknown-machine") >= 1);
        /* It was seen elsewhere. */
        sighting(f, 2, "other", "");
        inventory(f, 2, "");
        assert_non_null(node_at(f, 2));
}

static void test_bmc(void **state) {
        struct fixture *f = *state;
        sighting(f, 1, "lab", "");
        for (unsigned i = 0; i < 3; i++)
                sighting(f, 1, "lab", ",\"vendorClass\":\"iDRAC\"");
        reopen(f);
        sighting(f, 1, "lab", ",\"vendorClass\":\"iDRAC\"");
        assert_int_equal(count_events(f, "discovery.bmc"), 1);
        assert_int_equal(f->state->nodes.count, 0);
        sighting(f, 2, "lab", ",\"vendorClass\":\"CPQRIB3\"");
        assert_int_equal(count_events(f, "discovery.bmc"), 2);
}

static void lease(struct fixture *f, const char *mac, const char *address) {
        char text[256];
        snprintf(text, sizeof text, "[{\"time\":1,\"lease\":{\"network\":\"lab\",\"mac\":\"%s\",\"address\":\"%s\",\"ended\":false}}]", mac, address);
        assert_int_equal(report(f, NOW, text, NULL), 0);
}

/* The BMC of an inspected machine is known by its MAC, whatever it says of itself, and found by its lease. */
static void test_bmc_of_a_node(void **state) {
        struct fixture *f = *state;
        inventory(f, 1, ",\"bmcAddress\":\"192.0.2.150\",\"bmcMac\":\"52:54:00:00:00:81\"");
        assert_string_equal(node_at(f, 1)->bmc_address, "192.0.2.150");
        reopen(f);
        for (unsigned i = 0; i < 2; i++)
                sighting(f, 0x81, "lab", "");
        assert_int_equal(count_events(f, "discovery.bmc"), 1);
        lease(f, "52:54:00:00:00:82", "192.0.2.151");
        assert_int_equal(count_events(f, "node.updated"), 0);
        for (unsigned i = 0; i < 2; i++)
                lease(f, "52:54:00:00:00:81", "192.0.2.152");
        assert_string_equal(node_at(f, 1)->bmc_address, "192.0.2.152");
        assert_int_equal(count_events(f, "node.updated"), 1);
        /* A MAC that two machines' BMCs have tells nothing. */
        inventory(f, 2, ",\"bmcMac\":\"52:54:00:00:00:81\"");
        lease(f, "52:54:00:00:00:81", "192.0.2.153");
        assert_string_equal(node_at(f, 1)->bmc_address, "192.0.2.152");
        assert_int_equal(f->state->nodes.count, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_decision),
                cmocka_unit_test_setup_teardown(test_seen, setup_seen, teardown),
                cmocka_unit_test_setup_teardown(test_bounded, setup_seen, teardown),
                cmocka_unit_test_setup_teardown(test_never, setup_never, teardown),
                cmocka_unit_test_setup_teardown(test_bmc, setup_seen, teardown),
                cmocka_unit_test_setup_teardown(test_bmc_of_a_node, setup_seen, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
