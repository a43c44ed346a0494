/* introspect/state: the desired state as readers find it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "introspect/state.h"

#define A "6d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b11"
#define B "7d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b12"

static void apply(struct state *state, const char *key, const char *value) {
        char text[512], word[16];
        snprintf(word, sizeof(word), "%.*s", (int) strcspn(key, "/"), key);
        if (value)
                snprintf(text, sizeof(text), "{\"key\": \"%s\", \"%s\": %s}", key, word, value);
        else
                snprintf(text, sizeof(text), "{\"key\": \"%s\"}", key);
        _cleanup_json_ json_t *entry = json_loads(text, 0, NULL);
        assert_non_null(entry);
        state_apply(state, key, entry);
}

static struct token token_of(const char *node, const char *mac) {
        struct token token = { .has_node = node != NULL };

        if (node)
                assert_int_equal(uuid_parse(node, &token.node), 0);
        assert_int_equal(mac_parse(mac, &token.mac), 0);
        return token;
}

static bool find(struct state *state, const char *node, const char *mac, struct state_node *ret) {
        const struct token token = token_of(node, mac);

        return state_find_node(state, &token, ret);
}

static struct state *filled(void) {
        struct state *state;

        assert_int_equal(state_new(&state), 0);
        state_begin(state);
        apply(state, "settings", "{\"secret\": \"4242424242424242424242424242424242424242424242424242424242424242\", \"introspectPort\": 5050}");
        apply(state, "network/lab", "{\"address\": \"192.0.2.1/24\"}");
        apply(state, "network/v6", "{\"address\": \"2001:db8::1/64\"}");
        apply(state, "node/" A, "{\"macs\": [\"52:54:00:00:00:01\", \"52:54:00:00:00:02\"], \"assignment\": 7, \"inspect\": true}");
        apply(state, "node/" B, "{\"macs\": [], \"assignment\": 0, \"inspect\": false}");
        state_commit(state);
        return state;
}

static void test_finds(void **unused) {
        _cleanup_(state_freep) struct state *state = filled();
        uint8_t secret[TOKEN_SECRET_SIZE];
        char network[STATE_NAME_SIZE];
        struct state_node node;
        struct ip ip;

        assert_true(state_secret(state, secret));
        assert_int_equal(secret[31], 0x42);
        assert_int_equal(state_port(state), 5050);
        assert_int_equal(ip_parse("2001:db8::1", &ip), 0);
        assert_true(state_find_network(state, &ip, network));
        assert_string_equal(network, "v6");
        assert_true(find(state, NULL, "52:54:00:00:00:02", &node));
        assert_int_equal(node.assignment, 7);
        assert_true(node.inspect);
        assert_true(find(state, B, "52:54:00:00:00:02", &node));
        assert_false(node.inspect);
        assert_false(find(state, NULL, "52:54:00:00:00:03", &node));
        /* the node that the token was made for is gone: the machine is now another's */
        assert_true(find(state, "8d0b9e6c-7f9e-4f43-9d0c-3f2f5c0a1b13", "52:54:00:00:00:01", &node));
        assert_int_equal(node.assignment, 7);
}

static void test_changes(void **unused) {
        _cleanup_(state_freep) struct state *state = filled();
        struct state_node node;

        apply(state, "node/" A, "{\"macs\": [\"52:54:00:00:00:09\"], \"assignment\": 8, \"inspect\": false}");
        assert_false(find(state, NULL, "52:54:00:00:00:01", &node));
        assert_true(find(state, NULL, "52:54:00:00:00:09", &node));
        assert_int_equal(node.assignment, 8);
        apply(state, "node/" A, NULL);
        assert_false(find(state, A, "52:54:00:00:00:09", &node));
        assert_int_equal(state_nodes(state), 1);
        apply(state, "node/nonsense", "{}");
        apply(state, "unknown/x", NULL);
        assert_int_equal(state_nodes(state), 1);
        apply(state, "network/lab", NULL);
        const struct state_network *networks;
        assert_int_equal(state_networks(state, &networks), 1);
        assert_string_equal(networks[0].name, "v6");
}

