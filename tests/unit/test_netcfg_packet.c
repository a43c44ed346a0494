/* Frames are taken apart layer by layer: Ethernet with tags, ARP, IPv4, UDP, TFTP, and what follows what. */
#include <errno.h>

#include "tests/unit/test_netcfg_frames.h"

#include "lib/text.h"
#include "netcfg/packet.h"
#include "netcfg/text.h"

#define CLIENT "52:54:00:aa:00:01"
#define SERVER "52:54:00:bb:00:01"
#define ALL "ff:ff:ff:ff:ff:ff"

static void put_arp(struct frame *frame) {
        put_u16(frame, 1);
        put_u16(frame, 0x0800);
        put_u16(frame, 0x0604);
        put_u16(frame, ARP_REQUEST);
        put_mac(frame, CLIENT);
        put_address(frame, "192.0.2.5");
        put_zeros(frame, 6);
        put_address(frame, "192.0.2.1");
}

static void test_arp(void **state) {
        struct frame frame = {};
        struct packet packet;
        char text[MAC_TEXT_SIZE];

        put_ethernet(&frame, ALL, CLIENT, 0x0806);
        put_arp(&frame);
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), 0);
        assert_int_equal(packet.kind, PACKET_ARP);
        assert_int_equal(packet.arp.operation, ARP_REQUEST);
        assert_string_equal(mac_format(&packet.arp.sender_mac, text), CLIENT);
        assert_int_equal(packet.arp.sender_address.s_addr, inet_addr("192.0.2.5"));
        assert_int_equal(packet.arp.target_address.s_addr, inet_addr("192.0.2.1"));

        for (size_t size = 0; size < frame.size; size++)
                assert_int_equal(packet_parse(frame.bytes, size, &packet), -EBADMSG);

        put_zeros(&frame, 18); /* padding to 60 bytes */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), 0);

        frame.bytes[15] = 6; /* hardware: IEEE 802 */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -ENOMSG);
        assert_int_equal(packet.kind, PACKET_OTHER);
}

static void test_tags(void **state) {
        static const struct {
                uint16_t tags[5][2]; /* type, tag */
                int result;
                unsigned count, vlan;
        } cases[] = {
                { {}, 0, 0, 0 },
                { { { 0x8100, 100 } }, 0, 1, 100 },
                { { { 0x8100, 0x6000 } }, 0, 1, 0 }, /* priority only */
                { { { 0x8100, 0xe064 } }, 0, 1, 100 },
                { { { 0x88a8, 200 }, { 0x8100, 100 } }, 0, 2, 200 },
                { { { 0x9100, 1 }, { 0x8100, 2 }, { 0x8100, 3 }, { 0x8100, 4 } }, 0, 4, 1 },
                { { { 0x8100, 1 }, { 0x8100, 2 }, { 0x8100, 3 }, { 0x8100, 4 }, { 0x8100, 5 } }, -EBADMSG, 0, 0 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct frame frame = {};
                struct packet packet;

                put_mac(&frame, ALL);
                put_mac(&frame, CLIENT);
                for (size_t t = 0; t < 5 && cases[i].tags[t][0]; t++) {
                        put_u16(&frame, cases[i].tags[t][0]);
                        put_u16(&frame, cases[i].tags[t][1]);
                }
                put_u16(&frame, 0x0806);
                put_arp(&frame);
                assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), cases[i].result);
                assert_int_equal(packet.ethernet.tag_count, cases[i].count);
                assert_int_equal(ethernet_vlan(&packet.ethernet), cases[i].vlan);
        }
}

static void tftp_frame(struct frame *frame, unsigned source_port, unsigned destination_port, const void *payload, size_t size) {
        frame->size = 0;
        put_ethernet(frame, SERVER, CLIENT, 0x0800);
        put_udp(frame, "192.0.2.5", source_port, "192.0.2.1", destination_port, size);
        put(frame, payload, size);
}

