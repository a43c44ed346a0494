/* DHCP servers: whose an answer is, and when a foreign one is told. */
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

/* A bridge whose MAC changes as ports join and leave it; what it had between two readings of the host is in none of them. */
static void test_noted_macs_are_own(void **state) {
        const struct mac card = mac("52:54:00:bb:00:01"), between = mac("52:54:00:bb:00:02"), none = {}, group = mac("01:80:c2:00:00:0e");
        struct ip ours = address("192.0.2.1");
        struct own own = {};

        own_add_address(&own, &ours);
        own_add_mac(&own, &card);
        assert_false(own_has_mac(&own, &between));
        own_note_mac(&own, &between);
        own_note_mac(&own, &between);
        own_note_mac(&own, &none);
        own_note_mac(&own, &group);
        assert_int_equal(own.noted_count, 1);
        own_clear(&own);
        assert_true(own_has_mac(&own, &between));
        assert_false(own_has_mac(&own, &card));
        assert_int_equal(own.address_count, 0);
}

static void test_the_oldest_note_gives_way(void **state) {
        struct own own = {};
        struct mac number = { { 2, 0, 0, 0, 1, 0 } };

        for (uint8_t i = 0; i < OWN_NOTED_MAX; i++) {
                number.bytes[5] = i;
                own_note_mac(&own, &number);
        }
        number.bytes[5] = 0; /* it is the newest again */
        own_note_mac(&own, &number);
        number.bytes[5] = OWN_NOTED_MAX;
        own_note_mac(&own, &number);
        assert_int_equal(own.noted_count, OWN_NOTED_MAX);
        for (uint8_t i = 0; i <= OWN_NOTED_MAX; i++) {
                number.bytes[5] = i;
                assert_int_equal(own_has_mac(&own, &number), i != 1);
        }
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

#define SECOND USEC_PER_SEC

static struct foreign_server answer(const char *text, const char *file) {
        struct foreign_server server = { .network = 1, .vlan = -1, .address = address(text), .mac = mac("52:54:00:bb:00:09") };
        snprintf(server.file, sizeof(server.file), "%s", file);
        return server;
}

static bool note(struct foreign *f, const struct foreign_server *server, uint64_t now) {
        struct foreign_server got;
        foreign_note(f, server, now);
        return foreign_take(f, now, &got);
}

static void test_when_a_server_is_due(void **state) {
        static struct foreign f;
        struct foreign_server server = answer("192.0.2.9", "pxelinux.0"), got;

        assert_true(note(&f, &server, 100 * SECOND));
        assert_false(foreign_is_due(&f));
        server.offered = address("192.0.2.50"); /* to another client */
        server.client = mac("52:54:00:aa:00:01");
        assert_false(note(&f, &server, 110 * SECOND));
        snprintf(server.file, sizeof(server.file), "other.0");
        assert_true(note(&f, &server, 120 * SECOND));
        server.gateway = address("192.0.2.254");
        assert_true(note(&f, &server, 121 * SECOND));
        server.next_server = address("192.0.2.8");
        assert_true(note(&f, &server, 122 * SECOND));
        server.mac = mac("52:54:00:bb:00:10");
        assert_true(note(&f, &server, 123 * SECOND));
        assert_false(note(&f, &server, 182 * SECOND));
        foreign_note(&f, &server, 183 * SECOND);
        assert_true(foreign_take(&f, 183 * SECOND, &got));
        assert_true(got.first == 100 * SECOND && got.last == 183 * SECOND);
        assert_true(ip_equal(&got.offered, &server.offered));
        assert_true(note(&f, &server, 50 * SECOND)); /* the clock was set back */
        assert_false(note(&f, &server, 51 * SECOND + 1));

        server.vlan = 100; /* the same one there is another */
        assert_true(note(&f, &server, 52 * SECOND));
        server.network = 2;
        assert_true(note(&f, &server, 52 * SECOND));
        foreign_note(&f, &server, 300 * SECOND);
        foreign_forget(&f, 1);
        assert_int_equal(f.count, 1);
        assert_true(foreign_take(&f, 300 * SECOND, &got));
        assert_int_equal(got.network, 2);
        foreign_note(&f, &server, 400 * SECOND);
        foreign_forget(&f, 2);
        assert_false(foreign_is_due(&f));
}

/* One that changes all the time does not keep the others from being told. */
static void test_each_in_turn(void **state) {
        static struct foreign f;
        struct foreign_server restless = answer("192.0.2.8", ""), quiet = answer("192.0.2.9", ""), got;
        bool told = false;

        for (unsigned i = 0; i < 2; i++) {
                snprintf(restless.file, sizeof(restless.file), "%u", i);
                foreign_note(&f, &restless, SECOND);
                foreign_note(&f, &quiet, SECOND);
                assert_true(foreign_take(&f, SECOND, &got));
                told = told || ip_equal(&got.address, &quiet.address);
        }
        assert_true(told);
}

static void test_servers_are_bounded(void **state) {
        static struct foreign f;
        struct foreign_server server = answer("192.0.2.9", ""), got;
        unsigned due = 0;

        for (uint32_t i = 0; i < 10 * FOREIGN_MAX; i++) {
                server.address.v4.s_addr = htonl(0x0a000000 + i);
                foreign_note(&f, &server, (100 + i) * SECOND);
                server.address.v4.s_addr = htonl(0x0a000000); /* goes on answering */
                foreign_note(&f, &server, (100 + i) * SECOND);
        }
        assert_int_equal(f.count, FOREIGN_MAX);
        for (; foreign_take(&f, 5000 * SECOND, &got); due++)
                if (got.address.v4.s_addr == server.address.v4.s_addr)
                        assert_int_equal(got.first, 100 * SECOND);
        assert_int_equal(due, FOREIGN_MAX);
        assert_false(foreign_is_due(&f));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_own_answers),
                cmocka_unit_test(test_own_is_bounded),
                cmocka_unit_test(test_noted_macs_are_own),
                cmocka_unit_test(test_the_oldest_note_gives_way),
                cmocka_unit_test(test_when_a_server_is_due),
                cmocka_unit_test(test_each_in_turn),
                cmocka_unit_test(test_servers_are_bounded),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
