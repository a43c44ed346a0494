/* Nodes found by what they have; machines told apart; changes in order; profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/feed.h"
#include "pxed/identity.h"
#include "pxed/profiles.h"
#include "pxed/status.h"

static const struct junk no_junk = { 0 };

static struct mac mac_of(unsigned n) {
        return (struct mac) { { 0x52, 0x54, 0, (uint8_t) (n >> 16), (uint8_t) (n >> 8), (uint8_t) n } };
}

static struct node *make(const struct registry *nodes, unsigned n, const char *uuid_text) {
        struct mac mac = mac_of(n);
        struct uuid uuid;
        struct node *node;
        if (uuid_text)
                assert_int_equal(uuid_parse(uuid_text, &uuid), 0);
        assert_int_equal(identity_new_node(nodes, &no_junk, &mac, uuid_text ? &uuid : NULL, 1, &node), 0);
        return node;
}

static struct node *put(struct registry *nodes, struct node *node) {
        struct node *old;
        assert_int_equal(registry_put(nodes, node, &old), 0);
        node_free(old);
        return node;
}

#define U1 "01234567-89ab-4cde-8f01-23456789abcd"

static void test_find(void **state) {
        struct registry nodes = { 0 };
        char id[UUID_TEXT_SIZE];
        for (unsigned n = 0; n < 3000; n++)
                put(&nodes, make(&nodes, n, NULL));
        assert_int_equal(nodes.count, 3000);
        for (unsigned n = 0; n < 3000; n += 7) {
                struct mac mac = mac_of(n);
                struct node *node = registry_by_mac(&nodes, &mac);
                assert_non_null(node);
                assert_ptr_equal(registry_find(&nodes, uuid_format(&node->id, id)), node);
                assert_ptr_equal(registry_find(&nodes, node->name), node);
                if (n % 2)
                        registry_remove(&nodes, node), node_free(node);
        }
        for (unsigned n = 0; n < 3000; n++) {
                struct mac mac = mac_of(n);
                assert_int_equal(registry_by_mac(&nodes, &mac) == NULL, n % 7 == 0 && n % 2);
        }
        size_t count;
        struct node *const *sorted = registry_sorted(&nodes, &count);
        assert_int_equal(count, nodes.count);
        for (size_t i = 1; i < count; i++)
                assert_true(strcmp(sorted[i - 1]->name, sorted[i]->name) < 0);
        assert_null(registry_find(&nodes, "nobody"));
        registry_clear(&nodes);
}

static void test_replace(void **state) {
        struct registry nodes = { 0 };
        struct node *node = put(&nodes, make(&nodes, 1, U1));
        struct node *copy = node_copy(node);
        struct mac first = mac_of(1), second = mac_of(2);
        node_remove_port(copy, &first);
        node_add_port(copy, &second, NULL);
        text_set(&copy->name, "other");
        put(&nodes, copy);
        assert_int_equal(nodes.count, 1);
        assert_null(registry_by_mac(&nodes, &first));
        assert_ptr_equal(registry_by_mac(&nodes, &second), copy);
        assert_ptr_equal(registry_by_name(&nodes, "other"), copy);
        assert_null(registry_by_name(&nodes, "node-525400000001"));
        registry_clear(&nodes);
}

static void test_uuid(void **state) {
        struct registry nodes = { 0 };
        struct uuid uuid, junk;
        uuid_parse(U1, &uuid);
        uuid_parse("ffffffff-ffff-ffff-ffff-ffffffffffff", &junk);
        struct node *a = put(&nodes, make(&nodes, 1, U1));
        assert_ptr_equal(registry_by_uuid(&nodes, &uuid), a);
        assert_true(registry_uuid_identifies(&nodes, a));
        struct mac unknown = mac_of(9);
        assert_ptr_equal(identity_find(&nodes, &no_junk, NULL, &unknown, &uuid), a);
        /* A second machine with the same one: it identifies neither. */
        struct node *b = put(&nodes, make(&nodes, 2, U1));
        assert_null(registry_by_uuid(&nodes, &uuid));
        assert_false(registry_uuid_identifies(&nodes, a));
        assert_null(identity_find(&nodes, &no_junk, NULL, &unknown, &uuid));
        registry_remove(&nodes, b);
        node_free(b);
        assert_ptr_equal(registry_by_uuid(&nodes, &uuid), a);
        struct node *c = put(&nodes, make(&nodes, 3, "ffffffff-ffff-ffff-ffff-ffffffffffff"));
        assert_false(c->has_uuid);
        assert_null(registry_by_uuid(&nodes, &junk));
        registry_clear(&nodes);
}

