/* The rings of packets: who gets one, what it keeps, and what gives way when the memory is used up. */
#include <errno.h>
#include <malloc.h>

#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/machine_frame.h"
#include "netcfg/machine_packets.h"

#define OWN "52:54:00:00:00:fe"
#define MACHINE "52:54:00:00:00:01"
#define ROUTER "52:54:00:00:00:fd"
#define ALL "ff:ff:ff:ff:ff:ff"

static struct mac mac_of(const char *text) {
        struct mac mac;
        assert_int_equal(mac_parse(text, &mac), 0);
        return mac;
}

static const char *numbered(uint32_t number) {
        static char text[MAC_TEXT_SIZE];
        const struct mac mac = { { 2, 0, (uint8_t) (number >> 24), (uint8_t) (number >> 16), (uint8_t) (number >> 8), (uint8_t) number } };
        return mac_format(&mac, text);
}

/* ---- frames */

static struct frame arp(const char *source, const char *destination) {
        struct frame frame = {};
        put_ethernet(&frame, destination, source, 0x0806);
        put_zeros(&frame, 28);
        return frame;
}

static struct frame udp(const char *source, const char *destination, unsigned from, unsigned to, const void *payload, size_t size) {
        struct frame frame = {};
        put_ethernet(&frame, destination, source, 0x0800);
        put_udp(&frame, "192.0.2.5", from, "192.0.2.6", to, size);
        put(&frame, payload, size);
        return frame;
}

static struct frame udp6(const char *source, const char *destination, unsigned from, unsigned to) {
        struct frame frame = {};
        put_ethernet(&frame, destination, source, 0x86dd);
        put_u32(&frame, 0x60000000);
        put_u16(&frame, 12);
        put_u8(&frame, 17);
        put_zeros(&frame, 33);
        put_u16(&frame, from);
        put_u16(&frame, to);
        put_u16(&frame, 12);
        put_zeros(&frame, 6);
        return frame;
}

static struct frame dhcp(const char *source, const char *destination, unsigned operation, const char *client) {
        struct frame message = {};
        put_dhcp4(&message, operation, operation == 1 ? 1 : 2, 7, client, NULL);
        return udp(source, destination, operation == 1 ? 68 : 67, operation == 1 ? 67 : 68, message.bytes, message.size);
}

static struct frame acknowledgement(unsigned block, unsigned port) {
        const uint8_t payload[] = { 0, 4, (uint8_t) (block >> 8), (uint8_t) block };
        return udp(MACHINE, OWN, 2000, port, payload, sizeof(payload));
}

/* ---- what a frame says */

static void test_frame(void **state) {
        const struct {
                struct frame frame;
                unsigned count;
                const char *boots, *answered;
                bool acknowledges;
        } cases[] = {
                { arp(MACHINE, ALL), 1, NULL, NULL, false },
                { arp(OWN, MACHINE), 1, NULL, NULL, false },
                { dhcp(MACHINE, ALL, 1, MACHINE), 1, MACHINE, NULL, false },
                { dhcp(ROUTER, OWN, 1, MACHINE), 2, MACHINE, NULL, false }, /* by a relay */
                { dhcp(OWN, ALL, 2, MACHINE), 1, NULL, MACHINE, false },
                { dhcp(OWN, ALL, 1, OWN), 0, NULL, NULL, false },
                { dhcp(MACHINE, ALL, 1, ALL), 1, NULL, NULL, false },
                { dhcp(MACHINE, ALL, 3, MACHINE), 1, NULL, NULL, false },
                { udp6(MACHINE, "33:33:00:01:00:02", 546, 547), 1, MACHINE, NULL, false },
                { udp6(ROUTER, "33:33:00:01:00:02", 547, 547), 1, NULL, NULL, false },
                { udp6(OWN, MACHINE, 547, 546), 1, NULL, MACHINE, false },
                { udp(MACHINE, OWN, 2000, 69, "\0\1a\0octet", 10), 1, MACHINE, NULL, false },
                { udp(MACHINE, OWN, 2000, 69, "\0\2a\0octet", 10), 1, MACHINE, NULL, false },
                { udp(MACHINE, OWN, 2000, 69, "\0\7", 2), 1, NULL, NULL, false },
                { udp(MACHINE, OWN, 2000, 69, "\0", 1), 1, NULL, NULL, false },
                { udp(OWN, MACHINE, 3000, 2000, "\0\3\0\1data", 8), 1, NULL, MACHINE, false },
                { udp(OWN, MACHINE, 3000, 2000, "\0\5\0\1no\0", 7), 1, NULL, MACHINE, false },
                { udp(OWN, MACHINE, 3000, 2000, "\0\6tsize", 7), 1, NULL, MACHINE, false },
                { acknowledgement(7, 3000), 1, NULL, NULL, true },
                { udp(MACHINE, OWN, 2000, 3000, "\0\4\0\1x", 5), 1, NULL, NULL, false },
                { { .size = 0 }, 0, NULL, NULL, false },
        };
        const struct mac own = mac_of(OWN);

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct machine_frame got;
                char text[MAC_TEXT_SIZE];
                machine_frame_parse(cases[i].frame.bytes, cases[i].frame.size, &own, &got);
                assert_int_equal(got.count, cases[i].count);
                assert_string_equal(got.boots < 0 ? "" : mac_format(&got.macs[got.boots], text), cases[i].boots ?: "");
                assert_string_equal(got.answered < 0 ? "" : mac_format(&got.macs[got.answered], text), cases[i].answered ?: "");
                assert_int_equal(got.acknowledges, cases[i].acknowledges);
        }
}

