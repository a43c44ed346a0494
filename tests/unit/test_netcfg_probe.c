/* The question for foreign DHCP servers: what our own parser reads of it (scapy does in tests/net), and when it is asked. */
#include "tests/unit/test_netcfg_frames.h"

#include "lib/macro.h"
#include "netcfg/packet.h"
#include "netcfg/probe.h"

static void test_what_is_asked(void **state) {
        uint8_t frame[PROBE_SIZE];
        struct packet packet;
        struct mac mac;

        assert_int_equal(mac_parse("52:54:00:bb:00:01", &mac), 0);
        probe_build(&mac, 0xfedcba98, frame);
        assert_int_equal(packet_parse(frame, sizeof(frame), &packet), 0);
        assert_int_equal(packet.kind, PACKET_DHCP4);
        assert_int_equal(packet.dhcp4.type, DHCP4_DISCOVER);
        assert_int_equal(packet.dhcp4.xid, 0xfedcba98);
        assert_int_equal(packet.dhcp4.flags, 0x8000);
        assert_memory_equal(&packet.dhcp4.mac, &mac, sizeof(mac));
        assert_string_equal(packet.dhcp4.vendor_class, PROBE_VENDOR_CLASS);
        assert_false(packet.dhcp4.has_requested || packet.dhcp4.truncated);
}

static void test_when_it_is_asked(void **state) {
        assert_true(probe_delay(600, true, 0) == 5 * USEC_PER_SEC);
        assert_true(probe_delay(600, true, UINT32_MAX) == 10 * USEC_PER_SEC);
        assert_true(probe_delay(600, false, 0) == 540 * USEC_PER_SEC);
        assert_true(probe_delay(600, false, UINT32_MAX) == 660 * USEC_PER_SEC);
        assert_in_range(probe_delay(600, false, UINT32_MAX / 2), 599 * USEC_PER_SEC, 600 * USEC_PER_SEC);
        assert_true(probe_delay(1000000, false, UINT32_MAX) == 1100000 * USEC_PER_SEC);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_asked),
                cmocka_unit_test(test_when_it_is_asked),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