static void test_names(void **state) {
        struct registry nodes = { 0 };
        struct mac mac = mac_of(1);
        char name[NODE_NAME_SIZE];
        struct node *node = put(&nodes, make(&nodes, 2, NULL));
        struct node *copy = node_copy(node);
        text_set(&copy->name, "node-525400000001");
        put(&nodes, copy);
        identity_name(&nodes, &mac, name);
        assert_string_equal(name, "node-525400000001-2");
        registry_clear(&nodes);
}

static void test_another_machine(void **state) {
        struct registry nodes = { 0 };
        _cleanup_(node_freep) struct node *node = make(&nodes, 1, U1);
        text_set(&node->serial, "S1");
        struct mac other = mac_of(2);
        _cleanup_json_ json_t *same = json_pack("{s:s, s:[{s:s}]}", "serial", "S1", "interfaces", "mac", "52:54:00:00:00:02");
        _cleanup_json_ json_t *foreign = json_pack("{s:s, s:[{s:s}]}", "serial", "S2", "interfaces", "mac", "52:54:00:00:00:02");
        _cleanup_json_ json_t *shares = json_pack("{s:s, s:[{s:s}]}", "serial", "S2", "interfaces", "mac", "52:54:00:00:00:01");
        assert_true(identity_may_be(node, same, &other));
        assert_false(identity_may_be(node, foreign, &other));
        assert_true(identity_may_be(node, shares, &other));
}

static void test_feed(void **state) {
        struct feed feed = { 0 };
        const struct feed_item *item;
        char key[16];
        for (int i = 0; i < 100; i++) {
                snprintf(key, sizeof key, "k%d", i);
                assert_int_equal(feed_touch(&feed, i % 2 ? 2 : 1, key, true), 0);
        }
        size_t count = 0;
        for (item = feed_after(&feed, 0, 1); item; item = feed_next(item, 1))
                count++;
        assert_int_equal(count, 50);
        uint64_t told = feed.sequence;
        assert_null(feed_after(&feed, told, 3));
        /* Twice changed is read once. */
        feed_touch(&feed, 1, "k10", true);
        feed_touch(&feed, 1, "k12", true);
        feed_touch(&feed, 1, "k10", false);
        item = feed_after(&feed, told, 3);
        assert_string_equal(item->key, "k12");
        item = feed_next(item, 3);
        assert_string_equal(item->key, "k10");
        assert_false(item->exists);
        assert_null(feed_next(item, 3));
        assert_null(feed_after(&feed, told, 2));
        /* Gone, but a reader has not read of it. */
        feed_prune(&feed, told);
        assert_non_null(feed_after(&feed, told + 2, 3));
        feed_prune(&feed, feed.sequence);
        assert_null(feed_after(&feed, told + 2, 3));
        feed_retire(&feed, "k12");
        feed_prune(&feed, feed.sequence);
        /* gone and back again is there; what is gone after it is found all the same */
        feed_touch(&feed, 1, "k14", false);
        feed_touch(&feed, 1, "k14", true);
        feed_prune(&feed, feed.sequence);
        assert_non_null(feed_after(&feed, feed.sequence - 1, 1));
        feed_retire(&feed, "k16");
        feed_touch(&feed, 1, "k16", false);
        feed_prune(&feed, feed.sequence);
        assert_int_equal(feed.gone, 0);
        for (item = feed_after(&feed, 0, 3), count = 0; item; item = feed_next(item, 3))
                count++;
        assert_int_equal(count, 97);
        feed_clear(&feed);
}

static int parse_profile(const char *text, struct profile **ret, struct profile_error *error) {
        _cleanup_json_ json_t *json = json_loads(text, 0, NULL);
        assert_non_null(json);
        return profile_from_json(json, ret, error);
}

