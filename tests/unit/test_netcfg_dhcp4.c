/* DHCPv4 messages: options in pieces, in overloaded fields, in the forms that real clients send them, and damaged. */
#include <errno.h>

#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/dhcp4.h"

#define CLIENT "52:54:00:aa:00:01"
#define FILE_AT (28 + 16 + 64)
#define SNAME_AT (28 + 16)

static int parse(const struct frame *frame, struct dhcp4 *ret) {
        struct wire wire = wire_new(frame->bytes, frame->size);
        return dhcp4_parse(&wire, ret);
}

static struct frame message(unsigned operation, unsigned type) {
        struct frame frame = {};
        put_dhcp4(&frame, operation, type, 0xcafe, CLIENT, operation == 2 ? "192.0.2.100" : NULL);
        return frame;
}

static void test_discover_of_firmware(void **state) {
        static const uint8_t uuid[] = { 0, 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
        struct frame frame = message(1, DHCP4_DISCOVER);
        struct dhcp4 m;
        char text[UUID_TEXT_SIZE];

        put_option(&frame, 55, "\1\3\6\102\103", 5);
        put_option(&frame, 60, "PXEClient:Arch:00007:UNDI:003016", 32);
        put_option(&frame, 93, "\0\7", 2);
        put_option(&frame, 94, "\1\3\20", 3);
        put_option(&frame, 97, uuid, sizeof(uuid));
        put_option(&frame, 61, "\0abc", 4);
        put_u8(&frame, 255);
        assert_int_equal(parse(&frame, &m), 0);
        assert_int_equal(m.operation, 1);
        assert_int_equal(m.type, DHCP4_DISCOVER);
        assert_int_equal(m.xid, 0xcafe);
        assert_true(m.has_mac && m.mac.bytes[5] == 1);
        assert_int_equal(m.parameters.size, 5);
        assert_int_equal(m.parameters.data[4], 67);
        assert_true(m.has_architecture && m.architecture == 7);
        assert_true(m.has_interface && m.interface[2] == 16);
        assert_true(m.has_uuid);
        assert_string_equal(uuid_format(&m.uuid, text), "00112233-4455-6677-8899-aabbccddeeff");
        assert_int_equal(m.client_id.size, 4);
        assert_false(m.truncated);
        assert_int_equal(dhcp4_stage(&m), STAGE_FIRMWARE);
}

static void test_answer(void **state) {
        struct frame frame = message(2, DHCP4_ACKNOWLEDGE);
        struct dhcp4 m;

        put_option(&frame, 54, "\300\0\2\1", 4);
        put_option(&frame, 51, "\0\0\16\20", 4);
        put_option(&frame, 67, "undionly.kpxe\0", 14);
        put_option(&frame, 66, "192.0.2.1", 9);
        assert_int_equal(parse(&frame, &m), 0); /* without an end */
        assert_int_equal(m.yours.s_addr, inet_addr("192.0.2.100"));
        assert_int_equal(m.server_id.s_addr, inet_addr("192.0.2.1"));
        assert_int_equal(m.lease_time, 3600);
        assert_string_equal(m.file, "undionly.kpxe");
        assert_string_equal(m.server_name, "192.0.2.1");
}

static void test_stage(void **state) {
        static const struct {
                const char *vendor_class;
                const char *user_class;
                size_t user_class_size;
                bool ipxe;
                enum step_stage stage;
        } cases[] = {
                { NULL, NULL, 0, false, STAGE_OS },
                { "udhcp 1.35.0", NULL, 0, false, STAGE_OS },
                { "PXEClient", NULL, 0, false, STAGE_FIRMWARE },
                { "PXEClient:Arch:00000:UNDI:002001", NULL, 0, false, STAGE_FIRMWARE },
                { "HTTPClient:Arch:00016:UNDI:003001", NULL, 0, false, STAGE_FIRMWARE },
                { "PXEClient:Arch:00000:UNDI:002001", "iPXE", 4, false, STAGE_IPXE },
                { "PXEClient:Arch:00000:UNDI:002001", "\4iPXE", 5, false, STAGE_IPXE },
                { "PXEClient:Arch:00000:UNDI:002001", "\3foo\4iPXE", 9, false, STAGE_IPXE },
                { "PXEClient:Arch:00000:UNDI:002001", "gPXE", 4, false, STAGE_FIRMWARE },
                { "PXEClient:Arch:00000:UNDI:002001", NULL, 0, true, STAGE_IPXE },
                { NULL, "iPXE", 4, false, STAGE_IPXE },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct frame frame = message(1, DHCP4_REQUEST);
                struct dhcp4 m;

                if (cases[i].vendor_class)
                        put_option(&frame, 60, cases[i].vendor_class, strlen(cases[i].vendor_class));
                if (cases[i].user_class)
                        put_option(&frame, 77, cases[i].user_class, cases[i].user_class_size);
                if (cases[i].ipxe)
                        put_option(&frame, 175, "\261\5\1\32\364\20\0", 7);
                assert_int_equal(parse(&frame, &m), 0);
                assert_int_equal(dhcp4_stage(&m), cases[i].stage);
        }
}

static void test_user_class(void **state) {
        static const struct {
                const char *value;
                size_t size;
                unsigned count;
                const char *first, *second;
        } cases[] = {
                { "iPXE", 4, 1, "iPXE", "" },
                { "\4iPXE", 5, 1, "iPXE", "" },
                { "\1a\2bc", 5, 2, "a", "bc" },
                { "\1a\0", 3, 1, "?a", "" },    /* an empty class is none (RFC 3004 section 4): taken as raw text */
                { "\1a\5bc", 5, 1, "?a?bc", "" }, /* runs over the end: likewise */
                { "\1a\1b\1c\1d\1e", 10, 4, "a", "b" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct frame frame = message(1, DHCP4_DISCOVER);
                struct dhcp4 m;

                put_option(&frame, 77, cases[i].value, cases[i].size);
                assert_int_equal(parse(&frame, &m), 0);
                assert_int_equal(m.user_class_count, cases[i].count);
                assert_string_equal(m.user_class[0], cases[i].first);
                assert_string_equal(m.user_class[1], cases[i].second);
        }
}

static void test_option_in_pieces(void **state) {
        struct frame frame = message(1, DHCP4_DISCOVER);
        struct dhcp4 m;

        put_option(&frame, 60, "PXECl", 5);
        put_u8(&frame, 0); /* padding between */
        put_option(&frame, 93, "\0\6", 2);
        put_option(&frame, 60, "ient:Arch:00006", 15);
        put_option(&frame, 97, "\0\1\2\3\4\5\6\7", 8);
        put_option(&frame, 97, "\10\11\12\13\14\15\16\17\20", 9);
        assert_int_equal(parse(&frame, &m), 0);
        assert_string_equal(m.vendor_class, "PXEClient:Arch:00006");
        assert_true(m.has_uuid && m.uuid.bytes[0] == 4 && m.uuid.bytes[15] == 16);
}

static void test_overload(void **state) {
        static const char sname[] = "\67\2\1\3\14\4host\377", file[] = "\103\3abc\14\1X\377";
        static const struct {
                uint8_t overload;
                const char *hostname, *file, *server_name;
        } cases[] = {
                { 0, "", "C?abc??X?", "7?????host?" },
                { 1, "X", "abc", "7?????host?" },
                { 2, "host", "C?abc??X?", "" },
                { 3, "Xhost", "abc", "" }, /* file before sname: RFC 3396 section 7 */
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct frame frame = message(2, DHCP4_OFFER);
                struct dhcp4 m;

                memcpy(frame.bytes + SNAME_AT, sname, sizeof(sname));
                memcpy(frame.bytes + FILE_AT, file, sizeof(file));
                put_option(&frame, 52, &cases[i].overload, 1);
                put_u8(&frame, 255);
                assert_int_equal(parse(&frame, &m), 0);
                assert_string_equal(m.hostname, cases[i].hostname);
                assert_string_equal(m.file, cases[i].file);
                assert_string_equal(m.server_name, cases[i].server_name);
        }
}

static void test_relay_information(void **state) {
        struct frame frame = message(1, DHCP4_DISCOVER);
        struct dhcp4 m;

        put_option(&frame, 82, "\1\4\0\1\2\3\2\6abcdef\11\1z", 17);
        assert_int_equal(parse(&frame, &m), 0);
        assert_int_equal(m.circuit_id.size, 4);
        assert_memory_equal(m.circuit_id.data, "\0\1\2\3", 4);
        assert_int_equal(m.remote_id.size, 6);
        assert_memory_equal(m.remote_id.data, "abcdef", 6);

        frame = message(1, DHCP4_DISCOVER);
        put_option(&frame, 82, "\1\1a\2\7abc", 8); /* the second runs over */
        assert_int_equal(parse(&frame, &m), 0);
        assert_int_equal(m.circuit_id.size, 1);
        assert_int_equal(m.remote_id.size, 0);
}

static void test_wrong_lengths_are_absent(void **state) {
        struct frame frame = message(1, DHCP4_DISCOVER);
        struct dhcp4 m;

        put_option(&frame, 93, "\7", 1);
        put_option(&frame, 94, "\1\2", 2);
        put_option(&frame, 97, "\0\1\2\3", 4);
        put_option(&frame, 50, "\1\2\3\4\5", 5);
        put_option(&frame, 54, "", 0);
        put_option(&frame, 12, "", 0);
        assert_int_equal(parse(&frame, &m), 0);
        assert_false(m.has_architecture || m.has_interface || m.has_uuid || m.has_requested || m.has_server_id);
        assert_string_equal(m.hostname, "");
        assert_false(m.truncated);
}

static void test_damaged(void **state) {
        struct frame whole = message(1, DHCP4_DISCOVER), frame;
        struct dhcp4 m;

        for (size_t size = 0; size < 240; size++) {
                whole.size = size;
                assert_int_equal(parse(&whole, &m), -EBADMSG);
        }
        whole.size = 240; /* BOOTP with a cookie */
        assert_int_equal(parse(&whole, &m), -ENOMSG);
        whole.size = 242; /* ends in option 53 */
        assert_int_equal(parse(&whole, &m), -ENOMSG);

        frame = message(1, DHCP4_DISCOVER);
        frame.bytes[236] = 0;
        assert_int_equal(parse(&frame, &m), -ENOMSG);
        frame = message(3, DHCP4_DISCOVER);
        assert_int_equal(parse(&frame, &m), -EBADMSG);
        frame = message(1, 9);
        assert_int_equal(parse(&frame, &m), -ENOMSG);

        frame = message(1, DHCP4_DISCOVER);
        put_option(&frame, 60, "PXEClient", 9);
        put(&frame, "\14\50abc", 5); /* 40 bytes of host name are promised */
        assert_int_equal(parse(&frame, &m), 0);
        assert_true(m.truncated);
        assert_string_equal(m.vendor_class, "PXEClient");
        assert_string_equal(m.hostname, "");
}

static void test_other_hardware_has_no_mac(void **state) {
        struct frame frame = message(1, DHCP4_DISCOVER);
        struct dhcp4 m;

        frame.bytes[1] = 32; /* InfiniBand (RFC 4390) */
        frame.bytes[2] = 0;
        assert_int_equal(parse(&frame, &m), 0);
        assert_false(m.has_mac);
}

/* More pieces than a frame can hold: bounded. */
static void test_long_options(void **state) {
        struct frame frame = message(1, DHCP4_DISCOVER);
        struct dhcp4 m;
        uint8_t value[255];

        memset(value, 'a', sizeof(value));
        for (int i = 0; i < 6; i++)
                put_option(&frame, 60, value, sizeof(value));
        assert_int_equal(parse(&frame, &m), 0);
        assert_int_equal(strlen(m.vendor_class), sizeof(m.vendor_class) - 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_discover_of_firmware),
                cmocka_unit_test(test_answer),
                cmocka_unit_test(test_stage),
                cmocka_unit_test(test_user_class),
                cmocka_unit_test(test_option_in_pieces),
                cmocka_unit_test(test_overload),
                cmocka_unit_test(test_relay_information),
                cmocka_unit_test(test_wrong_lengths_are_absent),
                cmocka_unit_test(test_damaged),
                cmocka_unit_test(test_other_hardware_has_no_mac),
                cmocka_unit_test(test_long_options),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