static void test_look_up(void **unused) {
        _cleanup_(state_freep) struct state *state = filled();
        struct lookup_query query = { .has_uuid = true, .n_macs = 1 };
        struct token token = token_of(A, "52:54:00:00:00:01");
        struct lookup_facts facts;
        struct uuid b;

        assert_int_equal(uuid_parse(B, &b), 0);
        assert_int_equal(uuid_parse("4c4c4544-0042-3010-8052-b4c04f565931", &query.uuid), 0);
        assert_int_equal(mac_parse("02:00:00:00:00:07", &query.macs[0]), 0);
        state_look_up(state, &token, &query, &facts);
        assert_true(facts.token_node_known);
        assert_false(facts.uuid_known);
        assert_int_equal(facts.n_macs, 2);
        assert_false(facts.macs[0].has_node || facts.macs[0].shared);
        assert_true(facts.macs[1].has_node); /* the token's own */
        apply(state, "node/" B, "{\"macs\": [\"02:00:00:00:00:07\"], \"uuid\": \"4c4c4544-0042-3010-8052-b4c04f565931\"}");
        apply(state, "settings", "{\"secret\": \"\", \"introspectPort\": 1, \"sharedMacs\": [\"02:00\", \"nonsense\", 3]}");
        apply(state, "node/" A, NULL);
        state_look_up(state, &token, &query, &facts);
        assert_false(facts.token_node_known);
        assert_true(facts.uuid_known);
        assert_memory_equal(&facts.uuid_node, &b, sizeof(b));
        assert_true(facts.macs[0].has_node && facts.macs[0].shared);
        assert_false(facts.macs[1].has_node);
        assert_true(state_has_node(state, &b));
        assert_false(state_has_node(state, &token.node));
        apply(state, "node/" B, NULL);
        state_look_up(state, &token, &query, &facts);
        assert_false(facts.uuid_known);
}

/* One that many machines have ties none of them to the node that happens to have it. */
static void test_shared_mac(void **unused) {
        _cleanup_(state_freep) struct state *state = filled();
        struct state_node node;

        apply(state, "node/" B, "{\"macs\": [\"02:00:00:00:00:07\", \"00:11:22:33:44:55\"]}");
        assert_true(find(state, NULL, "02:00:00:00:00:07", &node));
        assert_false(find(state, NULL, "00:11:22:33:44:55", &node));
        assert_true(find(state, B, "00:11:22:33:44:55", &node));
        apply(state, "settings", "{\"secret\": \"\", \"introspectPort\": 1, \"sharedMacs\": [\"02:00\"]}");
        assert_false(find(state, NULL, "02:00:00:00:00:07", &node));
}

static void test_a_whole_state_replaces(void **unused) {
        _cleanup_(state_freep) struct state *state = filled();
        const struct state_network *networks;
        struct state_node node;

        state_begin(state);
        apply(state, "network/new", "{\"address\": \"198.51.100.1/24\"}");
        apply(state, "node/" B, "{\"macs\": [\"52:54:00:00:00:05\"]}");
        assert_true(find(state, A, "52:54:00:00:00:01", &node)); /* until it is complete */
        state_commit(state);
        assert_false(find(state, A, "52:54:00:00:00:01", &node));
        assert_true(find(state, NULL, "52:54:00:00:00:05", &node));
        assert_int_equal(state_networks(state, &networks), 1);
        assert_string_equal(networks[0].name, "new");
}

static void test_nothing_is_known_at_first(void **unused) {
        _cleanup_(state_freep) struct state *state = NULL;
        uint8_t secret[TOKEN_SECRET_SIZE];

        assert_int_equal(state_new(&state), 0);
        assert_false(state_secret(state, secret));
        assert_int_equal(state_port(state), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_finds),
                cmocka_unit_test(test_changes),
                cmocka_unit_test(test_look_up),
                cmocka_unit_test(test_shared_mac),
                cmocka_unit_test(test_a_whole_state_replaces),
                cmocka_unit_test(test_nothing_is_known_at_first),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
