/* DHCPv6 messages: options cut short, too often, too long, in relays of relays; what a DUID tells. The rest is compared with scapy. */
#include <errno.h>

#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/print.h"

static int parse(const struct frame *frame, struct dhcp6 *ret) {
        struct wire wire = wire_new(frame->bytes, frame->size);
        return dhcp6_parse(&wire, ret);
}

static struct frame message(unsigned type) {
        struct frame frame = {};
        put_u32(&frame, type << 24 | 0xcafe);
        return frame;
}

static void put_option6(struct frame *frame, unsigned code, const void *value, size_t size) {
        put_u16(frame, code);
        put_u16(frame, (unsigned) size);
        put(frame, value, size);
}

#define PUT_TEXT6(frame, code, text) put_option6(frame, code, text, sizeof(text) - 1)

static struct frame relayed(unsigned type, unsigned hop, const struct frame *inner) {
        struct frame frame = {};
        put_u8(&frame, type);
        put_u8(&frame, hop);
        put_zeros(&frame, 32);
        put_option6(&frame, 9, inner->bytes, inner->size);
        return frame;
}

static void test_types(void **state) {
        struct dhcp6 m;

        for (unsigned type = 0; type <= 14; type++) {
                struct frame frame = message(type);
                bool relay = type == DHCP6_RELAY_FORWARD || type == DHCP6_RELAY_REPLY;
                int r = parse(&frame, &m);
                assert_int_equal(r, relay ? -EBADMSG : type >= 1 && type <= 11 ? 0 : -ENOMSG);
                if (r == 0)
                        assert_true(m.xid == 0xcafe && dhcp6_by_client(&m) == (type != 2 && type != 7 && type != 10));
        }
}

static void test_cut_anywhere(void **state) {
        struct frame frame = message(DHCP6_SOLICIT), outer;
        struct dhcp6 m;

        PUT_TEXT6(&frame, 8, "\0\5");
        PUT_TEXT6(&frame, 3, "\0\0\0\1\0\0\0\0\0\0\0\0\0\15\0\2\0\2");
        outer = relayed(DHCP6_RELAY_FORWARD, 0, &frame);
        for (size_t size = 0; size < frame.size; size++) {
                struct wire wire = wire_new(frame.bytes, size);
                int r = dhcp6_parse(&wire, &m);
                assert_int_equal(r, size < 4 ? -EBADMSG : 0);
                if (r == 0)
                        assert_true(m.truncated == (size != 4 && size != 10) && m.has_elapsed == (size >= 10) && m.association_count == 0);
        }
        for (size_t size = 0; size < outer.size; size++) {
                struct wire wire = wire_new(outer.bytes, size);
                assert_int_equal(dhcp6_parse(&wire, &m), -EBADMSG);
        }
}

/* Each option of a wrong length is as good as not there. */
static void test_lengths(void **state) {
        static const struct {
                unsigned code;
                size_t size;
        } cases[] = {
                { 1, 2 }, { 1, 131 }, { 2, 2 }, { 3, 11 }, { 6, 1 }, { 7, 0 }, { 7, 2 }, { 8, 1 }, { 13, 1 }, { 14, 1 }, { 15, 1 }, { 16, 3 },
                { 17, 3 }, { 23, 15 }, { 39, 0 }, { 59, 0 }, { 61, 1 }, { 62, 2 }, { 62, 4 },
        };
        static const uint8_t zeros[200];
        struct frame empty = message(DHCP6_SOLICIT);
        struct packet packet = { .kind = PACKET_DHCP6 };

        assert_int_equal(parse(&empty, &packet.dhcp6), 0);
        _cleanup_json_ json_t *nothing = print_packet(&packet, 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct frame frame = message(DHCP6_SOLICIT);
                put_option6(&frame, cases[i].code, zeros, cases[i].size);
                assert_int_equal(parse(&frame, &packet.dhcp6), 0);
                _cleanup_json_ json_t *told = print_packet(&packet, 0);
                if (!json_equal(told, nothing))
                        fail_msg("option %u of %zu octets", cases[i].code, cases[i].size);
        }
}

static void test_first_one_counts(void **state) {
        struct frame frame = message(DHCP6_SOLICIT);
        struct dhcp6 m;

        PUT_TEXT6(&frame, 61, "\0"); /* too short: none */
        PUT_TEXT6(&frame, 61, "\0\7\0\11");
        PUT_TEXT6(&frame, 61, "\0\20");
        PUT_TEXT6(&frame, 15, "\0\4iPXE\0\11cut");
        PUT_TEXT6(&frame, 15, "\0\1x");
        assert_int_equal(parse(&frame, &m), 0);
        assert_int_equal(m.architecture, 7);
        assert_int_equal(m.user_class_count, 1);
        assert_string_equal(m.user_class[0], "iPXE");
        assert_false(m.truncated);
}

static void test_more_than_there_is_room_for(void **state) {
        static const uint8_t many[400];
        struct frame frame = message(DHCP6_REPLY);
        struct dhcp6 m;

        put_option6(&frame, 6, many, 400);
        put_option6(&frame, 23, many, 400);
        for (unsigned i = 0; i < 10; i++)
                put_option6(&frame, 3, many, 12);
        put_option6(&frame, 15, many, 40); /* classes of length 0 */
        put_option6(&frame, 17, many, 400);
        assert_int_equal(parse(&frame, &m), 0);
        assert_int_equal(m.requested_count, DHCP6_REQUESTED_MAX);
        assert_int_equal(m.dns_count, DHCP6_DNS_MAX);
        assert_int_equal(m.association_count, DHCP6_ASSOCIATIONS_MAX);
        assert_int_equal(m.user_class_count, DHCP6_CLASSES_MAX);
        assert_int_equal(m.vendor_options.size, sizeof(m.vendor_options.data));
}

