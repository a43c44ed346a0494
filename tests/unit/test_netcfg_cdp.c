/* netcfg/cdp: each field, what is refused, and what is forgiven; and the frames that carry LLDP and CDP. */
#include <errno.h>

#include "tests/unit/test_netcfg_frames.h"

#include "lib/macro.h"
#include "netcfg/packet.h"

#define CDP_MAC "01:00:0c:cc:cc:cc"
#define SWITCH "00:11:22:33:44:55"

static void put_field(struct frame *frame, unsigned type, const void *value, size_t size) {
        put_u16(frame, type);
        put_u16(frame, (unsigned) (4 + size));
        put(frame, value, size);
}

#define FIELD(frame, type, value) put_field(frame, type, value, sizeof(value) - 1)

static struct frame start(void) {
        struct frame frame = {};

        put(&frame, "\2\xb4\0\0", 4);
        FIELD(&frame, 0x01, "tor-7.example");
        return frame;
}

static int parse(const struct frame *frame, struct cdp *ret) {
        struct wire wire = wire_new(frame->bytes, frame->size);

        return cdp_parse(&wire, ret);
}

static struct cdp understood(const struct frame *frame) {
        struct cdp cdp;

        assert_int_equal(parse(frame, &cdp), 0);
        return cdp;
}

static void refused(const struct frame *frame) {
        struct cdp cdp = { .ttl = 77 };

        assert_int_equal(parse(frame, &cdp), -EBADMSG);
        assert_int_equal(cdp.ttl, 77);
}

