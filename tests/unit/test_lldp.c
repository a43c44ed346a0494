/* lib/lldp: each TLV, what is refused, and what is forgiven. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/lldp.h"
#include "lib/macro.h"

struct unit {
        uint8_t bytes[4096];
        size_t size;
};

static void put(struct unit *unit, unsigned type, const void *value, size_t size) {
        assert_true(unit->size + 2 + size <= sizeof(unit->bytes));
        unit->bytes[unit->size++] = (uint8_t) (type << 1 | size >> 8);
        unit->bytes[unit->size++] = (uint8_t) size;
        memcpy(unit->bytes + unit->size, value, size);
        unit->size += size;
}

#define PUT(unit, type, value) put(unit, type, value, sizeof(value) - 1)

static struct unit start(void) {
        struct unit unit = {};

        PUT(&unit, LLDP_CHASSIS_ID, "\4\0\x11\x22\x33\x44\x55");
        PUT(&unit, LLDP_PORT_ID, "\5Eth1/1");
        PUT(&unit, LLDP_TTL, "\0\x78");
        return unit;
}

static int parse(const struct unit *unit, struct lldp *ret) {
        struct wire wire = wire_new(unit->bytes, unit->size);

        return lldp_parse_unit(&wire, ret);
}

static struct lldp understood(const struct unit *unit) {
        struct lldp lldp;

        assert_int_equal(parse(unit, &lldp), 0);
        return lldp;
}

static void refused(const struct unit *unit) {
        struct lldp lldp = { .ttl = 77 };

        assert_int_equal(parse(unit, &lldp), -EBADMSG);
        assert_int_equal(lldp.ttl, 77);
}

static void test_basic(void **state) {
        struct unit unit = start();

        PUT(&unit, LLDP_PORT_DESCRIPTION, "to rack 7\0");
        PUT(&unit, LLDP_SYSTEM_NAME, "tor-7");
        PUT(&unit, LLDP_SYSTEM_DESCRIPTION, "Switch OS\r\nVersion 1\33[2J");
        PUT(&unit, LLDP_CAPABILITIES, "\0\x14\0\4");
        PUT(&unit, LLDP_MANAGEMENT_ADDRESS, "\5\1\xc0\0\2\1\2\0\0\0\7\0");
        PUT(&unit, LLDP_MANAGEMENT_ADDRESS, "\x11\2\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\3\0\0\1\0\0");
        PUT(&unit, LLDP_MANAGEMENT_ADDRESS, "\7\6\0\x11\x22\x33\x44\x66\1\0\0\0\0\0");
        PUT(&unit, 9, "reserved");
        PUT(&unit, LLDP_END, "");
        PUT(&unit, LLDP_SYSTEM_NAME, "behind the end");
        struct lldp lldp = understood(&unit);

        assert_int_equal(lldp.chassis.form, LLDP_MAC);
        assert_string_equal(lldp.chassis.text, "00:11:22:33:44:55");
        assert_int_equal(lldp.port.form, LLDP_WORDS);
        assert_int_equal(lldp.port.subtype, LLDP_PORT_INTERFACE);
        assert_string_equal(lldp.port.text, "Eth1/1");
        assert_int_equal(lldp.ttl, 120);
        assert_string_equal(lldp.port_description, "to rack 7");
        assert_string_equal(lldp.system_name, "tor-7");
        assert_string_equal(lldp.system_description, "Switch OS  Version 1?[2J");
        assert_int_equal(lldp.capabilities, LLDP_CAN_BRIDGE | LLDP_CAN_ROUTER);
        assert_int_equal(lldp.enabled, LLDP_CAN_BRIDGE);
        assert_int_equal(lldp.management_count, 3);
        assert_string_equal(lldp.management[0].text, "192.0.2.1");
        assert_int_equal(lldp.management[0].numbering, 2);
        assert_int_equal(lldp.management[0].interface, 7);
        assert_string_equal(lldp.management[1].text, "2001:db8::1");
        assert_int_equal(lldp.management[1].form, LLDP_ADDRESS);
        assert_string_equal(lldp.management[2].text, "00:11:22:33:44:66");
        assert_int_equal(lldp.management[2].form, LLDP_MAC);
        assert_false(lldp.truncated);
}

static void test_ids(void **state) {
        static const struct {
                unsigned type;
                const char *value;
                size_t size;
                enum lldp_form form;
                const char *text;
        } cases[] = {
                { LLDP_CHASSIS_ID, "\1rack 7", 7, LLDP_WORDS, "rack 7" },
                { LLDP_CHASSIS_ID, "\2alias", 6, LLDP_WORDS, "alias" },
                { LLDP_CHASSIS_ID, "\3backplane", 10, LLDP_WORDS, "backplane" },
                { LLDP_CHASSIS_ID, "\4\0\x11\x22", 4, LLDP_BYTES, "001122" },
                { LLDP_CHASSIS_ID, "\5\1\xc0\0\2\1", 6, LLDP_ADDRESS, "192.0.2.1" },
                { LLDP_CHASSIS_ID, "\5\1\xc0\0\2", 5, LLDP_BYTES, "01c00002" },
                { LLDP_CHASSIS_ID, "\5\x10host", 6, LLDP_BYTES, "10686f7374" },
                { LLDP_CHASSIS_ID, "\6eth0", 5, LLDP_WORDS, "eth0" },
                { LLDP_CHASSIS_ID, "\7gr\xc3\xbcn", 6, LLDP_WORDS, "gr\xc3\xbcn" },
                { LLDP_CHASSIS_ID, "\7\xfe\x01", 3, LLDP_BYTES, "fe01" },
                { LLDP_CHASSIS_ID, "\x63?", 2, LLDP_BYTES, "3f" }, /* reserved */
                { LLDP_PORT_ID, "\1uplink\0", 8, LLDP_WORDS, "uplink" },
                { LLDP_PORT_ID, "\2slot 3", 7, LLDP_WORDS, "slot 3" },
                { LLDP_PORT_ID, "\3\0\x11\x22\x33\x44\x5f", 7, LLDP_MAC, "00:11:22:33:44:5f" },
                { LLDP_PORT_ID, "\4\2\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 18, LLDP_ADDRESS, "2001:db8::1" },
                { LLDP_PORT_ID, "\6\0\4", 3, LLDP_WORDS, "??" },
                { LLDP_PORT_ID, "\7" "612", 4, LLDP_WORDS, "612" },
                { LLDP_PORT_ID, "\7 ", 2, LLDP_BYTES, "20" },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct lldp lldp = {};
                assert_int_equal(lldp_add(&lldp, cases[i].type, wire_new(cases[i].value, cases[i].size)), 0);
                const struct lldp_id *id = cases[i].type == LLDP_PORT_ID ? &lldp.port : &lldp.chassis;
                assert_int_equal(id->form, cases[i].form);
                assert_string_equal(id->text, cases[i].text);
        }
}

