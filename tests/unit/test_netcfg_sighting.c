/* The table of sightings: what it keeps, what it forgets, and when one is due for a report. */
#include <errno.h>

#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/bucket.h"
#include "netcfg/recent.h"
#include "netcfg/sighting.h"

#define SECOND USEC_PER_SEC

static struct mac numbered(uint32_t number) {
        return (struct mac) { { 2, 0, (uint8_t) (number >> 24), (uint8_t) (number >> 16), (uint8_t) (number >> 8), (uint8_t) number } };
}

static struct ip address(const char *text) {
        struct ip ip;
        assert_int_equal(ip_parse(text, &ip), 0);
        return ip;
}

static struct sightings *table(uint32_t max) {
        struct sightings *s;
        assert_int_equal(sightings_new(max, 0x1234567890abcdef, &s), 0);
        return s;
}

static void note(struct sightings *s, uint32_t number, const char *text, enum protocol protocol, uint64_t now) {
        struct mac mac = numbered(number);
        struct ip ip = address(text ?: "0.0.0.0");
        assert_in_range(sightings_note(s, 1, SIGHTING_OWN_VLAN, &mac, text ? &ip : NULL, protocol, now), SIGHTING_KNOWN, SIGHTING_NEW_SQUEEZED);
}

static void test_report_when_something_is_new(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(10);
        struct sighting got;
        char text[IP_TEXT_SIZE];

        note(s, 1, NULL, PROTOCOL_DHCP, 100 * SECOND);
        assert_true(sightings_take(s, &got));
        assert_int_equal(got.address_count, 0);
        assert_int_equal(got.protocols, PROTOCOL_DHCP);
        assert_int_equal(got.network, 1);
        assert_int_equal(mac_to_u64(&got.mac), mac_to_u64(&(struct mac) { { 2, 0, 0, 0, 0, 1 } }));
        assert_false(sightings_take(s, &got));

        note(s, 1, NULL, PROTOCOL_DHCP, 101 * SECOND);
        assert_false(sightings_take(s, &got)); /* nothing new */
        note(s, 1, "192.0.2.5", PROTOCOL_DHCP, 102 * SECOND);
        assert_true(sightings_take(s, &got));
        note(s, 1, "2001:db8::5", PROTOCOL_ARP, 103 * SECOND);
        note(s, 1, "2001:db8::5", PROTOCOL_TFTP, 104 * SECOND);
        assert_true(sightings_take(s, &got)); /* both in one */
        assert_int_equal(got.protocols, PROTOCOL_DHCP | PROTOCOL_ARP | PROTOCOL_TFTP);
        assert_int_equal(got.address_count, 2);
        assert_string_equal(ip_format(&got.addresses[0], text), "2001:db8::5");
        assert_string_equal(ip_format(&got.addresses[1], text), "192.0.2.5");
        assert_true(got.first == 100 * SECOND && got.last == 104 * SECOND);
        assert_false(sightings_take(s, &got));
}

static void test_unchanged_is_due_once_a_minute(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(10);
        struct sighting got;
        unsigned reports = 0;

        for (uint64_t second = 0; second < 600; second++) {
                note(s, 1, "192.0.2.5", PROTOCOL_ARP, (1000 + second) * SECOND);
                reports += sightings_take(s, &got);
        }
        assert_int_equal(reports, 10);
        /* a clock that was set back does not silence it, nor make it talk */
        note(s, 1, "192.0.2.5", PROTOCOL_ARP, 10 * SECOND);
        assert_true(sightings_take(s, &got));
        assert_true(got.first <= got.last);
        note(s, 1, "192.0.2.5", PROTOCOL_ARP, 11 * SECOND);
        assert_false(sightings_take(s, &got));
}