/* ---- the store */

static struct machine_packets *store_new(void) {
        struct machine_packets *store;
        assert_int_equal(machine_packets_new(0x123456789abcdef, &store), 0);
        return store;
}

static void add(struct machine_packets *store, struct frame frame, uint64_t time) {
        const struct mac own = mac_of(OWN);
        const struct captured_packet packet = { time, frame.bytes, (uint16_t) frame.size, (uint16_t) frame.size, DIRECTION_INBOUND, "eth1" };
        machine_packets_add(store, &own, &packet);
}

struct walked {
        unsigned count;
        uint64_t times[256];
        uint16_t last_size;
        uint8_t last[2048];
};

static void take(const struct captured_packet *packet, void *userdata) {
        struct walked *walked = userdata;
        assert_string_equal(packet->interface, "eth1");
        if (walked->count < ELEMENTS(walked->times))
                walked->times[walked->count] = packet->time;
        walked->count++;
        walked->last_size = packet->size;
        memcpy(walked->last, packet->bytes, packet->size);
}

static struct walked walk(struct machine_packets *store, const char *text, struct machine_summary *ret) {
        const struct mac mac = mac_of(text);
        struct walked walked = {};
        assert_int_equal(machine_packets_walk(store, &mac, ret, take, &walked), 0);
        assert_int_equal(walked.count, ret->packets);
        return walked;
}

static bool has(const struct machine_packets *store, const char *text) {
        const struct mac mac = mac_of(text);
        struct walked walked = {};
        struct machine_summary summary;
        return machine_packets_walk(store, &mac, &summary, take, &walked) == 0;
}

static void test_who_gets_a_ring(void **state) {
        _cleanup_(machine_packets_freep) struct machine_packets *store = store_new();
        struct machine_summary summary;

        add(store, arp(MACHINE, ALL), 1);
        assert_false(has(store, MACHINE));
        add(store, dhcp(ROUTER, OWN, 1, MACHINE), 2);
        assert_true(has(store, MACHINE) && !has(store, ROUTER));
        add(store, arp(MACHINE, ALL), 3);
        add(store, arp(ROUTER, ALL), 4);
        add(store, arp(OWN, MACHINE), 5);
        add(store, dhcp(OWN, ALL, 2, MACHINE), 6);
        struct frame last = dhcp(OWN, ALL, 2, MACHINE);
        struct walked walked = walk(store, MACHINE, &summary);
        const uint64_t times[] = { 2, 3, 5, 6 };
        assert_int_equal(walked.count, 4);
        assert_memory_equal(walked.times, times, sizeof(times));
        assert_int_equal(walked.last_size, last.size);
        assert_memory_equal(walked.last, last.bytes, last.size);
        assert_true(summary.first == 2 && summary.last == 6 && summary.overwritten == 0);
        assert_int_equal(summary.bytes, 2 * 42 + 2 * last.size);
}

static void test_the_newest_stay(void **state) {
        _cleanup_(machine_packets_freep) struct machine_packets *store = store_new();
        struct machine_summary summary;
        size_t each = dhcp(MACHINE, ALL, 1, MACHINE).size + PACKET_RING_OVERHEAD;

        for (uint64_t i = 1; i <= 1000; i++) {
                add(store, dhcp(MACHINE, ALL, 1, MACHINE), i);
                if (i % 7 == 0)
                        add(store, arp(MACHINE, ALL), i);
        }
        struct walked walked = walk(store, MACHINE, &summary);
        assert_true(walked.count >= PACKET_RING_MAX / each && summary.packets + summary.overwritten == 1142);
        for (unsigned i = 1; i < walked.count; i++)
                assert_true(walked.times[i] - walked.times[i - 1] <= 1);
        assert_true(walked.times[walked.count - 1] == 1000 && summary.first == 1 && summary.last == 1000);
        assert_true(machine_packets_memory(store) < PACKET_RING_MAX + 40 * 1024);
}

