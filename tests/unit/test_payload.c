/* lib/payload and lib/lldp_describe: members of any type, or none, and what a switch said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/lldp_describe.h"
#include "lib/payload.h"
#include "lib/payload_nuls.h"

static json_t *parse(const char *text) {
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

        assert_non_null(value);
        return value;
}

static void test_text(void **state) {
        static const struct {
                const char *json, *expected; /* NULL: null */
        } cases[] = {
                { "{\"a\": \" QEMU  Disk \"}", "QEMU  Disk" },
                { "{\"a\": \"\"}", NULL },
                { "{\"a\": \"  \\n\"}", NULL },
                { "{\"a\": null}", NULL },
                { "{}", NULL },
                { "{\"a\": 42}", "42" },
                { "{\"a\": -7}", "-7" },
                { "{\"a\": 1.5}", NULL },
                { "{\"a\": true}", NULL },
                { "{\"a\": [\"x\"]}", NULL },
                { "{\"a\": \"one\\ntwo\\tthree\"}", "one two three" },
                { "{\"a\": \"\\u001b[31mred\\u007f\"}", "?[31mred?" },
                { "{\"a\": \"\\u009b31m\"}", "??31m" },
                { "{\"a\": \"gr\\u00fcn\"}", "gr\xc3\xbcn" },
                { "[]", NULL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *object = parse(cases[i].json), *text = payload_text(object, "a");
                if (cases[i].expected)
                        assert_string_equal(json_string_value(text), cases[i].expected);
                else
                        assert_true(json_is_null(text));
        }
        _cleanup_json_ json_t *null = payload_text(NULL, "a");
        assert_true(json_is_null(null));
}