static void test_organizations(void **state) {
        struct unit unit = start();

        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\1\0\x64");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\2\6\0\x65");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\3\0\x65\4blue");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\3\x0f\xa0\0");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\4\2\x88\xcc");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\5\1\2\3\4");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\6\0\x66");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\7\3\0\1\0\7");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x12\x0f\1\3\x6c\x11\0\x1e");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x12\x0f\2\x0f\1\3");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x12\x0f\3\1\0\0\0\1"); /* 802.1's was first */
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x12\x0f\4\x24\0");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x12\xbb\1\0\0\0");     /* TIA: not looked at */
        struct lldp lldp = understood(&unit);

        assert_true(lldp.has_vlan && lldp.vlan == 100);
        assert_int_equal(lldp.protocol_vlan_count, 1);
        assert_true(lldp.protocol_vlans[0].flags == 6 && lldp.protocol_vlans[0].id == 101);
        assert_int_equal(lldp.vlan_count, 2);
        assert_string_equal(lldp.vlans[0].name, "blue");
        assert_true(lldp.vlans[0].id == 101 && lldp.vlans[1].id == 4000 && !lldp.vlans[1].name[0]);
        assert_int_equal(lldp.protocol_count, 1);
        assert_memory_equal(lldp.protocols[0].bytes, "\x88\xcc", 2);
        assert_true(lldp.has_vid_digest && lldp.vid_digest == 0x01020304);
        assert_true(lldp.has_management_vlan && lldp.management_vlan == 102);
        assert_true(lldp.has_aggregation && lldp.aggregation == 3 && lldp.aggregation_port == 0x10007);
        assert_true(lldp.has_phy && lldp.autonegotiation == 3 && lldp.advertised == 0x6c11 && lldp.mau_type == 30);
        assert_true(lldp.has_power && lldp.power_support == 15 && lldp.power_pair == 1 && lldp.power_class == 3);
        assert_true(lldp.has_frame_size && lldp.frame_size == 9216);
}

