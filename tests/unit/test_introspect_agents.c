/* introspect/agents: what agents prove themselves by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "introspect/agents.h"
#include "lib/macro.h"

static const struct uuid a = { { 0x6d, [15] = 'A' } }, b = { { 0x6d, [15] = 'B' } };

static void test_agent_tokens(void **state) {
        static const uint8_t secret[TOKEN_SECRET_SIZE] = { 1 }, other_secret[TOKEN_SECRET_SIZE] = { 2 };
        char token[AGENT_TOKEN_SIZE], other[AGENT_TOKEN_SIZE];

        assert_int_equal(strlen(agent_token_make(secret, &a, "p1.x", token)), 64);
        assert_true(agent_token_equal(token, agent_token_make(secret, &a, "p1.x", other)));
        assert_false(agent_token_equal(token, agent_token_make(secret, &b, "p1.x", other)));
        assert_false(agent_token_equal(token, agent_token_make(secret, &a, "p1.y", other)));
        assert_false(agent_token_equal(token, agent_token_make(other_secret, &a, "p1.x", other)));
        assert_false(agent_token_equal(token, NULL));
        assert_false(agent_token_equal(token, ""));
        assert_false(agent_token_equal(token, "******"));
        snprintf(other, sizeof(other), "%.63s", token);
        assert_false(agent_token_equal(token, other));
}

static void test_agents(void **state) {
        static const uint8_t secret[TOKEN_SECRET_SIZE] = { 1 };
        char token[AGENT_TOKEN_SIZE], other[AGENT_TOKEN_SIZE], name[16];
        _cleanup_(agents_freep) struct agents *agents = NULL;

        assert_int_equal(agents_new(&agents), 0);
        agent_token_make(secret, &a, "one", token);
        assert_true(agents_keep_url(agents, token, "http://a:9999"));
        assert_true(agents_give(agents, token));
        assert_false(agents_give(agents, token));
        assert_true(agents_keep_url(agents, token, "http://a:9999"));
        assert_false(agents_keep_url(agents, token, "http://b:9999"));
        assert_true(agents_keep_url(agents, token, "http://a:9999"));
        /* what comes by the thousands takes no more memory, and may push it out: then it begins anew */
        for (int i = 0; i < 200000; i++) {
                snprintf(name, sizeof(name), "%d", i);
                assert_true(agents_give(agents, agent_token_make(secret, &a, name, other)));
        }
        assert_true(agents_give(agents, token));
        assert_true(agents_keep_url(agents, token, "http://b:9999"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_agent_tokens),
                cmocka_unit_test(test_agents),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
