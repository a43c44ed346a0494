/* DHCP servers: whose an answer is. */
#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/foreign.h"

static struct ip address(const char *text) {
        struct ip ip;
        assert_int_equal(ip_parse(text, &ip), 0);
        return ip;
}

static struct mac mac(const char *text) {
        struct mac mac;
        assert_int_equal(mac_parse(text, &mac), 0);
        return mac;
}

static void test_own_answers(void **state) {
        struct own own = {};
        struct ip ours = address("192.0.2.1"), ours6 = address("2001:db8::1"), other = address("192.0.2.9");
        struct mac card = mac("52:54:00:bb:00:01"), elsewhere = mac("52:54:00:bb:00:09"), none = {};

        assert_true(foreign_is_own(&own, &other, &elsewhere)); /* nothing is known of the host */
        own_add_address(&own, &ours);
        own_add_address(&own, &ours6);
        own_add_mac(&own, &card);
        own_add_mac(&own, &none);
        assert_int_equal(own.mac_count, 1);
        assert_true(foreign_is_own(&own, &ours, &elsewhere)); /* through a router */
        assert_true(foreign_is_own(&own, &ours6, NULL));
        assert_true(foreign_is_own(&own, &other, &card));
        assert_false(foreign_is_own(&own, &other, &elsewhere));
        assert_false(foreign_is_own(&own, &other, &none));
        assert_false(foreign_is_own(&own, &other, NULL));
}

static void test_own_is_bounded(void **state) {
        static struct own own;

        for (uint32_t i = 0; i < 3 * OWN_ADDRESSES_MAX; i++) {
                struct ip ip = { .family = AF_INET, .v4.s_addr = htonl(i / 2) };
                struct mac number = { { 2, 0, 0, 0, (uint8_t) (i / 2 >> 8), (uint8_t) (i / 2) } };
                own_add_address(&own, &ip);
                own_add_mac(&own, &number);
        }
        assert_int_equal(own.address_count, OWN_ADDRESSES_MAX);
        assert_int_equal(own.mac_count, OWN_MACS_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_own_answers),
                cmocka_unit_test(test_own_is_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