/* The first three, in their order, once. */
static void test_mandatory(void **state) {
        struct unit whole = start(), unit = {};
        refused(&unit);
        (void) understood(&whole);
        for (size_t size = 0; size < whole.size; size++) {
                unit = whole;
                unit.size = size;
                refused(&unit);
        }

        unit = (struct unit) {};
        PUT(&unit, LLDP_PORT_ID, "\5Eth1/1");
        PUT(&unit, LLDP_CHASSIS_ID, "\7tor");
        PUT(&unit, LLDP_TTL, "\0\x78");
        refused(&unit);

        unit = start();
        PUT(&unit, LLDP_CHASSIS_ID, "\7tor");
        refused(&unit);
        unit = start();
        PUT(&unit, LLDP_TTL, "\0\1");
        refused(&unit);

        unit = (struct unit) {};
        PUT(&unit, LLDP_CHASSIS_ID, "\4");
        PUT(&unit, LLDP_PORT_ID, "\5Eth1/1");
        PUT(&unit, LLDP_TTL, "\0\x78");
        refused(&unit);
}

static void test_oversized_id(void **state) {
        char value[257] = { LLDP_CHASSIS_LOCAL };
        struct lldp lldp = {};

        memset(value + 1, 'x', sizeof(value) - 1);
        assert_int_equal(lldp_add(&lldp, LLDP_CHASSIS_ID, wire_new(value, 257)), -EBADMSG);
        assert_int_equal(lldp.chassis.form, LLDP_NONE);
        assert_int_equal(lldp_add(&lldp, LLDP_CHASSIS_ID, wire_new(value, 256)), 0);
        assert_int_equal(strlen(lldp.chassis.text), 255);
        /* bytes need twice the room */
        memset(value + 1, 0xff, sizeof(value) - 1);
        lldp = (struct lldp) {};
        assert_int_equal(lldp_add(&lldp, LLDP_CHASSIS_ID, wire_new(value, 256)), 0);
        assert_int_equal(strlen(lldp.chassis.text), 510);
}

/* What is wrong in itself is left out, and the rest of the frame holds. */
static void test_wrong_ones(void **state) {
        static const struct {
                unsigned type;
                const char *value;
                size_t size;
        } wrong[] = {
                { LLDP_CAPABILITIES, "\0\4\0", 3 },
                { LLDP_MANAGEMENT_ADDRESS, "\5\1\xc0\0\2\1\2\0\0\0", 10 },
                { LLDP_MANAGEMENT_ADDRESS, "\1\1\2\0\0\0\7\0", 8 }, /* a family without an address */
                { LLDP_MANAGEMENT_ADDRESS, "\xff\1\xc0", 3 },
                { LLDP_MANAGEMENT_ADDRESS, "", 0 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2", 3 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\1\0", 5 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\2\6\0", 6 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\3\0\1\5blue", 11 }, /* a name longer than the TLV */
                { LLDP_ORGANIZATION, "\x00\x80\xc2\4\0", 5 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\4\2\x88", 6 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\5\0", 5 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\6\0", 5 },
                { LLDP_ORGANIZATION, "\x00\x80\xc2\7\3\0\0\0", 8 },
                { LLDP_ORGANIZATION, "\x00\x12\x0f\1\3\x6c\x11\0", 8 },
                { LLDP_ORGANIZATION, "\x00\x12\x0f\2\x0f\1", 6 },
                { LLDP_ORGANIZATION, "\x00\x12\x0f\4\x24", 5 },
        };

        for (size_t i = 0; i < ELEMENTS(wrong); i++) {
                struct lldp lldp = {}, nothing = {};
                assert_int_equal(lldp_add(&lldp, wrong[i].type, wire_new(wrong[i].value, wrong[i].size)), -EBADMSG);
                assert_memory_equal(&lldp, &nothing, sizeof(lldp));

                struct unit unit = start();
                put(&unit, wrong[i].type, wrong[i].value, wrong[i].size);
                PUT(&unit, LLDP_SYSTEM_NAME, "tor-7");
                lldp = understood(&unit);
                assert_string_equal(lldp.system_name, "tor-7");
        }
}

static void test_longest_management_address(void **state) {
        char value[1 + 32 + 6] = { 32, 16 };
        struct lldp lldp = {};

        memset(value + 2, 0xab, 31);
        assert_int_equal(lldp_add(&lldp, LLDP_MANAGEMENT_ADDRESS, wire_new(value, sizeof(value))), 0);
        assert_int_equal(strlen(lldp.management[0].text), 64);
}

static void test_failed_cursor(void **state) {
        for (unsigned type = 0; type < 128; type++) {
                struct lldp lldp = {};
                struct wire none = wire_new(NULL, 0), failed = wire_sub(&none, 1);
                assert_int_equal(lldp_add(&lldp, type, failed), -EBADMSG);
                (void) lldp_add(&lldp, type, wire_new(NULL, 0));
        }
}

static void test_twice(void **state) {
        struct unit unit = start();

        PUT(&unit, LLDP_SYSTEM_NAME, "");
        PUT(&unit, LLDP_SYSTEM_NAME, "one");
        PUT(&unit, LLDP_SYSTEM_NAME, "two");
        PUT(&unit, LLDP_CAPABILITIES, "\0\1\0\1");
        PUT(&unit, LLDP_CAPABILITIES, "\0\2\0\2");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\1\0\1");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\1\0\2");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\3\0\1\1a");
        PUT(&unit, LLDP_ORGANIZATION, "\x00\x80\xc2\3\0\1\1b");
        struct lldp lldp = understood(&unit);
        assert_string_equal(lldp.system_name, "one");
        assert_int_equal(lldp.capabilities, 1);
        assert_int_equal(lldp.vlan, 1);
        assert_int_equal(lldp.vlan_count, 1);
        assert_string_equal(lldp.vlans[0].name, "a");
}