#define TFTP_FRAME(frame, from, to, payload) tftp_frame(frame, from, to, payload, sizeof(payload) - 1)

static void test_ports(void **state) {
        struct frame frame;
        struct packet packet;

        TFTP_FRAME(&frame, 2000, 69, "\0\1a\0octet\0");
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), 0);
        assert_int_equal(packet.kind, PACKET_TFTP);
        assert_int_equal(packet.ip.source.s_addr, inet_addr("192.0.2.5"));
        assert_int_equal(packet.udp.source, 2000);

        TFTP_FRAME(&frame, 3000, 2000, "\0\6tsize\0" "5\0");
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), 0);
        assert_int_equal(packet.kind, PACKET_TFTP);

        TFTP_FRAME(&frame, 3000, 2000, "\0\1a\0octet\0"); /* a request to another port is none */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -ENOMSG);

        TFTP_FRAME(&frame, 3000, 67, "\0\6tsize\0" "5\0"); /* to a DHCP server: not TFTP whatever it looks like */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -EBADMSG);
        assert_int_equal(packet.kind, PACKET_OTHER);

        TFTP_FRAME(&frame, 3000, 2000, "x"); /* too short to tell */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -ENOMSG);
}

static void test_ipv4(void **state) {
        static const struct {
                const char *what;
                size_t at;
                uint8_t value;
                int result;
        } cases[] = {
                { "version 6", 14, 0x65, -EBADMSG },
                { "header of 16 bytes", 14, 0x44, -EBADMSG },
                { "header longer than the packet", 14, 0x4f, -EBADMSG },
                { "total length over the frame", 16, 0x10, -EBADMSG },
                { "total length under the header", 17, 19, -EBADMSG },
                { "first fragment", 20, 0x20, -ENOMSG },
                { "later fragment", 21, 0x01, -ENOMSG },
                { "do not fragment", 20, 0x40, 0 },
                { "TCP", 23, 6, -ENOMSG },
                { "UDP length 7", 39, 7, -EBADMSG },
                { "UDP length over the packet", 38, 1, -EBADMSG },
        };
        struct packet packet;
        struct frame frame;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                TFTP_FRAME(&frame, 2000, 69, "\0\1a\0octet\0");
                frame.bytes[cases[i].at] = cases[i].value;
                if (packet_parse(frame.bytes, frame.size, &packet) != cases[i].result)
                        fail_msg("%s", cases[i].what);
        }
}

static void test_ipv4_options_and_padding(void **state) {
        struct frame frame, with = {};
        struct packet packet;

        TFTP_FRAME(&frame, 2000, 69, "\0\1a\0octet\0");
        put(&with, frame.bytes, 34);
        put_u32(&with, 0x94040000); /* router alert */
        put(&with, frame.bytes + 34, frame.size - 34);
        put_zeros(&with, 20);
        with.bytes[14] = 0x46;
        with.bytes[17] = (uint8_t) (with.bytes[17] + 4);
        assert_int_equal(packet_parse(with.bytes, with.size, &packet), 0);
        assert_string_equal(packet.tftp.file, "a");
}

#define PARSE_TFTP(payload, tftp) \
        ({ struct wire wire_ = wire_new(payload, sizeof(payload) - 1); tftp_parse(&wire_, tftp); })