static void test_addresses_newest_first(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(10);
        struct sighting got;
        struct mac mac = numbered(1);
        struct ip ip;
        char text[IP_TEXT_SIZE];

        for (int i = 1; i <= 10; i++) {
                snprintf(text, sizeof(text), "192.0.2.%d", i);
                note(s, 1, text, PROTOCOL_ARP, SECOND);
        }
        note(s, 1, "192.0.2.4", PROTOCOL_ARP, SECOND); /* comes to the front again */
        assert_true(sightings_take(s, &got));
        assert_int_equal(got.address_count, SIGHTING_ADDRESSES_MAX);
        static const char *const expected[] = { "192.0.2.4", "192.0.2.10", "192.0.2.9", "192.0.2.8", "192.0.2.7", "192.0.2.6", "192.0.2.5",
                                                "192.0.2.3" };
        for (int i = 0; i < SIGHTING_ADDRESSES_MAX; i++)
                assert_string_equal(ip_format(&got.addresses[i], text), expected[i]);
        ip = address("192.0.2.3");
        assert_true(sightings_knows(s, 1, &mac, &ip));
        assert_false(sightings_knows(s, 2, &mac, &ip));
        ip = address("192.0.2.2");
        assert_false(sightings_knows(s, 1, &mac, &ip));
}

static void test_the_oldest_is_forgotten(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(1000);
        struct ip ip = address("192.0.2.5");
        struct sighting got;
        struct mac mac;

        for (uint32_t i = 0; i < 5000; i++) {
                note(s, i, "192.0.2.5", PROTOCOL_ARP, (1 + i) * SECOND);
                note(s, 7, "192.0.2.5", PROTOCOL_ARP, (1 + i) * SECOND); /* goes on being seen */
        }
        assert_int_equal(sightings_count(s), 1000);
        do
                assert_true(sightings_take(s, &got));
        while (got.mac.bytes[5] != 7 || got.mac.bytes[4] != 0);
        assert_int_equal(got.first, 1 * SECOND); /* was never forgotten */
        assert_int_equal(got.last, 5000 * SECOND);
        mac = numbered(4999);
        assert_true(sightings_knows(s, 1, &mac, &ip));
        mac = numbered(4001);
        assert_true(sightings_knows(s, 1, &mac, &ip));
        mac = numbered(4000);
        assert_false(sightings_knows(s, 1, &mac, &ip));
}

/* What is lined up and forgotten before it is taken is not told; what found no place is told when it is seen again. */
static void test_flood(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(SIGHTINGS_MAX);
        struct sighting got;
        size_t taken = 0;

        for (uint32_t i = 0; i < 300000; i++)
                note(s, i, NULL, PROTOCOL_ARP, SECOND);
        assert_int_equal(sightings_count(s), SIGHTINGS_MAX);
        while (sightings_take(s, &got))
                taken++;
        assert_true(taken <= 4096);
        assert_false(sightings_is_due(s));
        note(s, 299999, NULL, PROTOCOL_ARP, 2 * SECOND);
        assert_true(sightings_take(s, &got));
        assert_int_equal(got.mac.bytes[5], 299999 & 255);
}

static void test_networks_are_apart(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(10);
        struct mac mac = numbered(1), all = { { 255, 255, 255, 255, 255, 255 } };
        struct sighting got;

        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &mac, NULL, PROTOCOL_ARP, SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_note(s, 2, SIGHTING_OWN_VLAN, &mac, NULL, PROTOCOL_ARP, SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_count(s), 2);
        sightings_forget(s, 1);
        assert_int_equal(sightings_count(s), 1);
        assert_true(sightings_take(s, &got));
        assert_int_equal(got.network, 2);
        assert_false(sightings_take(s, &got));
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &all, NULL, PROTOCOL_ARP, SECOND), -EINVAL);
        assert_int_equal(sightings_new(0, 1, &(struct sightings *) { NULL }), -EINVAL);
        assert_int_equal(sightings_new(SIGHTINGS_MAX + 1, 1, &(struct sightings *) { NULL }), -EINVAL);
}

static void test_vlans_are_apart(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(5000);
        struct mac mac = numbered(1);
        struct sighting got;

        for (int round = 0; round < 2; round++)
                for (int vlan = SIGHTING_OWN_VLAN; vlan < 4095; vlan++)
                        assert_int_equal(sightings_note(s, 1, vlan, &mac, NULL, PROTOCOL_ARP, SECOND), round == 0 ? SIGHTING_NEW : SIGHTING_KNOWN);
        assert_int_equal(sightings_count(s), 4096);
        for (int vlan = SIGHTING_OWN_VLAN; vlan < 4095; vlan++) {
                assert_true(sightings_take(s, &got));
                assert_int_equal(got.vlan, vlan);
        }
        sightings_forget(s, 1);
        assert_int_equal(sightings_count(s), 0);
}

