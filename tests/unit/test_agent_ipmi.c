/* Asking a BMC for its addresses, against made-up BMCs; and reading LLDP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/ipmi.h"
#include "introspect/agent/lldp.h"

/* A BMC whose LAN is on one channel; the others answer "invalid field" (0xcc). */
struct bmc {
        uint8_t channel;
        uint8_t ipv4[4], mac[6];
        uint8_t ipv6[16], ipv6_source; /* 0x80 set: enabled */
        int broken;                    /* a negative errno for every request */
        unsigned asked;
};

static int answer(void *userdata, uint8_t netfn, uint8_t command, const uint8_t *request, size_t request_size, uint8_t *response,
                  size_t *size) {
        struct bmc *bmc = userdata;
        bmc->asked++;
        if (bmc->broken)
                return bmc->broken;
        assert_int_equal(netfn, 0x0c);
        assert_int_equal(command, 0x02);
        assert_int_equal(request_size, 4);
        memset(response, 0, *size);
        response[1] = 0x11;
        *size = 1;
        if (request[0] != bmc->channel) {
                response[0] = 0xcc;
        } else if (request[1] == 3) {
                memcpy(response + 2, bmc->ipv4, 4);
                *size = 6;
        } else if (request[1] == 5) {
                memcpy(response + 2, bmc->mac, 6);
                *size = 8;
        } else if (request[1] == 56 && request[2] == 0 && bmc->ipv6_source) {
                response[3] = bmc->ipv6_source;
                memcpy(response + 4, bmc->ipv6, 16);
                *size = 22;
        } else {
                response[0] = 0x80;
        }
        return 0;
}

static void test_third_channel(void **state) {
        struct bmc bmc = { .channel = 3, .ipv4 = { 10, 1, 2, 3 }, .mac = { 2, 0, 0, 0xaa, 0xbb, 0xcc } };
        struct ipmi_lan lan;
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), 0);
        assert_string_equal(lan.ipv4, "10.1.2.3");
        assert_string_equal(lan.ipv6, "");
        assert_string_equal(lan.mac, "02:00:00:aa:bb:cc");
}

static void test_ipv6(void **state) {
        struct bmc bmc = { .channel = 1, .ipv6 = { 0xfd, [15] = 7 }, .ipv6_source = 0x80 };
        struct ipmi_lan lan;
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), 0);
        assert_string_equal(lan.ipv4, "");
        assert_string_equal(lan.ipv6, "fd00::7");
        bmc.ipv6_source = 0x01; /* not enabled */
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), 0);
        assert_string_equal(lan.ipv6, "");
        bmc = (struct bmc){ .channel = 1, .ipv6 = { 0xfe, 0x80, [15] = 7 }, .ipv6_source = 0x80 };
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), 0);
        assert_string_equal(lan.ipv6, "");
}

static void test_no_address(void **state) {
        struct bmc bmc = { .channel = 2, .mac = { 2, 0, 0, 1, 2, 3 } };
        struct ipmi_lan lan;
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), 0);
        assert_string_equal(lan.ipv4, "");
        assert_string_equal(lan.mac, "02:00:00:01:02:03");
}

static void test_no_lan_and_dead(void **state) {
        struct bmc bmc = { .channel = 15 };
        struct ipmi_lan lan;
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), 0);
        assert_string_equal(lan.mac, "");
        bmc = (struct bmc){ .broken = -ETIMEDOUT };
        assert_int_equal(ipmi_lan_ask(answer, &bmc, &lan), -ETIMEDOUT);
        assert_int_equal(bmc.asked, 1); /* not eleven times two seconds */
}

static const unsigned char frame[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, 0x02, 0, 0,   0,   0,   1,   0x88, 0xcc, 0x02, 0x07, 0x04, 0x00,
                                       0x11, 0x22, 0x33, 0x44, 0x55, 0x04, 0x05, 5, '1', '/', '2', '4', 0xfe, 0x00, 0x00, 0x00, 'p',  'a' };

static void test_lldp(void **state) {
        json_t *tlvs = lldp_parse(frame, sizeof frame);
        char *text = json_dumps(tlvs, JSON_COMPACT);
        assert_string_equal(text, "[[1,\"04001122334455\"],[2,\"05312f3234\"],[127,\"\"],[0,\"\"]]");
        free(text);
        json_decref(tlvs);
}

static void test_lldp_cut(void **state) {
        for (size_t size = 0; size <= sizeof frame; size++) {
                json_t *tlvs = lldp_parse(frame, size);
                if (size < 14)
                        assert_null(tlvs);
                else
                        assert_int_equal(json_array_size(tlvs), (size >= 23) + (size >= 30) + (size >= 32) + (size >= 34));
                json_decref(tlvs);
        }
        unsigned char other[sizeof frame];
        memcpy(other, frame, sizeof frame);
        other[13] = 0xcd;
        assert_null(lldp_parse(other, sizeof other));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_third_channel),   cmocka_unit_test(test_ipv6), cmocka_unit_test(test_no_address),
                cmocka_unit_test(test_no_lan_and_dead), cmocka_unit_test(test_lldp), cmocka_unit_test(test_lldp_cut),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
