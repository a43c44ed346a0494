/* The writer of pcapng files, byte by byte as the specification has it; that scapy and libpcap read the same is tested in tests/net. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/macro.h"
#include "netcfg/pcapng.h"

static void test_bytes(void **state) {
        static const uint8_t wanted[] = {
                /* Section Header Block */
                0x0a, 0x0d, 0x0d, 0x0a, 0x38, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                2, 0, 3, 0, 'x', '8', '6', 0, 3, 0, 4, 0, 'O', 'S', ' ', '1', 4, 0, 1, 0, 'p', 0, 0, 0, 0, 0, 0, 0, 0x38, 0, 0, 0,
                /* Interface Description Block */
                1, 0, 0, 0, 0x28, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 2, 0, 4, 0, 'e', 't', 'h', '1', 9, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0x28, 0, 0, 0,
                /* Enhanced Packet Block: 0x1122334455667788 us, 3 of 2000 bytes, outbound */
                6, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55, 3, 0, 0, 0, 0xd0, 7, 0, 0, 'a', 'b', 'c', 0,
                2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x30, 0, 0, 0,
        };
        _cleanup_pcapng_ struct pcapng file;
        const struct captured_packet packet = { 0x1122334455667788, "abc", 3, 2000, DIRECTION_OUTBOUND, "eth1" };

        pcapng_start(&file, "x86", "OS 1", "p");
        pcapng_add(&file, &packet);
        assert_false(file.failed);
        assert_int_equal(file.size, sizeof(wanted));
        assert_memory_equal(file.data, wanted, sizeof(wanted));
}

/* Type and length of each block, with a check of the length at its end. Returns how many. */
static size_t read_blocks(const struct pcapng *file, uint32_t *types, size_t max) {
        size_t count = 0, at = 0;

        while (at < file->size) {
                uint32_t head[2], length;
                assert_true(file->size - at >= 12 && count < max);
                memcpy(head, file->data + at, sizeof(head));
                assert_true(head[1] % 4 == 0 && head[1] <= file->size - at);
                memcpy(&length, file->data + at + head[1] - 4, sizeof(length));
                assert_int_equal(length, head[1]);
                types[count++] = head[0];
                at += head[1];
        }
        return count;
}

static void test_each_interface_is_described_once(void **state) {
        static const uint32_t wanted[] = { 0x0a0d0d0a, 1, 6, 1, 6, 6, 6, 1, 6 };
        static const char *const interfaces[] = { "eth1", "eth2", "eth1", "eth2", "a-name-of-15-ch" };
        _cleanup_pcapng_ struct pcapng file;
        uint32_t types[16];

        pcapng_start(&file, "", "", "");
        for (size_t i = 0; i < ELEMENTS(interfaces); i++) {
                struct captured_packet packet = { .bytes = "0123456", .size = (uint16_t) (i + 2), .length = 7 };
                strcpy(packet.interface, interfaces[i]);
                pcapng_add(&file, &packet);
        }
        assert_false(file.failed);
        assert_int_equal(read_blocks(&file, types, ELEMENTS(types)), ELEMENTS(wanted));
        assert_memory_equal(types, wanted, sizeof(wanted));
}

static void test_without_packets(void **state) {
        _cleanup_pcapng_ struct pcapng file;
        uint32_t types[2];

        pcapng_start(&file, "x86", "OS", "p");
        assert_int_equal(read_blocks(&file, types, ELEMENTS(types)), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_bytes),
                cmocka_unit_test(test_each_interface_is_described_once),
                cmocka_unit_test(test_without_packets),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