static void test_new_is_what_no_frame_told(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(10);
        struct mac mac = numbered(1);

        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &mac, NULL, PROTOCOL_NEIGHBOUR, SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &mac, NULL, PROTOCOL_NEIGHBOUR, SECOND), SIGHTING_KNOWN);
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &mac, NULL, PROTOCOL_ARP, SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &mac, NULL, PROTOCOL_DHCP, SECOND), SIGHTING_KNOWN);
}

static void test_the_price_of_a_new_one_is_told(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(2);
        struct mac a = numbered(1), b = numbered(2), c = numbered(3), d = numbered(4);

        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &a, NULL, PROTOCOL_ARP, 100 * SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &b, NULL, PROTOCOL_ARP, 110 * SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &c, NULL, PROTOCOL_ARP, 160 * SECOND), SIGHTING_NEW);
        assert_int_equal(sightings_note(s, 1, SIGHTING_OWN_VLAN, &d, NULL, PROTOCOL_ARP, 169 * SECOND), SIGHTING_NEW_SQUEEZED);
}

static void describe(struct sightings *s, uint32_t number, const struct details *details) {
        struct mac mac = numbered(number);
        sightings_describe(s, 1, SIGHTING_OWN_VLAN, &mac, details);
}

static void test_a_changed_detail_is_due(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(10);
        struct details said = { .hostname = "node7", .has_architecture = true }, less = { .vendor_class = "PXEClient" };
        struct sighting got;

        describe(s, 1, &said); /* not known: passed over */
        assert_false(sightings_is_due(s));
        note(s, 1, NULL, PROTOCOL_DHCP, SECOND);
        assert_true(sightings_take(s, &got));
        assert_string_equal(got.details.hostname, "");
        assert_false(got.details.has_architecture);

        describe(s, 1, &said);
        assert_true(sightings_take(s, &got));
        assert_string_equal(got.details.hostname, "node7");
        assert_true(got.details.has_architecture && got.details.architecture == 0);
        describe(s, 1, &said);
        assert_false(sightings_take(s, &got));

        DETAIL_SET(less.client_id, "", 2);
        describe(s, 1, &less);
        assert_true(sightings_take(s, &got));
        assert_string_equal(got.details.hostname, "node7"); /* what is not said again stays */
        assert_string_equal(got.details.vendor_class, "PXEClient");
        assert_int_equal(got.details.client_id.size, 2);
        DETAIL_SET(less.client_id, "", 2);
        describe(s, 1, &less);
        assert_true(sightings_take(s, &got));
        assert_memory_equal(got.details.client_id.data, "", 2);
        uint8_t wide[300] = { 7 };
        DETAIL_SET(less.client_id, wide, sizeof(wide));
        assert_int_equal(less.client_id.size, sizeof(less.client_id.data));
}

/* Details go with their MAC, and those of the one that spoke DHCP longest ago when there are too many. */
static void test_details_are_bounded(void **state) {
        _cleanup_(sightings_freep) struct sightings *s = table(SIGHTINGS_MAX);
        struct details details = {};
        struct sighting got;
        size_t known = 0;

        for (uint32_t i = 0; i < DETAILS_MAX + 1000; i++) {
                note(s, i, NULL, PROTOCOL_DHCP, SECOND);
                snprintf(details.hostname, sizeof(details.hostname), "node%u", i);
                describe(s, i, &details);
                note(s, 0, NULL, PROTOCOL_DHCP, SECOND);
                snprintf(details.hostname, sizeof(details.hostname), "first%u", i % 2);
                describe(s, 0, &details); /* goes on speaking */
                while (sightings_take(s, &got))
                        ;
        }
        for (uint32_t i = 0; i < DETAILS_MAX + 1000; i++) {
                note(s, i, NULL, PROTOCOL_ARP, 2 * SECOND);
                while (sightings_take(s, &got)) {
                        known += got.details.hostname[0] != 0;
                        char expected[32];
                        snprintf(expected, sizeof(expected), "node%u", i);
                        if (got.details.hostname[0] && i > 0)
                                assert_string_equal(got.details.hostname, expected);
                        if (i > 0)
                                assert_int_equal(got.details.hostname[0] != 0, i > 1000);
                        else
                                assert_memory_equal(got.details.hostname, "first", 5);
                }
        }
        assert_int_equal(known, DETAILS_MAX);
        sightings_forget(s, 1);
        note(s, 5000, NULL, PROTOCOL_DHCP, 3 * SECOND);
        assert_true(sightings_take(s, &got));
        assert_string_equal(got.details.hostname, "");
        for (uint32_t i = 0; i < DETAILS_MAX; i++) { /* there is room for all again */
                note(s, i, NULL, PROTOCOL_DHCP, 3 * SECOND);
                describe(s, i, &details);
        }
        while (sightings_take(s, &got))
                ;
        known = 0;
        for (uint32_t i = 0; i < DETAILS_MAX; i++) {
                note(s, i, NULL, PROTOCOL_TFTP, 3 * SECOND);
                while (sightings_take(s, &got))
                        known += got.details.hostname[0] != 0;
        }
        assert_int_equal(known, DETAILS_MAX);
}