static void test_profiles(void **state) {
        static const struct {
                const char *text, *field;
        } refused[] = {
                { "{\"name\":\"a b\",\"kind\":\"local\"}", "name" },
                { "{\"name\":\"k\",\"kind\":\"kernel\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"/etc/passwd\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"a/../../b\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"..\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"tftp://h/k\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"a b\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"a\\nb\"}", "kernel" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"k\",\"initrds\":[\"../i\"]}", "initrds" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"k\",\"arguments\":\"a\\nboot\"}", "arguments" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"k\",\"arguments\":\"${nope}\"}", "arguments" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"k\",\"arguments\":\"${mac\"}", "arguments" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"k\",\"arguments\":\"${token}\"}", "arguments" },
                { "{\"name\":\"k\",\"kind\":\"kernel\",\"kernel\":\"k\",\"parameters\":{\"a b\":\"\"}}", "parameters" },
                { "{\"name\":\"l\",\"kind\":\"local\",\"kernel\":\"k\"}", "kernel" },
                { "{\"name\":\"local\",\"kind\":\"kernel\",\"kernel\":\"k\"}", "kind" },
                { "{\"name\":\"inspect\",\"kind\":\"local\"}", "kind" },
        };
        struct profiles profiles = { 0 };
        struct profile *profile = NULL, *old;
        struct profile_error error;

        for (size_t i = 0; i < ELEMENTS(refused); i++)
                if (parse_profile(refused[i].text, &profile, &error) != -22 || strcmp(error.field, refused[i].field))
                        fail_msg("case %zu", i);
        assert_int_equal(profiles_set_builtin(&profiles, "quiet"), 0);
        assert_true(profiles_find(&profiles, "inspect")->builtin);
        assert_null(profiles_find(&profiles, "deb"));
        assert_int_equal(parse_profile("{\"name\":\"inspect\",\"kind\":\"inspect\",\"arguments\":\"${mac} ${who} ${introspect}/t/${token}\","
                                       "\"parameters\":{\"who\":\"me\"}}", &profile, &error), 0);
        assert_string_equal(profile->kernel, "ramdisk/vmlinuz");
        assert_string_equal(profile->initrds, "[\"ramdisk/initrd\"]");
        assert_int_equal(profiles_put(&profiles, profile, &old), 0);
        assert_false(profiles_find(&profiles, "inspect")->builtin);
        _cleanup_json_ json_t *good = json_pack("{s:s}", "who", "you"), *bad = json_pack("{s:s}", "whom", "you");
        assert_int_equal(profile_check_parameters(profile, good, &error), 0);
        assert_int_equal(profile_check_parameters(profile, bad, &error), -22);
        assert_non_null(profiles_at(&profiles, 1));
        assert_null(profiles_at(&profiles, 2));
        profiles_remove(&profiles, profile);
        profile_free(profile);
        assert_true(profiles_find(&profiles, "inspect")->builtin);
        profiles_clear(&profiles);
}

struct told {
        char text[400];
};

static int tell(const char *kind, const char *message, void *userdata) {
        struct told *told = userdata;
        size_t size = strlen(told->text);
        snprintf(told->text + size, sizeof told->text - size, "%s(%s) ", kind, message);
        return 0;
}

static void test_status(void **state) {
        const char *a = "{\"started\":1,\"problems\":[{\"subject\":\"port 67\",\"reason\":\"taken\"}],"
                        "\"children\":[{\"name\":\"d\",\"restarts\":1,\"crashLoop\":false}]}";
        const char *b = "{\"started\":1,\"problems\":[{\"subject\":\"x\",\"reason\":\"y\"}],"
                        "\"children\":[{\"name\":\"d\",\"restarts\":2,\"crashLoop\":true,\"reason\":\"port\"}]}";
        _cleanup_json_ json_t *old = json_loads(a, 0, NULL), *new = json_loads(b, 0, NULL);
        struct told told = { "" };
        assert_int_equal(status_compare(old, old, tell, &told), 0);
        assert_string_equal(told.text, "");
        status_compare(old, new, tell, &told);
        assert_string_equal(told.text, "problem.cleared(port 67: no more: taken) problem.set(x: y) child.restarted(d was started again: port) "
                                       "child.crash-loop(d ends again and again: port) ");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_find),     cmocka_unit_test(test_replace),         cmocka_unit_test(test_uuid),
                cmocka_unit_test(test_names),    cmocka_unit_test(test_another_machine),
                cmocka_unit_test(test_feed),     cmocka_unit_test(test_profiles),        cmocka_unit_test(test_status),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