static void test_nuls(void **state) {
        static const struct {
                const char *posted, *read, *first;
                size_t texts;
        } cases[] = {
                { "{\"a\": \"plain\"}", "{\"a\": \"plain\"}", "", 0 },
                { "{\"a\": \"S\\u00001\\u0000\\u0000\"}", "{\"a\": \"S1\"}", "/a", 1 },
                { "{\"a\": \"\\u0000\"}", "{\"a\": \"\"}", "/a", 1 },
                /* a backslash, and digits */
                { "{\"a\": \"\\\\u0000\"}", "{\"a\": \"\\\\u0000\"}", "", 0 },
                { "{\"a\": \"\\\\\\u0000\"}", "{\"a\": \"\\\\\"}", "/a", 1 },
                { "{\"a\": [1, {\"b/~\": [\"x\", \"\\u0000y\"]}, \"\\u0000\"], \"c\": \"\\u0000\"}", "{\"a\": [1, {\"b/~\": [\"x\", \"y\"]}, \"\"], \"c\": \"\"}",
                  "/a/1/b~1~0/1", 3 },
                { "[\"z\\u0000\"]", "[\"z\"]", "/0", 1 },
                /* nothing that a terminal takes for an order */
                { "{\"\\u001b[2J\": \"\\u0000\"}", "{\"\\u001b[2J\": \"\"}", "/?[2J", 1 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct payload_nuls nuls = { 77, "left from before" };
                _cleanup_json_ json_t *value = payload_parse(cases[i].posted, strlen(cases[i].posted), 25, &nuls, NULL), *expected = parse(cases[i].read);
                assert_true(json_equal(value, expected));
                assert_int_equal(nuls.texts, cases[i].texts);
                assert_string_equal(nuls.first, cases[i].first);
        }
}

static void test_nuls_that_are_refused(void **state) {
        static const struct {
                const char *posted, *reason;
        } cases[] = {
                { "{\"a\\u0000\": \"\\u0000\"}", "NUL in the name of a member" },
                { "{\"a\": \"\\u0000\"", "ends too early" },
                { "{\"a\": \"\\u0000\", \"a\": 1}", "duplicate key" },
                { "[[[[\"\\u0000\"]]]]", "nested too deep" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const char *reason = NULL;
                struct payload_nuls nuls = { .texts = 77 };
                assert_null(payload_parse(cases[i].posted, strlen(cases[i].posted), 3, &nuls, &reason));
                assert_string_equal(reason, cases[i].reason);
                assert_int_equal(nuls.texts, 77);
                assert_null(payload_parse(cases[i].posted, strlen(cases[i].posted), 3, &nuls, NULL));
        }
}

/* However long the names are on the way to it. */
static void test_place_of_nuls_is_cut(void **state) {
        _cleanup_free_ char *text = malloc(1100);
        struct payload_nuls nuls;

        strcpy(stpcpy((char *) memset(stpcpy(text, "{\"a"), 'x', 1000) + 1000, "\": {\"b\": [\"\\u0000\"]}"), "}");
        _cleanup_json_ json_t *value = payload_parse(text, strlen(text), 25, &nuls, NULL);
        assert_non_null(value);
        assert_int_equal(strlen(nuls.first), PAYLOAD_PLACE_SIZE - 1);
        assert_memory_equal(nuls.first, "/axxx", 5);
}

static void test_long_text_is_cut_at_a_character(void **state) {
        char text[PAYLOAD_TEXT_MAX + 9];
        _cleanup_json_ json_t *object = NULL, *cut = NULL;

        memset(text, 'x', sizeof(text));
        memcpy(text + PAYLOAD_TEXT_MAX - 1, "\xc3\xbc", 2);
        object = json_pack("{s:s#}", "a", text, (int) sizeof(text));
        cut = payload_text(object, "a");
        assert_int_equal(json_string_length(cut), PAYLOAD_TEXT_MAX - 1);
}

static void test_count(void **state) {
        static const struct {
                const char *json;
                bool known;
                int64_t expected;
        } cases[] = {
                { "{\"a\": 12}", true, 12 },
                { "{\"a\": 0}", true, 0 },
                { "{\"a\": -1}", false, 0 },
                { "{\"a\": 9223372036854775807}", true, INT64_MAX },
                { "{\"a\": 8.0}", true, 8 },
                { "{\"a\": 8.5}", false, 0 },
                { "{\"a\": 1e300}", false, 0 },
                { "{\"a\": -0.5}", false, 0 },
                { "{\"a\": \"24576\"}", true, 24576 },
                { "{\"a\": \" 7 \"}", true, 7 },
                { "{\"a\": \"-1\"}", false, 0 },
                { "{\"a\": \"7 GB\"}", false, 0 },
                { "{\"a\": \"99999999999999999999\"}", false, 0 },
                { "{\"a\": \"\"}", false, 0 },
                { "{\"a\": null}", false, 0 },
                { "{\"a\": true}", false, 0 },
                { "{\"a\": {}}", false, 0 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *object = parse(cases[i].json);
                int64_t value = 0;
                assert_int_equal(payload_count(object, "a", &value), cases[i].known);
                assert_int_equal(value, cases[i].expected);
        }
}

static void test_mac(void **state) {
        static const struct {
                const char *json, *expected;
        } cases[] = {
                { "{\"a\": \"52:54:00:AA:BB:01\"}", "52:54:00:aa:bb:01" },
                { "{\"a\": \"01-52-54-00-aa-bb-01\"}", "52:54:00:aa:bb:01" },
                { "{\"a\": \"20-52-54-00-aa-bb-01\"}", "52:54:00:aa:bb:01" },
                { "{\"a\": \"01:52:54:00:aa:bb:01\"}", "52:54:00:aa:bb:01" },
                { "{\"a\": \" 525400aabb01\\n\"}", "52:54:00:aa:bb:01" },
                { "{\"a\": \"ff:ff:ff:ff:ff:ff\"}", NULL },
                { "{\"a\": \"01:00:5e:00:00:01\"}", NULL },
                { "{\"a\": \"00:00:00:00:00:00\"}", NULL },
                { "{\"a\": \"80:00:02:08:fe:80:00:00:00:00:00:00:7C:fe:90:03:00:29:26:52\"}", "7c:fe:90:29:26:52" },
                { "{\"a\": \"80:00:02:08:fe:80:00:00:00:00:00:00:7c:fe:90:03:00:29:26\"}", NULL },
                { "{\"a\": \"80:00:02:08:fe:80:00:00:00:00:00:00:7c:fe:90:03:00:29:26:5x\"}", NULL },
                { "{\"a\": \"80:00:02:08:fe:80:00:00:00:00:00:00:7c:fe:90:03:00:2926::52\"}", NULL },
                { "{\"a\": \"20-7c-fe-90-29-26-52\"}", "7c:fe:90:29:26:52" },
                { "{\"a\": \"07-52-54-00-aa-bb-01\"}", NULL },
                { "{\"a\": \"52:54:00:aa:bb\"}", NULL },
                { "{\"a\": \"\"}", NULL },
                { "{\"a\": \"52:54:00:aa:bb:01 52\"}", NULL },
                { "{\"a\": 12}", NULL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *object = parse(cases[i].json);
                char text[MAC_TEXT_SIZE];
                struct mac mac;
                assert_int_equal(payload_mac(object, "a", &mac), cases[i].expected != NULL);
                if (cases[i].expected)
                        assert_string_equal(mac_format(&mac, text), cases[i].expected);
        }
}

static void test_ip(void **state) {
        static const struct {
                const char *json, *expected;
        } cases[] = {
                { "{\"a\": \"10.9.9.5\"}", "10.9.9.5" },
                { "{\"a\": \"fe80::1%nic0.100\"}", "fe80::1" },
                { "{\"a\": \"2001:DB8::1/64\"}", "2001:db8::1" },
                { "{\"a\": \"0.0.0.0\"}", NULL },
                { "{\"a\": \"::/0\"}", NULL },
                { "{\"a\": \"::1\"}", NULL },
                { "{\"a\": \"127.0.0.1\"}", NULL },
                { "{\"a\": \"nonsense\"}", NULL },
                { "{\"a\": \"\"}", NULL },
                { "{\"a\": \"1111111111111111111111111111111111111111111111111111111111111\"}", NULL },
                { "{\"a\": null}", NULL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *object = parse(cases[i].json);
                char text[IP_TEXT_SIZE];
                struct ip ip;
                assert_int_equal(payload_ip(object, "a", &ip), cases[i].expected != NULL);
                if (cases[i].expected)
                        assert_string_equal(ip_format(&ip, text), cases[i].expected);
        }
}

static json_t *describe(const json_t *tlvs) {
        json_t *interface = json_object();
        struct lldp lldp;

        lldp_read(tlvs, &lldp);
        lldp_describe(&lldp, interface);
        return interface;
}

static void test_lldp(void **state) {
        static const struct {
                const char *json, *chassis, *port;
        } cases[] = {
                { "[[1, \"04001122334455\"], [2, \"05457468312f32\"], [0, \"\"]]", "00:11:22:33:44:55", "Eth1/2" },
                { "[[2, \"0300112233445F\"], [1, \"04001122334455\"]]", "00:11:22:33:44:55", "00:11:22:33:44:5f" },
                { "[[2, \"07363132\"]]", NULL, "612" },
                { "[[1, \"0773772d61\"], [2, \"0101\"]]", NULL, "?" },               /* chassis by local name; a control character */
                { "[[1, \"040011223344\"], [2, \"0401c0000201\"]]", NULL, NULL },    /* a short MAC; a port by address */
                { "[[1, \"zz\"], [2, \"053\"], [1], [], 5, null, \"x\"]", NULL, NULL },
                { "[[1, null], [2, 5], [\"1\", \"04001122334455\"]]", NULL, NULL },
                { "[[1, \"04001122334455\"], [1, \"04665544332211\"]]", "00:11:22:33:44:55", NULL },
                { "[[2, \"05ff\"]]", NULL, NULL },                                    /* no UTF-8 */
                { "[[2, \"05\"]]", NULL, NULL },
                { "[]", NULL, NULL },
                { "{}", NULL, NULL },
                { "\"x\"", NULL, NULL },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_json_ json_t *tlvs = parse(cases[i].json);
                _cleanup_json_ json_t *interface = describe(tlvs);
                assert_string_equal(json_get_string(interface, "switchChassis") ?: "none", cases[i].chassis ?: "none");
                assert_string_equal(json_get_string(interface, "switchPort") ?: "none", cases[i].port ?: "none");
                assert_true(json_is_null(json_object_get(interface, "switchName")));
                assert_true(json_is_null(json_object_get(interface, "switchVlan")));
                assert_true(json_is_null(json_object_get(interface, "switchVlans")));
        }
}

static void test_lldp_name_and_vlans(void **state) {
        _cleanup_json_ json_t *tlvs = parse("[[5, \"746f72\"], [127, \"0080C2010064\"], [127, \"0080c2030065026161\"],"
                                            " [127, \"0080c203006600\"], [127, \"0080c20300660131\"], [127, \"00\"], [-1, \"00\"], [128, \"\"]]");
        _cleanup_json_ json_t *interface = describe(tlvs), *vlans = parse("[101, 102]");

        assert_string_equal(json_get_string(interface, "switchName"), "tor");
        assert_int_equal(json_get_int(interface, "switchVlan", -1), 100);
        assert_true(json_equal(json_object_get(interface, "switchVlans"), vlans));

        /* the port has no port VLAN id */
        _cleanup_json_ json_t *none = parse("[[127, \"0080c2010000\"]]"), *without = describe(none);
        assert_true(json_is_null(json_object_get(without, "switchVlan")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_long_text_is_cut_at_a_character),
                cmocka_unit_test(test_nuls),
                cmocka_unit_test(test_nuls_that_are_refused),
                cmocka_unit_test(test_place_of_nuls_is_cut),
                cmocka_unit_test(test_count),
                cmocka_unit_test(test_mac),
                cmocka_unit_test(test_ip),
                cmocka_unit_test(test_lldp),
                cmocka_unit_test(test_lldp_name_and_vlans),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
