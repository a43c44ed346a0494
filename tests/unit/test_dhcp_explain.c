/* Which address dnsmasq gives, and the requests that are explained. What dnsmasq really answers is asked in tests/net. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp/explain.h"

#define IP(a, b, c, d) ((uint32_t) (a) << 24 | (b) << 16 | (c) << 8 | (d))

static struct network lab = { .name = "lab", .interface = "prov0", .address = IP(192, 0, 2, 1), .length = 24, .mode = DHCP_SERVER,
                              .pool_start = IP(192, 0, 2, 100), .pool_end = IP(192, 0, 2, 199), .lease_time = 3600 };
static const struct mac machine = { { 0x52, 0x54, 0, 0, 0, 1 } };

static void hold(struct lease_table *table, uint32_t address, uint64_t expires, const char *mac) {
        const struct lease lease = { .expires = expires, .address = address, .mac = mac };
        assert_int_equal(lease_table_set(table, &lease), 1);
}

static struct choice choose(const struct network *network, const struct lease_table *leases, const struct host *host) {
        const struct choice_inputs inputs = { .network = network, .hosts = host, .hosts_size = host ? 1 : 0, .leases = leases, .now = 1000 };
        struct choice choice;
        assert_int_equal(choose_address(&inputs, &machine, &choice), 0);
        return choice;
}

/* Seen: dnsmasq 2.90 gives .135 to this MAC, and the next one when that is taken. */
static void test_pool(void **state) {
        _cleanup_(lease_table_freep) struct lease_table *leases = NULL;
        assert_int_equal(lease_table_new(&leases), 0);

        struct choice choice = choose(&lab, leases, NULL);
        assert_int_equal(choice.by, CHOICE_POOL);
        assert_int_equal(choice.address, IP(192, 0, 2, 135));
        assert_int_equal(choice.free, 100);

        hold(leases, IP(192, 0, 2, 135), 2000, "52:54:00:00:00:02");
        hold(leases, IP(192, 0, 2, 136), 999, "52:54:00:00:00:03"); /* has ended */
        hold(leases, IP(192, 0, 2, 50), 0, "52:54:00:00:00:04");    /* not of the pool */
        choice = choose(&lab, leases, NULL);
        assert_int_equal(choice.address, IP(192, 0, 2, 136));
        assert_int_equal(choice.free, 99);

        hold(leases, IP(192, 0, 2, 180), 2000, "52:54:00:00:00:01");
        choice = choose(&lab, leases, NULL);
        assert_int_equal(choice.by, CHOICE_LEASE);
        assert_int_equal(choice.address, IP(192, 0, 2, 180));
}

static void test_full_pool(void **state) {
        _cleanup_(lease_table_freep) struct lease_table *leases = NULL;
        struct network network = lab;
        char mac[MAC_TEXT_SIZE];

        assert_int_equal(lease_table_new(&leases), 0);
        network.gateway = IP(192, 0, 2, 150);
        for (unsigned i = 100; i < 200; i++) {
                snprintf(mac, sizeof mac, "52:54:00:00:01:%02x", i);
                if (i != 150 && i != 134)
                        hold(leases, IP(192, 0, 2, i), 2000, mac);
        }
        /* all of it is looked through */
        struct choice choice = choose(&network, leases, NULL);
        assert_int_equal(choice.address, IP(192, 0, 2, 134));
        assert_int_equal(choice.free, 1);
        hold(leases, IP(192, 0, 2, 134), 2000, "52:54:00:00:00:09");
        assert_int_equal(choose(&network, leases, NULL).by, CHOICE_NONE);
}

static void test_hosts(void **state) {
        _cleanup_(lease_table_freep) struct lease_table *leases = NULL;
        struct host host = { .mac = machine, .address = IP(192, 0, 2, 60) };

        assert_int_equal(lease_table_new(&leases), 0);
        hold(leases, IP(192, 0, 2, 180), 2000, "52:54:00:00:00:01");
        struct choice choice = choose(&lab, leases, &host);
        assert_int_equal(choice.by, CHOICE_RESERVED);
        assert_int_equal(choice.address, IP(192, 0, 2, 60));

        hold(leases, IP(192, 0, 2, 60), 2000, "52:54:00:00:00:02");
        choice = choose(&lab, leases, &host);
        assert_int_equal(choice.by, CHOICE_LEASE);
        assert_string_equal(choice.in_place->mac, "52:54:00:00:00:02");

        host.address = IP(198, 51, 100, 1); /* of another network */
        assert_int_equal(choose(&lab, NULL, &host).by, CHOICE_POOL);
        strcpy(host.network, "elsewhere");
        host.denied = true;
        assert_int_equal(choose(&lab, NULL, &host).by, CHOICE_POOL);
        host.network[0] = '\0';
        assert_int_equal(choose(&lab, NULL, &host).by, CHOICE_DENIED);
}

/* The largest there is, whose ends of class C are never given. */
static void test_large_pool(void **state) {
        struct network network = lab;

        network.address = IP(192, 0, 0, 1);
        network.length = 8;
        network.pool_start = IP(192, 0, 0, 0);
        network.pool_end = IP(192, 255, 255, 255);
        assert_int_equal(choose(&network, NULL, NULL).free, (1 << 24) - 2 * (1 << 16) - 1);
        network.address = IP(10, 0, 0, 1);
        network.pool_start = IP(10, 0, 0, 2);
        network.pool_end = IP(10, 255, 255, 254);
        assert_int_equal(choose(&network, NULL, NULL).free, (1 << 24) - 3);
}

static size_t requests(const struct network *network, unsigned architecture, const char *problem, const char **ret_last_rule) {
        static char rule[256];
        const struct explain_inputs inputs = { .choice = { .network = network, .now = 1000 }, .http_port = 8080, .problem = problem };
        const struct explain_question question = { .mac = machine, .architecture = architecture };
        _cleanup_json_ json_t *answers = explain_dhcp(&inputs, &question);

        assert_non_null(answers);
        const json_t *last = json_array_get(answers, json_array_size(answers) - 1), *rules = json_object_get(last, "rules");
        snprintf(rule, sizeof rule, "%s", json_string_value(json_array_get(rules, json_array_size(rules) - 1)));
        *ret_last_rule = rule;
        return json_array_size(answers);
}

static void test_requests(void **state) {
        struct network network = lab;
        const char *rule;

        assert_int_equal(requests(&network, 0, NULL, &rule), 6);
        assert_int_equal(requests(&network, 7, NULL, &rule), 6);
        assert_int_equal(requests(&network, 6, NULL, &rule), 2);
        assert_non_null(strstr(rule, "none for architecture 6"));
        assert_int_equal(requests(&network, 65535, NULL, &rule), 2);
        assert_int_equal(requests(&network, 7, "there is no interface prov0", &rule), 1);
        assert_non_null(strstr(rule, "no interface"));
        network.mode = DHCP_PROXY;
        assert_int_equal(requests(&network, 0, NULL, &rule), 3);
        assert_int_equal(requests(&network, 7, NULL, &rule), 4);
        assert_int_equal(requests(&network, 16, NULL, &rule), 1);
        network.mode = DHCP_OFF;
        assert_int_equal(requests(&network, 0, NULL, &rule), 1);
        assert_string_equal(rule, "network lab: dhcp = off: another server has to answer");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pool),       cmocka_unit_test(test_full_pool), cmocka_unit_test(test_hosts),
                cmocka_unit_test(test_large_pool), cmocka_unit_test(test_requests),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
