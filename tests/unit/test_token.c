/* Boot tokens: what is made is accepted, anything else is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/token.h"

static const uint8_t secret[TOKEN_SECRET_SIZE] = { 1, 2, 3, 4, 5 };
static const uint8_t other[TOKEN_SECRET_SIZE] = { 1, 2, 3, 4, 6 };

static struct token example(void) {
        struct token token = { .has_node = true, .assignment = 0x1234, .expires = 2000000000 };
        assert_int_equal(uuid_parse("2b3f4c5d-0000-4000-8000-0123456789ab", &token.node), 0);
        assert_int_equal(mac_parse("52:54:00:12:34:56", &token.mac), 0);
        return token;
}

static void test_text(void **state) {
        struct token token = example();
        char text[TOKEN_TEXT_SIZE];

        /* HMAC computed with Python's hmac over the text before the last dot */
        assert_string_equal(token_make(&token, secret, text),
                            "p1.2b3f4c5d-0000-4000-8000-0123456789ab.525400123456.1234.77359400."
                            "cf02ff8358004f50e40dd7e1b45df4b3");
}

static void test_round_trip(void **state) {
        struct token token = example(), back;
        char text[TOKEN_TEXT_SIZE];

        for (int with_node = 0; with_node < 2; with_node++) {
                token.has_node = with_node;
                token_make(&token, secret, text);
                assert_int_equal(token_check(text, secret, 2000000000, &back), 0);
                assert_int_equal(back.has_node, with_node);
                if (with_node)
                        assert_memory_equal(&back.node, &token.node, sizeof(back.node));
                assert_memory_equal(&back.mac, &token.mac, sizeof(back.mac));
                assert_int_equal(back.assignment, 0x1234);
                assert_int_equal(back.expires, 2000000000);
        }
}

static void test_longest(void **state) {
        struct token token = example(), back;
        char text[TOKEN_TEXT_SIZE];

        token.assignment = token.expires = UINT64_MAX;
        token_make(&token, secret, text);
        assert_int_equal(token_check(text, secret, 1, &back), 0);
        assert_true(back.assignment == UINT64_MAX && back.expires == UINT64_MAX);
}

static void test_expired(void **state) {
        struct token token = example(), back = {};
        char text[TOKEN_TEXT_SIZE];

        token_make(&token, secret, text);
        assert_int_equal(token_check(text, secret, 2000000001, &back), -EKEYEXPIRED);
        assert_int_equal(back.assignment, 0x1234);
}

static void test_foreign(void **state) {
        struct token token = example(), back;
        char text[TOKEN_TEXT_SIZE];

        token_make(&token, secret, text);
        assert_int_equal(token_check(text, other, 1, &back), -EKEYREJECTED);
}

/* Each character changed in turn, and each shorter text. */
static void test_changed(void **state) {
        struct token token = example(), back;
        char text[TOKEN_TEXT_SIZE], changed[TOKEN_TEXT_SIZE];

        token_make(&token, secret, text);
        for (size_t i = 0; text[i]; i++) {
                strcpy(changed, text);
                changed[i] = changed[i] == '1' ? '2' : '1';
                assert_true(token_check(changed, secret, 1, &back) < 0);
                strcpy(changed, text);
                changed[i] = '\0';
                assert_int_equal(token_check(changed, secret, 1, &back), -EBADMSG);
        }
}

static void test_nonsense(void **state) {
        static const char *const texts[] = {
                "", ".", ".....", "p1.-.525400123456.1.2", "p2.-.525400123456.1.2.00000000000000000000000000000000",
                "p1.-.52540012345g.1.2.00000000000000000000000000000000", "p1.-.525400123456..2.00000000000000000000000000000000",
                "p1.-.525400123456.01.2.00000000000000000000000000000000", "p1.-.525400123456.1.2.3.00000000000000000000000000000000",
                "p1.-.525400123456.11111111111111111.2.00000000000000000000000000000000",
                "p1.-.525400123456.1.2.0000000000000000000000000000000G",
        };
        char huge[5000];
        struct token back;

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_int_equal(token_check(texts[i], secret, 1, &back), -EBADMSG);
        memset(huge, '.', sizeof(huge) - 1);
        huge[sizeof(huge) - 1] = '\0';
        assert_int_equal(token_check(huge, secret, 1, &back), -EBADMSG);
}

static void test_secret(void **state) {
        char text[2 * TOKEN_SECRET_SIZE + 1];
        uint8_t back[TOKEN_SECRET_SIZE];

        secret_format(secret, text);
        assert_int_equal(strlen(text), 64);
        assert_int_equal(secret_parse(text, back), 0);
        assert_memory_equal(back, secret, sizeof(back));
        text[63] = 'x';
        assert_int_equal(secret_parse(text, back), -EINVAL);
        text[63] = '\0';
        assert_int_equal(secret_parse(text, back), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),    cmocka_unit_test(test_round_trip), cmocka_unit_test(test_longest),
                cmocka_unit_test(test_expired), cmocka_unit_test(test_foreign),    cmocka_unit_test(test_changed),
                cmocka_unit_test(test_nonsense), cmocka_unit_test(test_secret),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
