/* The desired state as snapshots: what is applied is found, what was published does not change. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tftp/snapshot.h"

static void apply(struct snapshot *snapshot, const char *key, const char *text) {
        _cleanup_json_ json_t *entry = text ? json_loads(text, 0, NULL) : json_object();

        assert_non_null(entry);
        assert_int_equal(snapshot_apply(snapshot, key, entry), 0);
}

static struct uuid id_of(unsigned number) {
        struct uuid id = { .bytes = { 0x10, 0x20 } };

        id.bytes[14] = (uint8_t) (number >> 8);
        id.bytes[15] = (uint8_t) number;
        return id;
}

static struct mac mac_of(unsigned number) {
        return (struct mac) { { 0x52, 0x54, 0, 0xaa, (uint8_t) (number >> 8), (uint8_t) number } };
}

static void apply_node(struct snapshot *snapshot, unsigned number, unsigned mac, const char *profile) {
        char key[64], text[512], id[UUID_TEXT_SIZE], uuid[UUID_TEXT_SIZE], address[MAC_TEXT_SIZE];
        struct uuid unique = id_of(number);
        struct mac m = mac_of(mac);

        uuid_format(&unique, id);
        unique.bytes[0] = 0xff;
        uuid_format(&unique, uuid);
        snprintf(key, sizeof(key), "node/%s", id);
        snprintf(text, sizeof(text),
                 "{\"node\":{\"id\":\"%s\",\"name\":\"n%u\",\"macs\":[\"%s\"],\"uuid\":\"%s\",\"profile\":\"%s\",\"parameters\":{\"a\":\"b\"},"
                 "\"assignment\":5,\"once\":true,\"inspect\":false}}",
                 id, number, mac_format(&m, address), uuid, profile);
        apply(snapshot, key, text);
}

static void test_objects(void **state) {
        _cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
        struct ip address;

        assert_int_equal(snapshot_new(&s), 0);
        apply(s, "settings",
              "{\"settings\":{\"secret\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"httpPort\":8080,"
              "\"introspectPort\":5050,\"imageDirectory\":\"/images\",\"tokenLifetime\":60}}");
        apply(s, "network/lab",
              "{\"network\":{\"name\":\"lab\",\"address\":\"192.0.2.1/24\",\"unknown\":null,\"known\":\"local\",\"finish\":\"wait\"}}");
        apply(s, "profile/p",
              "{\"profile\":{\"name\":\"p\",\"kind\":\"kernel\",\"kernel\":\"k\",\"initrds\":[\"i\",\"j\"],\"arguments\":\"a\","
              "\"parameters\":{\"x\":\"1\",\"y\":\"\"}}}");
        assert_int_equal(s->settings->http_port, 8080);
        assert_string_equal(s->settings->image_directory, "/images");

        assert_int_equal(ip_parse("192.0.2.1", &address), 0);
        assert_ptr_equal(snapshot_network_by_address(s, &address), snapshot_network(s, "lab"));
        assert_null(snapshot_network(s, "lab")->unknown);
        assert_int_equal(snapshot_network(s, "lab")->finish, FINISH_WAIT);

        const struct profile *profile = snapshot_profile(s, "p");
        assert_int_equal(profile->n_initrds, 2);
        assert_string_equal(profile->initrds[1], "j");
        assert_int_equal(profile->n_parameters, 2);

        apply(s, "profile/p", NULL);
        assert_null(snapshot_profile(s, "p"));
        apply(s, "profile/p", NULL);
        apply(s, "network/lab", NULL);
        assert_null(snapshot_network_by_address(s, &address));
        apply(s, "settings", NULL);
        assert_null(s->settings);
}

static void test_bad_entries(void **state) {
        static const char *const cases[][2] = {
                { "unknown/x", "{}" },
                { "node/nonsense", "{}" },
                { "node/10200000-0000-0000-0000-000000000001", "{\"node\":{\"id\":\"x\",\"name\":\"n\"}}" },
                { "node/10200000-0000-0000-0000-000000000001",
                  "{\"node\":{\"id\":\"10200000-0000-0000-0000-000000000001\",\"name\":\"n\",\"macs\":[\"zz\"]}}" },
                { "network/lab", "{\"network\":{\"name\":\"lab\",\"address\":\"192.0.2.1\",\"known\":\"local\",\"finish\":\"wait\"}}" },
                { "settings", "{\"settings\":{\"secret\":\"11\",\"httpPort\":1,\"introspectPort\":1,\"imageDirectory\":\"/\",\"tokenLifetime\":1}}" },
                { "profile/p", "{\"profile\":{\"name\":\"p\",\"kind\":\"amiga\",\"arguments\":\"\"}}" },
        };
        _cleanup_(snapshot_unrefp) struct snapshot *s = NULL;

        assert_int_equal(snapshot_new(&s), 0);
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *entry = json_loads(cases[i][1], 0, NULL);
                assert_non_null(entry);
                assert_int_equal(snapshot_apply(s, cases[i][0], entry), -EINVAL);
        }
        assert_int_equal(s->n_nodes, 0);
}

static const struct node *by_mac(const struct snapshot *s, unsigned number) {
        struct mac mac = mac_of(number);
        return snapshot_node_by_mac(s, &mac);
}

static void test_nodes(void **state) {
        _cleanup_(snapshot_unrefp) struct snapshot *s = NULL, *next = NULL;
        struct uuid id = id_of(7), uuid = id;

        assert_int_equal(snapshot_new(&s), 0);
        for (unsigned i = 0; i < 10000; i++)
                apply_node(s, i, i, "p");
        assert_int_equal(s->n_nodes, 10000);
        for (unsigned i = 0; i < 10000; i++) {
                char name[16];
                snprintf(name, sizeof(name), "n%u", i);
                assert_string_equal(by_mac(s, i)->name, name);
        }
        assert_null(by_mac(s, 10000));
        uuid.bytes[0] = 0xff;
        assert_ptr_equal(snapshot_node_by_uuid(s, &uuid), snapshot_node(s, &id));

        /* The copy changes, the original does not. */
        assert_int_equal(snapshot_copy(s, &next), 0);
        apply_node(next, 7, 20000, "other");
        assert_null(by_mac(next, 7));
        assert_string_equal(by_mac(next, 20000)->profile, "other");
        assert_string_equal(by_mac(s, 7)->profile, "p");
        assert_null(by_mac(s, 20000));
        assert_int_equal(next->n_nodes, 10000);
        /* What did not change is shared. */
        assert_ptr_equal(by_mac(next, 8), by_mac(s, 8));

        for (unsigned i = 0; i < 10000; i++) {
                struct uuid each = id_of(i);
                assert_int_equal(snapshot_remove_node(next, &each), 0);
        }
        assert_int_equal(next->n_nodes, 0);
        assert_null(by_mac(next, 20000));
        assert_non_null(by_mac(s, 7));
}

/* While a MAC moves from one node to another, both may have it for a moment. */
static void test_mac_moves(void **state) {
        _cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
        struct uuid first = id_of(1);

        assert_int_equal(snapshot_new(&s), 0);
        apply_node(s, 1, 5, "p");
        apply_node(s, 2, 5, "p");
        assert_int_equal(snapshot_remove_node(s, &first), 0);
        assert_string_equal(by_mac(s, 5)->name, "n2");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_objects),
                cmocka_unit_test(test_bad_entries),
                cmocka_unit_test(test_nodes),
                cmocka_unit_test(test_mac_moves),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