static void test_bounds(void **state) {
        struct lldp lldp = {};
        char protocol[4 + 1 + LLDP_PROTOCOL_SIZE + 1] = { 0x00, (char) 0x80, (char) 0xc2, 4, LLDP_PROTOCOL_SIZE + 1 };

        assert_int_equal(lldp_add(&lldp, LLDP_ORGANIZATION, wire_new(protocol, sizeof(protocol))), 0);
        assert_true(lldp.truncated && lldp.protocol_count == 0);
        for (unsigned i = 0; i < 1000; i++) {
                char vlan[] = { 0x00, (char) 0x80, (char) 0xc2, 3, (char) (i >> 8), (char) i, 0 };
                assert_int_equal(lldp_add(&lldp, LLDP_ORGANIZATION, wire_new(vlan, sizeof(vlan))), 0);
                assert_int_equal(lldp_add(&lldp, LLDP_ORGANIZATION, wire_new("\x00\x80\xc2\2\6\0\x65", 7)), 0);
                assert_int_equal(lldp_add(&lldp, LLDP_ORGANIZATION, wire_new("\x00\x80\xc2\4\2\x88\xcc", 7)), 0);
                assert_int_equal(lldp_add(&lldp, LLDP_MANAGEMENT_ADDRESS, wire_new("\5\1\xc0\0\2\1\2\0\0\0\7\0", 12)), 0);
        }
        assert_true(lldp.truncated);
        assert_int_equal(lldp.vlan_count, LLDP_VLANS_MAX);
        assert_int_equal(lldp.vlans[LLDP_VLANS_MAX - 1].id, LLDP_VLANS_MAX - 1);
        assert_int_equal(lldp.protocol_vlan_count, LLDP_PROTOCOL_VLANS_MAX);
        assert_int_equal(lldp.protocol_count, LLDP_PROTOCOLS_MAX);
        assert_int_equal(lldp.management_count, LLDP_MANAGEMENT_MAX);
}

/* An LLDPDU that ends without its End TLV is met; one that ends inside a TLV is damaged. */
static void test_end(void **state) {
        struct unit unit = start();

        PUT(&unit, LLDP_SYSTEM_NAME, "tor-7");
        assert_string_equal(understood(&unit).system_name, "tor-7");
        unit.size--;
        refused(&unit);
        unit = start();
        unit.bytes[unit.size++] = 0;
        refused(&unit);
        unit.bytes[unit.size++] = 0;
        (void) understood(&unit);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_basic),     cmocka_unit_test(test_ids),          cmocka_unit_test(test_organizations),
                cmocka_unit_test(test_mandatory), cmocka_unit_test(test_oversized_id), cmocka_unit_test(test_wrong_ones),
                cmocka_unit_test(test_twice),     cmocka_unit_test(test_bounds),       cmocka_unit_test(test_end),
                cmocka_unit_test(test_failed_cursor), cmocka_unit_test(test_longest_management_address),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
