/* What is stored comes back: nodes with their ports, assignments, leases, sightings, events. */
#include "lib/json.h"
#include "lib/text.h"
#include "pxed/ageing.h"
#include "pxed/identity.h"
#include "pxed/shared.h"
#include "pxed/store_sqlite.h"
#include "tests/unit/store_fixture.h"

static const struct junk no_junk = { 0 };

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
        /* Of what an address went through only the last is told late: another machine had it meanwhile. */
        assert_int_equal(report(f, NOW, "[{\"time\":1,\"lease\":{\"network\":\"lab\",\"mac\":\"52:54:00:00:00:02\",\"address\":\"192.0.2.100\",\"ended\":false}}]", NULL), 0);
        assert_int_equal(report(f, NOW, LEASE(",\"ended\":true"), NULL), 0);
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

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(test_round_trip),
                TEST(test_nodes_and_ports_match),
                TEST(test_once),
                TEST(test_events_are_bounded),
                TEST(test_leases_and_sightings),
                TEST(test_batches),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
