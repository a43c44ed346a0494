/* lib/address: text and bytes of MACs, UUIDs and IP addresses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/address.h"
#include "lib/macro.h"

static void test_mac_text(void **state) {
        static const char *const good[] = { "52:54:00:aB:cd:0f", "52-54-00-AB-CD-0F", "525400abcd0f" };
        static const char *const bad[] = { "", "52:54:00:ab:cd", "52:54:00:ab:cd:0g", "52:54-00:ab:cd:0f", "52:54:00:ab:cd:0f ",
                                           "52.54.00.ab.cd.0f", "5254:00abcd0f" };
        char text[MAC_TEXT_SIZE];
        struct mac mac;

        for (size_t i = 0; i < ELEMENTS(good); i++) {
                assert_int_equal(mac_parse(good[i], &mac), 0);
                assert_string_equal(mac_format(&mac, text), "52:54:00:ab:cd:0f");
                assert_int_equal(mac_to_u64(&mac), 0x525400abcd0f);
        }
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_not_equal(mac_parse(bad[i], &mac), 0);
}

static void test_mac_unicast(void **state) {
        struct mac mac;

        mac_parse("00:00:00:00:00:00", &mac);
        assert_false(mac_is_unicast(&mac));
        mac_parse("01:80:c2:00:00:0e", &mac);
        assert_false(mac_is_unicast(&mac));
        mac_parse("52:54:00:00:00:01", &mac);
        assert_true(mac_is_unicast(&mac));
}

static void test_mac_prefix(void **state) {
        static const char *const bad[] = { "", "0", "02:", ":02", "02:2", "0221", "02:21-28", "02:21:28:57:47:17:18", "02:21 ", "g0" };
        static const struct {
                const char *text;
                unsigned size;
        } good[] = { { "02", 1 }, { "02:21:28", 3 }, { "02-21-28-57", 4 }, { "02:21:28:57:47:1F", 6 } };
        char text[MAC_TEXT_SIZE];
        struct mac_prefix prefix;
        struct mac mac, other;

        mac_parse("02:21:28:57:47:1f", &mac);
        mac_parse("03:21:28:57:47:1f", &other);
        for (size_t i = 0; i < ELEMENTS(good); i++) {
                assert_int_equal(mac_prefix_parse(good[i].text, &prefix), 0);
                assert_int_equal(prefix.size, good[i].size);
                assert_int_equal(strlen(mac_prefix_format(&prefix, text)), 3 * good[i].size - 1);
                assert_memory_equal(text, "02:21:28:57:47:1f", strlen(text));
                assert_true(mac_has_prefix(&mac, &prefix));
                assert_false(mac_has_prefix(&other, &prefix));
        }
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_not_equal(mac_prefix_parse(bad[i], &prefix), 0);
}

static void test_uuid(void **state) {
        struct uuid uuid;
        char text[UUID_TEXT_SIZE];

        assert_int_equal(uuid_parse("00112233-4455-6677-8899-AABBCCDDEEFF", &uuid), 0);
        assert_string_equal(uuid_format(&uuid, text), "00112233-4455-6677-8899-aabbccddeeff");
        /* DSP0134 7.2.1 has this very example. */
        uuid_swap(&uuid);
        assert_string_equal(uuid_format(&uuid, text), "33221100-5544-7766-8899-aabbccddeeff");
        assert_false(uuid_is_junk(&uuid));
        assert_int_not_equal(uuid_parse("00112233445566778899aabbccddeeff", &uuid), 0);
        assert_int_not_equal(uuid_parse("00112233-4455-6677-8899-aabbccddeef", &uuid), 0);
        assert_int_equal(uuid_parse("00000000-0000-0000-0000-000000000000", &uuid), 0);
        assert_true(uuid_is_junk(&uuid));
        assert_int_equal(uuid_parse("03000200-0400-0500-0006-000700080009", &uuid), 0);
        assert_true(uuid_is_junk(&uuid));
        uuid_random(&uuid);
        assert_int_equal(uuid.bytes[6] >> 4, 4);
        assert_int_equal(uuid.bytes[8] >> 6, 2);
}

static void test_prefix(void **state) {
        static const char *const bad[] = { "192.0.2.1", "192.0.2.1/", "192.0.2.1/33", "192.0.2/24", "2001:db8::1/129", "192.0.2.1/2x",
                                           "/24", "192.0.2.1/-1" };
        struct ip_prefix prefix;
        struct ip ip;
        char text[IP_PREFIX_TEXT_SIZE];

        assert_int_equal(ip_prefix_parse("192.0.2.130/25", &prefix), 0);
        assert_string_equal(ip_prefix_format(&prefix, text), "192.0.2.130/25");
        assert_int_equal(ip_parse("192.0.2.129", &ip), 0);
        assert_true(ip_in_prefix(&ip, &prefix));
        assert_int_equal(ip_parse("192.0.2.127", &ip), 0);
        assert_false(ip_in_prefix(&ip, &prefix));
        assert_int_equal(ip_parse("2001:db8::1", &ip), 0);
        assert_false(ip_in_prefix(&ip, &prefix));
        assert_int_equal(ip_prefix_parse("2001:db8::/32", &prefix), 0);
        assert_true(ip_in_prefix(&ip, &prefix));
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                assert_int_not_equal(ip_prefix_parse(bad[i], &prefix), 0);
}

static void test_port(void **state) {
        static const char *const bad[] = { "",       "192.0.2.1",     "192.0.2.1:",      "192.0.2.1:0",    "192.0.2.1:65536", "192.0.2.1:5050x", ":5050",
                                           "::1",    "::1:5050",      "[::1]",           "[::1]5050",      "[::1]:",          "[::1:5050",       "[192.0.2.1]:5050",
                                           "x:5050", "192.0.2.1:-50", "192.0.2.1: 5050", "localhost:5050", "[::1]:123456" };
        char text[IP_TEXT_SIZE];
        uint16_t port;
        struct ip ip;

        assert_int_equal(ip_port_parse("192.0.2.1:5050", &ip, &port), 0);
        assert_string_equal(ip_format(&ip, text), "192.0.2.1");
        assert_int_equal(port, 5050);
        assert_int_equal(ip_port_parse("[2001:db8::1]:65535", &ip, &port), 0);
        assert_string_equal(ip_format(&ip, text), "2001:db8::1");
        assert_int_equal(port, 65535);
        assert_int_equal(ip_port_parse("0.0.0.0:1", &ip, &port), 0);
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                if (ip_port_parse(bad[i], &ip, &port) != -EINVAL)
                        fail_msg("%s", bad[i]);
}

static void test_from_sockaddr(void **state) {
        const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201) };
        const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        const struct sockaddr local = { .sa_family = AF_UNIX };
        char text[IP_TEXT_SIZE];
        struct ip ip;

        assert_int_equal(ip_from_sockaddr((const struct sockaddr *) &v4, &ip), 0);
        assert_string_equal(ip_format(&ip, text), "192.0.2.1");
        assert_int_equal(ip_from_sockaddr((const struct sockaddr *) &v6, &ip), 0);
        assert_string_equal(ip_format(&ip, text), "::1");
        assert_int_not_equal(ip_from_sockaddr(&local, &ip), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_mac_text),
                cmocka_unit_test(test_mac_unicast),
                cmocka_unit_test(test_mac_prefix),
                cmocka_unit_test(test_uuid),
                cmocka_unit_test(test_prefix),
                cmocka_unit_test(test_port),
                cmocka_unit_test(test_from_sockaddr),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