static void test_runs_of_acknowledgements(void **state) {
        _cleanup_(machine_packets_freep) struct machine_packets *store = store_new();
        struct machine_summary summary;

        add(store, udp(MACHINE, OWN, 2000, 69, "\0\1a\0octet", 10), 1);
        for (unsigned i = 0; i <= 200; i++)
                add(store, acknowledgement(i, 3000), 10 + i);
        assert_int_equal(walk(store, MACHINE, &summary).count, 3); /* request, block 0, block 200 */
        add(store, acknowledgement(200, 3000), 300); /* again: the next block did not come */
        add(store, acknowledgement(200, 3000), 301);
        assert_int_equal(walk(store, MACHINE, &summary).count, 5);
        add(store, acknowledgement(1, 3001), 302); /* another transfer */
        add(store, acknowledgement(0xffff, 3001), 303);
        add(store, arp(MACHINE, ALL), 304);
        add(store, acknowledgement(0xffff, 3001), 305);
        add(store, acknowledgement(0, 3001), 306); /* blocks are counted modulo 2^16 */
        add(store, acknowledgement(1, 3001), 307);
        struct walked walked = walk(store, MACHINE, &summary);
        assert_int_equal(walked.count, 10);
        assert_true(walked.times[9] == 307 && walked.times[8] == 305);
        assert_int_equal(summary.packets + summary.overwritten, 210);
}

static void test_memory_is_bounded_and_who_boots_stays(void **state) {
        _cleanup_(machine_packets_freep) struct machine_packets *store = store_new();
        struct machine_summary summary;

        add(store, dhcp(MACHINE, ALL, 1, MACHINE), 1);
        add(store, dhcp(OWN, ALL, 2, MACHINE), 2);
        for (uint32_t i = 0; i < 60000; i++) {
                const char *mac = numbered(i);
                add(store, dhcp(mac, ALL, 1, mac), 3);
                assert_true(machine_packets_memory(store) <= MACHINE_PACKETS_MAX);
        }
        assert_true(machine_packets_memory(store) > MACHINE_PACKETS_MAX - 4096);
        assert_int_equal(walk(store, MACHINE, &summary).count, 2);
        assert_false(has(store, numbered(0)));
        assert_true(has(store, numbered(59999)));
}

/* Full rings of machines that boot leave a quarter to those that nobody answers. */
static void test_full_rings(void **state) {
        size_t before = mallinfo2().uordblks;
        _cleanup_(machine_packets_freep) struct machine_packets *store = store_new();
        unsigned rings = 0;

        for (uint32_t i = 0; i < 400; i++) {
                const char *mac = numbered(i);
                for (unsigned n = 0; n < 300; n++)
                        add(store, dhcp(OWN, ALL, n == 0 ? 1 : 2, mac), i + 1);
                assert_true(machine_packets_memory(store) <= MACHINE_PACKETS_MAX);
        }
        for (uint32_t i = 0; i < 400; i++)
                rings += has(store, numbered(i));
        assert_in_range(rings, 200, 256);
        assert_true(mallinfo2().uordblks - before < MACHINE_PACKETS_MAX + 64 * 1024); /* ASan's own says nothing: 0 */
        assert_true(has(store, numbered(399)) && !has(store, numbered(0)));

        for (uint32_t i = 1000; i < 1050; i++) {
                const char *mac = numbered(i);
                for (unsigned n = 0; n < 20; n++)
                        add(store, dhcp(mac, ALL, 1, mac), i);
        }
        for (uint32_t i = 1000; i < 1050; i++)
                assert_true(has(store, numbered(i)));
}

static void test_list(void **state) {
        _cleanup_(machine_packets_freep) struct machine_packets *store = store_new();
        struct machine_summary found[3];
        static const uint32_t order[] = { 5, 1, 4, 2, 3 };

        assert_int_equal(machine_packets_list(store, NULL, found, 3), 0);
        for (size_t i = 0; i < ELEMENTS(order); i++) {
                const char *mac = numbered(order[i]);
                add(store, dhcp(mac, ALL, 1, mac), i);
        }
        add(store, dhcp(OWN, ALL, 2, numbered(4)), 9);
        assert_int_equal(machine_packets_list(store, NULL, found, 3), 5);
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(found[i].mac.bytes[5], i + 1);
        assert_int_equal(machine_packets_list(store, &found[2].mac, found, 3), 2);
        assert_int_equal(found[0].mac.bytes[5], 4);
        assert_int_equal(found[0].packets, 2);
        assert_int_equal(found[1].mac.bytes[5], 5);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_frame),
                cmocka_unit_test(test_who_gets_a_ring),
                cmocka_unit_test(test_the_newest_stay),
                cmocka_unit_test(test_runs_of_acknowledgements),
                cmocka_unit_test(test_memory_is_bounded_and_who_boots_stays),
                cmocka_unit_test(test_full_rings),
                cmocka_unit_test(test_list),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