static void test_relays(void **state) {
        struct frame frame = message(DHCP6_SOLICIT), mixed;
        struct dhcp6 m;

        mixed = relayed(DHCP6_RELAY_FORWARD, 0, &frame);
        mixed = relayed(DHCP6_RELAY_REPLY, 1, &mixed);
        assert_int_equal(parse(&mixed, &m), -EBADMSG);
        for (unsigned hop = 0; hop <= 8; hop++) {
                frame = relayed(DHCP6_RELAY_FORWARD, hop, &frame);
                assert_int_equal(parse(&frame, &m), 0);
                assert_int_equal(m.relay_count, hop + 1);
                assert_true(m.from_relay && m.relays[0].hop_count == hop && m.relays[hop].hop_count == 0 && m.xid == 0xcafe);
        }
        frame = relayed(DHCP6_RELAY_FORWARD, 9, &frame);
        assert_int_equal(parse(&frame, &m), -EBADMSG);
}

static void test_fqdn(void **state) {
        static const struct {
                const char *value;
                size_t size;
                const char *name;
        } cases[] = {
                { "\0\4node\3lab\0", 11, "node.lab" },
                { "\0\4node", 6, "node" },             /* not whole (RFC 4704 4.2) */
                { "\0\4no\33e\0", 7, "no?e" },
                { "\0\4node\300\1", 8, "" },           /* compressed */
                { "\0\11node", 6, "" },                /* longer than the option */
                { "\0\0", 2, "" },
        };
        struct frame frame;
        struct dhcp6 m;
        uint8_t longest[1 + 5 * 64];

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                frame = message(DHCP6_SOLICIT);
                put_option6(&frame, 39, cases[i].value, cases[i].size);
                assert_int_equal(parse(&frame, &m), 0);
                assert_string_equal(m.fqdn, cases[i].name);
        }
        memset(longest, 'a', sizeof(longest));
        for (size_t at = 1; at < sizeof(longest); at += 64)
                longest[at] = 63;
        frame = message(DHCP6_SOLICIT);
        put_option6(&frame, 39, longest, sizeof(longest));
        assert_int_equal(parse(&frame, &m), 0);
        assert_string_equal(m.fqdn, "");
}

static void test_duid(void **state) {
        static const struct {
                const char *bytes;
                size_t size;
                bool has_mac, has_uuid;
        } cases[] = {
                { "\0\1\0\1\1\2\3\4\122\124\0\252\0\1", 14, true, false },
                { "\0\3\0\1\122\124\0\252\0\1", 10, true, false },
                { "\0\3\0\6\122\124\0\252\0\1", 10, false, false },   /* of another medium */
                { "\0\3\0\1\122\124\0\252\0\1\0", 11, false, false }, /* no Ethernet address */
                { "\0\1\0\1\122\124\0\252\0\1", 10, false, false },   /* the time is missing */
                { "\0\2\0\1\122\124\0\252\0\1", 10, false, false },
                { "\0\4\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 18, false, true },
                { "\0\4\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 17, false, false },
                { "", 0, false, false },
        };
        struct mac mac;
        struct uuid uuid;
        char text[MAC_TEXT_SIZE];

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct dhcp6_bytes duid = { .size = (uint16_t) cases[i].size };
                memcpy(duid.data, cases[i].bytes, cases[i].size);
                assert_int_equal(dhcp6_duid_mac(&duid, &mac), cases[i].has_mac);
                if (cases[i].has_mac)
                        assert_string_equal(mac_format(&mac, text), "52:54:00:aa:00:01");
                assert_int_equal(dhcp6_duid_uuid(&duid, &uuid), cases[i].has_uuid);
                if (cases[i].has_uuid)
                        assert_true(uuid.bytes[0] == 1 && uuid.bytes[15] == 16);
        }
}

static void test_stage(void **state) {
        static const struct {
                const char *vendor_class, *user_class;
                enum step_stage stage;
        } cases[] = {
                { NULL, NULL, STAGE_OS },
                { "PXEClient:Arch:00007:UNDI:003016", NULL, STAGE_FIRMWARE },
                { "HTTPClient:Arch:00016:UNDI:003016", NULL, STAGE_FIRMWARE },
                { "PXEClient:Arch:00007:UNDI:003016", "iPXE", STAGE_IPXE },
                { "dhcpcd-9.4.1", NULL, STAGE_OS },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct dhcp6 m = { .type = DHCP6_SOLICIT };
                if (cases[i].vendor_class)
                        snprintf(m.vendor_class[m.vendor_class_count++], sizeof(m.vendor_class[0]), "%s", cases[i].vendor_class);
                if (cases[i].user_class)
                        snprintf(m.user_class[m.user_class_count++], sizeof(m.user_class[0]), "%s", cases[i].user_class);
                assert_int_equal(dhcp6_stage(&m), cases[i].stage);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_types),
                cmocka_unit_test(test_cut_anywhere),
                cmocka_unit_test(test_lengths),
                cmocka_unit_test(test_first_one_counts),
                cmocka_unit_test(test_more_than_there_is_room_for),
                cmocka_unit_test(test_relays),
                cmocka_unit_test(test_fqdn),
                cmocka_unit_test(test_duid),
                cmocka_unit_test(test_stage),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