static long resident_kilobytes(void) {
        long pages = 0, resident = 0;
        FILE *file = fopen("/proc/self/statm", "r");
        assert_non_null(file);
        assert_int_equal(fscanf(file, "%ld %ld", &pages, &resident), 2);
        fclose(file);
        return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* What the header states of memory, as the kernel counts it. */
static void test_memory_of_100000_macs(void **state) {
        long before = resident_kilobytes();
        _cleanup_(sightings_freep) struct sightings *s = table(SIGHTINGS_MAX);
        struct details details = { .hostname = "node" };

        for (uint32_t i = 0; i < SIGHTINGS_MAX; i++) {
                note(s, i, "192.0.2.5", PROTOCOL_ARP, SECOND);
                describe(s, i, &details);
        }
        long used = resident_kilobytes() - before;
        print_message("%u MACs, %u of them with details: %ld KB\n", SIGHTINGS_MAX, DETAILS_MAX, used);
        assert_int_equal(sightings_count(s), SIGHTINGS_MAX);
#ifndef __SANITIZE_ADDRESS__ /* which keeps bytes of its own */
        assert_in_range(used, 0, 30 * 1024);
#endif
}

static void test_bucket(void **state) {
        struct bucket bucket = {};
        unsigned taken = 0;

        for (int i = 0; i < 1000; i++)
                taken += bucket_take(&bucket, 100, 50, 10 * SECOND);
        assert_int_equal(taken, 50);
        assert_false(bucket_take(&bucket, 100, 50, 10 * SECOND + 9999));
        assert_true(bucket_take(&bucket, 100, 50, 10 * SECOND + 10000));
        for (uint64_t now = 11 * SECOND, end = 21 * SECOND; now < end; now += 1000)
                taken += bucket_take(&bucket, 100, 50, now);
        assert_in_range(taken, 1050, 1100);
        assert_true(bucket_take(&bucket, 100, 50, SECOND)); /* the clock was set back */
}

static void test_repeated_frames(void **state) {
        static struct recent recent;

        assert_false(recent_is_repeated(&recent, 1, "abc", 3, 100 * SECOND));
        assert_true(recent_is_repeated(&recent, 1, "abc", 3, 100 * SECOND + 1000));
        assert_false(recent_is_repeated(&recent, 2, "abc", 3, 100 * SECOND + 1000)); /* on another network */
        assert_false(recent_is_repeated(&recent, 1, "abd", 3, 100 * SECOND + 1000));
        assert_false(recent_is_repeated(&recent, 1, "abc", 3, 101 * SECOND)); /* sent again */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_report_when_something_is_new),
                cmocka_unit_test(test_unchanged_is_due_once_a_minute),
                cmocka_unit_test(test_addresses_newest_first),
                cmocka_unit_test(test_the_oldest_is_forgotten),
                cmocka_unit_test(test_flood),
                cmocka_unit_test(test_networks_are_apart),
                cmocka_unit_test(test_vlans_are_apart),
                cmocka_unit_test(test_new_is_what_no_frame_told),
                cmocka_unit_test(test_the_price_of_a_new_one_is_told),
                cmocka_unit_test(test_a_changed_detail_is_due),
                cmocka_unit_test(test_details_are_bounded),
                cmocka_unit_test(test_memory_of_100000_macs),
                cmocka_unit_test(test_bucket),
                cmocka_unit_test(test_repeated_frames),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