static void test_tftp(void **state) {
        struct tftp tftp;

        assert_int_equal(PARSE_TFTP("\0\1boot/snponly.efi\0octet\0TSize\0" "0\0blksize\0" "1468\0windowsize\0" "4\0timeout\0" "3\0", &tftp), 0);
        assert_int_equal(tftp.operation, TFTP_READ);
        assert_string_equal(tftp.file, "boot/snponly.efi");
        assert_string_equal(tftp.mode, "octet");
        assert_true(tftp.has_size && tftp.has_block_size && tftp.has_window_size && tftp.has_timeout);
        assert_int_equal(tftp.size, 0);
        assert_int_equal(tftp.block_size, 1468);
        assert_int_equal(tftp.window_size, 4);
        assert_int_equal(tftp.timeout, 3);

        assert_int_equal(PARSE_TFTP("\0\2a\0netascii\0", &tftp), 0);
        assert_int_equal(tftp.operation, TFTP_WRITE);
        assert_false(tftp.has_size);

        assert_int_equal(PARSE_TFTP("\0\6tsize\0" "174080\0", &tftp), 0);
        assert_int_equal(tftp.size, 174080);

        assert_int_equal(PARSE_TFTP("\0\5\0\1File not found\0", &tftp), 0);
        assert_int_equal(tftp.error, 1);
        assert_string_equal(tftp.message, "File not found");
        assert_int_equal(PARSE_TFTP("\0\3\0\1data", &tftp), 0);
        assert_true(tftp.operation == TFTP_DATA && tftp.block == 1 && tftp.data_size == 4);
        assert_int_equal(PARSE_TFTP("\0\4\1\2", &tftp), 0);
        assert_true(tftp.operation == TFTP_ACKNOWLEDGEMENT && tftp.block == 258);
        assert_int_equal(PARSE_TFTP("\0\5\0\10no NUL", &tftp), 0);
        assert_string_equal(tftp.message, "no NUL");
}

static void test_tftp_damaged(void **state) {
        struct tftp tftp;

        assert_int_equal(PARSE_TFTP("", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0\3\0\2data", &tftp), -ENOMSG);
        assert_int_equal(PARSE_TFTP("\0\3\0", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0\4", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0\1file", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0\1file\0octet", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0\1\0octet\0", &tftp), -EBADMSG);
        assert_int_equal(PARSE_TFTP("\0\5\0", &tftp), -EBADMSG);
        /* a damaged option, or padding, leaves the request good */
        assert_int_equal(PARSE_TFTP("\0\1file\0octet\0blksize\0" "512\0tsize", &tftp), 0);
        assert_true(tftp.has_block_size && !tftp.has_size);
        assert_int_equal(PARSE_TFTP("\0\1file\0octet\0\0\0\0", &tftp), 0);
        assert_int_equal(PARSE_TFTP("\0\6tsize\0" "9223372036854775807\0blksize\0" "9223372036854775808\0", &tftp), 0);
        assert_true(tftp.has_size && tftp.size == INT64_MAX && !tftp.has_block_size);
        /* numbers that are none */
        assert_int_equal(PARSE_TFTP("\0\6tsize\0\0blksize\0-1\0timeout\0" "99999999999999999999\0", &tftp), 0);
        assert_true(!tftp.has_size && !tftp.has_block_size && !tftp.has_timeout);
}

static void test_text(void **state) {
        char text[8], hex[6];

        assert_int_equal(text_copy(text, sizeof(text), (const uint8_t *) "ab\0cd", 5), 2);
        assert_string_equal(text, "ab");
        text_copy(text, sizeof(text), (const uint8_t *) "\33[2J\x7f\xc3", 6);
        assert_string_equal(text, "?[2J??");
        assert_int_equal(text_copy(text, sizeof(text), (const uint8_t *) "0123456789", 10), 7);
        assert_string_equal(text, "0123456");
        assert_int_equal(text_copy(text, sizeof(text), NULL, 0), 0);
        assert_string_equal(text_hex(hex, sizeof(hex), (const uint8_t *) "\x01\xab\xff", 3), "01ab");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_arp),
                cmocka_unit_test(test_tags),
                cmocka_unit_test(test_ports),
                cmocka_unit_test(test_ipv4),
                cmocka_unit_test(test_ipv4_options_and_padding),
                cmocka_unit_test(test_tftp),
                cmocka_unit_test(test_tftp_damaged),
                cmocka_unit_test(test_text),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