static void test_fields(void **state) {
        struct frame frame = start();

        FIELD(&frame, 0x02, "\0\0\0\2\1\1\xcc\0\4\xc0\0\2\1\2\x08\xaa\xaa\3\0\0\0\x86\xdd\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
        FIELD(&frame, 0x03, "GigabitEthernet0/1");
        FIELD(&frame, 0x04, "\0\0\0\x29");
        FIELD(&frame, 0x05, "IOS\r\nVersion 15\33[2J");
        FIELD(&frame, 0x06, "cisco WS-C2960");
        FIELD(&frame, 0x09, "lab");
        FIELD(&frame, 0x0a, "\0\x64");
        FIELD(&frame, 0x0b, "\1");
        FIELD(&frame, 0x14, "tor-7");
        FIELD(&frame, 0x16, "\0\0\0\1\1\1\xcc\0\4\xc0\0\2\2");
        FIELD(&frame, 0x1234, "of a later version");
        struct cdp cdp = understood(&frame);

        assert_true(cdp.version == 2 && cdp.ttl == 180);
        assert_string_equal(cdp.device, "tor-7.example");
        assert_string_equal(cdp.port, "GigabitEthernet0/1");
        assert_int_equal(cdp.capabilities, CDP_ROUTER | CDP_SWITCH | CDP_IGMP);
        assert_string_equal(cdp.software, "IOS  Version 15?[2J");
        assert_string_equal(cdp.platform, "cisco WS-C2960");
        assert_string_equal(cdp.domain, "lab");
        assert_string_equal(cdp.system_name, "tor-7");
        assert_true(cdp.has_vlan && cdp.vlan == 100 && cdp.has_duplex && cdp.full_duplex);
        assert_true(cdp.address_count == 2 && cdp.management_count == 1);
        char text[IP_TEXT_SIZE];
        assert_string_equal(ip_format(&cdp.addresses[0], text), "192.0.2.1");
        assert_string_equal(ip_format(&cdp.addresses[1], text), "2001:db8::1");
        assert_string_equal(ip_format(&cdp.management[0], text), "192.0.2.2");
}

static void test_ids(void **state) {
        char value[CDP_ID_MAX + 1];
        struct frame frame = {};

        put(&frame, "\1\x0a\0\0", 4);
        FIELD(&frame, 0x01, "\0\x11\x22\xff\x44\x55"); /* the MAC as bytes */
        assert_string_equal(understood(&frame).device, "001122ff4455");
        assert_string_equal(understood(&frame).port, "");

        memset(value, 'x', sizeof(value));
        frame.size = 4;
        put_field(&frame, 0x01, value, CDP_ID_MAX);
        put_field(&frame, 0x03, value, CDP_ID_MAX + 1); /* too long: left out */
        struct cdp cdp = understood(&frame);
        assert_int_equal(strlen(cdp.device), CDP_ID_MAX);
        assert_string_equal(cdp.port, "");
}

/* A field of an unexpected length says nothing; of one that comes twice the first counts. */
static void test_forgiven(void **state) {
        struct frame frame = start();

        FIELD(&frame, 0x01, "another");
        FIELD(&frame, 0x04, "\0\0\1");
        FIELD(&frame, 0x0a, "\1");
        FIELD(&frame, 0x0b, "");
        FIELD(&frame, 0x02, "\0\0\0\5\1\1\xcc\0\4\xc0\0\2\1\1\1\xcc\0\x09"); /* fewer addresses than it says */
        FIELD(&frame, 0x16, "\0\0\0\2\1\1\x81\0\3\x49\0\1\1\1\xcc\0\4\xc0\0\2\3"); /* CLNS, then IPv4 */
        struct cdp cdp = understood(&frame);
        assert_string_equal(cdp.device, "tor-7.example");
        assert_false(cdp.has_capabilities || cdp.has_vlan || cdp.has_duplex);
        assert_int_equal(cdp.address_count, 1);
        assert_int_equal(cdp.management_count, 1);
        assert_int_equal(cdp.management[0].family, AF_INET);
}

static void test_refused(void **state) {
        struct frame whole = start(), frame = whole;

        (void) understood(&frame);
        for (size_t size = 0; size < whole.size; size++) {
                frame = whole;
                frame.size = size;
                refused(&frame);
        }
        frame = whole;
        frame.bytes[0] = 3;
        refused(&frame);
        frame = whole;
        frame.bytes[7] = 3; /* shorter than its own header: would never end */
        refused(&frame);
        frame.bytes[7] = 0;
        refused(&frame);
        frame = whole;
        frame.bytes[7]++;
        refused(&frame);
}

static void test_addresses_are_bounded(void **state) {
        struct frame frame = start();
        uint8_t list[4 + 100 * 9] = { 0xff, 0xff, 0xff, 0xff };

        for (size_t i = 0; i < 100; i++)
                memcpy(list + 4 + 9 * i, "\1\1\xcc\0\4\xc0\0\2\1", 9);
        put_field(&frame, 0x02, list, sizeof(list));
        assert_int_equal(understood(&frame).address_count, CDP_ADDRESSES_MAX);
}

/* Even; odd with a last byte up to 0x80 and above it, summed as Cisco does and as RFC 1071. */
static void test_checksum(void **state) {
        static const struct {
                unsigned checksum;
                const char *device;
                bool good;
        } cases[] = {
                { 0x9be2, "ab", true },      { 0x9be3, "ab", false },     { 0x9b7e, "abc", true },  { 0x38e1, "abc", true },
                { 0x0000, "abc", false },    { 0x9be3, "ab\xfe", true },  { 0x9de0, "ab\xfe", true }, { 0x9be2, "ab\xfe", false },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct frame frame = {};
                put(&frame, "\2\xb4", 2);
                put_u16(&frame, cases[i].checksum);
                put_field(&frame, 0x01, cases[i].device, strlen(cases[i].device));
                assert_int_equal(understood(&frame).checksum_good, cases[i].good);
        }
}

static struct frame in_frame(const struct frame *message, size_t length) {
        struct frame frame = {};

        put_ethernet(&frame, CDP_MAC, SWITCH, (unsigned) length);
        put(&frame, "\xaa\xaa\3\0\0\x0c\x20\0", 8);
        put(&frame, message->bytes, message->size);
        return frame;
}

static void test_frames(void **state) {
        struct frame message = start(), frame = in_frame(&message, 8 + message.size);
        struct packet packet;

        put_zeros(&frame, 20); /* padding is no field */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), 0);
        assert_int_equal(packet.kind, PACKET_CDP);
        assert_string_equal(packet.cdp.device, "tor-7.example");

        frame = in_frame(&message, 9 + message.size); /* longer than the frame */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -EBADMSG);
        assert_int_equal(packet.kind, PACKET_OTHER);
        frame = in_frame(&message, 7 + message.size); /* its last field is cut */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -EBADMSG);
        frame = in_frame(&message, 8 + message.size);
        frame.bytes[20] = 0x20, frame.bytes[21] = 0x04; /* DTP */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -ENOMSG);
        frame = in_frame(&message, 3); /* a short one of LLC */
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), -ENOMSG);

        frame = (struct frame) {};
        put_ethernet(&frame, "01:80:c2:00:00:0e", SWITCH, 0x88cc);
        put(&frame, "\2\7\4\0\x11\x22\x33\x44\x55\4\2\5" "1\6\2\0\x78\0\0", 20);
        assert_int_equal(packet_parse(frame.bytes, frame.size, &packet), 0);
        assert_int_equal(packet.kind, PACKET_LLDP);
        assert_string_equal(packet.lldp.chassis.text, SWITCH);
        assert_int_equal(packet_parse(frame.bytes, frame.size - 5, &packet), -EBADMSG);
        assert_int_equal(packet.kind, PACKET_OTHER);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_fields),   cmocka_unit_test(test_ids),
                cmocka_unit_test(test_forgiven), cmocka_unit_test(test_refused),
                cmocka_unit_test(test_checksum), cmocka_unit_test(test_addresses_are_bounded),
                cmocka_unit_test(test_frames),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
