/* Frames in, steps and sightings out; and what is wrong with an interface, in words. */
#include <errno.h>

#include "tests/unit/test_netcfg_frames.h"

#include "netcfg/link_state.h"
#include "netcfg/observer_internal.h"
#include "netcfg/report.h"

#define CLIENT "52:54:00:aa:00:01"
#define SERVER "52:54:00:bb:00:01"
#define ALL "ff:ff:ff:ff:ff:ff"
#define NOW (1700000000 * USEC_PER_SEC)

struct world {
        struct observer *observer;
        struct segment segment;
        struct step steps[16];
        unsigned count;
};

static void on_step(const struct step *step, void *userdata) {
        struct world *world = userdata;
        if (world->count < 16)
                world->steps[world->count] = *step;
        world->count++;
}

static int set_up(void **state) {
        struct world *world = calloc(1, sizeof(*world));
        world->segment.network = 3;
        assert_int_equal(mac_parse(SERVER, &world->segment.own), 0);
        *state = world;
        return observer_new(100, 1, on_step, world, &world->observer);
}

static int tear_down(void **state) {
        struct world *world = *state;
        observer_free(world->observer);
        free(world);
        return 0;
}

static void feed(struct world *world, const struct frame *frame, uint64_t time) {
        observer_frame(world->observer, &world->segment, "eth0", frame->bytes, frame->size, time);
}

static struct frame dhcp(unsigned type, uint32_t xid, const char *vendor_class, unsigned architecture) {
        struct frame frame = {}, message = {};
        bool answer = type == DHCP4_OFFER || type == DHCP4_ACKNOWLEDGE || type == DHCP4_NAK;

        put_dhcp4(&message, answer ? 2 : 1, type, xid, CLIENT, answer && type != DHCP4_NAK ? "192.0.2.100" : NULL);
        if (vendor_class)
                put_option(&message, 60, vendor_class, strlen(vendor_class));
        if (!answer)
                put_option(&message, 93, &(uint16_t) { htons((uint16_t) architecture) }, 2);
        if (type == DHCP4_REQUEST)
                put_option(&message, 50, "\300\0\2\144", 4);
        if (answer || type == DHCP4_REQUEST)
                put_option(&message, 54, "\300\0\2\1", 4);
        if (type == DHCP4_ACKNOWLEDGE)
                put_option(&message, 67, "snponly.efi", 11);
        if (type == DHCP4_NAK)
                put_option(&message, 56, "address in use", 14);
        put_u8(&message, 255);
        put_ethernet(&frame, answer ? CLIENT : ALL, answer ? SERVER : CLIENT, 0x0800);
        put_udp(&frame, answer ? "192.0.2.1" : NULL, answer ? 67 : 68, "255.255.255.255", answer ? 68 : 67, message.size);
        put(&frame, message.bytes, message.size);
        return frame;
}

static void test_exchange(void **state) {
        static const unsigned types[] = { DHCP4_DISCOVER, DHCP4_OFFER, DHCP4_REQUEST, DHCP4_ACKNOWLEDGE };
        static const enum step_kind kinds[] = { STEP_DISCOVER, STEP_OFFER, STEP_REQUEST, STEP_ACKNOWLEDGE };
        struct world *world = *state;
        struct sighting sighting;

        for (unsigned i = 0; i < 4; i++) {
                struct frame frame = dhcp(types[i], 7, "PXEClient:Arch:00007", 7);
                feed(world, &frame, NOW + i);
        }
        assert_int_equal(world->count, 4);
        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(world->steps[i].kind, kinds[i]);
                assert_int_equal(world->steps[i].network, 3);
                assert_int_equal(world->steps[i].time, NOW + i);
                /* the answers have what the client said of itself */
                assert_int_equal(world->steps[i].stage, STAGE_FIRMWARE);
                assert_true(world->steps[i].has_architecture && world->steps[i].architecture == 7);
                assert_true(world->steps[i].protocol == STEP_DHCP4 && world->steps[i].has_xid && world->steps[i].xid == 7);
        }
        assert_int_equal(world->steps[0].address.v4.s_addr, 0);
        assert_string_equal(world->steps[0].detail, "PXEClient:Arch:00007");
        assert_int_equal(world->steps[1].address.v4.s_addr, inet_addr("192.0.2.100"));
        assert_string_equal(world->steps[2].detail, "PXEClient:Arch:00007, to server 192.0.2.1");
        assert_int_equal(world->steps[1].server.v4.s_addr, inet_addr("192.0.2.1"));
        assert_string_equal(world->steps[2].options, "50=192.0.2.100\n53=REQUEST\n54=192.0.2.1\n60=PXEClient:Arch:00007\n93=7\n");
        assert_int_equal(world->steps[2].address.v4.s_addr, inet_addr("192.0.2.100"));
        assert_string_equal(world->steps[3].file, "snponly.efi");
        assert_string_equal(world->steps[3].detail, "from server 192.0.2.1");

        assert_true(sightings_take(observer_sightings(world->observer), &sighting));
        assert_int_equal(sighting.protocols, PROTOCOL_DHCP);
        assert_int_equal(sighting.address_count, 1); /* by the acknowledge */
        assert_false(sightings_take(observer_sightings(world->observer), &sighting));
}

static void test_answer_to_nobody_known(void **state) {
        struct world *world = *state;
        struct frame nak = dhcp(DHCP4_NAK, 99, NULL, 0);

        feed(world, &nak, NOW);
        assert_int_equal(world->count, 1);
        assert_int_equal(world->steps[0].kind, STEP_NAK);
        assert_int_equal(world->steps[0].stage, STAGE_NONE);
        assert_string_equal(world->steps[0].detail, "from server 192.0.2.1, address in use");
}

static void test_types_and_directions_that_are_no_step(void **state) {
        struct world *world = *state;
        struct frame frame = dhcp(DHCP4_RELEASE, 7, NULL, 0);

        feed(world, &frame, NOW);
        frame = dhcp(DHCP4_DISCOVER, 7, NULL, 0);
        frame.bytes[42] = 2; /* an answer of type discover */
        feed(world, &frame, NOW);
        frame = dhcp(DHCP4_OFFER, 7, NULL, 0);
        frame.bytes[42] = 1;
        feed(world, &frame, NOW);
        assert_int_equal(world->count, 0);
}

static void test_own_messages(void **state) {
        struct world *world = *state;
        struct frame frame = dhcp(DHCP4_DISCOVER, 7, NULL, 0);
        struct sighting sighting;

        assert_int_equal(mac_parse(CLIENT, &world->segment.own), 0);
        feed(world, &frame, NOW);
        assert_int_equal(world->count, 0);
        assert_false(sightings_take(observer_sightings(world->observer), &sighting));
}

static void test_other_vlans(void **state) {
        struct world *world = *state;
        struct frame frame = dhcp(DHCP4_DISCOVER, 7, NULL, 0), tagged = {};
        struct sighting sighting;

        put(&tagged, frame.bytes, 12);
        put_u32(&tagged, 0x81000064);
        put(&tagged, frame.bytes + 12, frame.size - 12);
        feed(world, &tagged, NOW);
        feed(world, &frame, NOW + USEC_PER_SEC);
        assert_int_equal(world->count, 2);
        assert_true(world->steps[0].has_vlan && world->steps[0].vlan == 100);
        assert_false(world->steps[1].has_vlan);
        assert_true(sightings_take(observer_sightings(world->observer), &sighting));
        assert_int_equal(sighting.vlan, 100);
        assert_true(sightings_take(observer_sightings(world->observer), &sighting));
        assert_int_equal(sighting.vlan, SIGHTING_OWN_VLAN);

        world->segment.vlan = 100;
        feed(world, &tagged, NOW + 2 * USEC_PER_SEC);
        assert_false(world->steps[2].has_vlan);
        feed(world, &frame, NOW + 4 * USEC_PER_SEC);
        assert_true(world->steps[3].has_vlan && world->steps[3].vlan == 0);
}

static void test_whose_answers_are_noted(void **state) {
        struct world *world = *state;
        struct foreign *foreign = observer_foreign(world->observer);
        struct frame frame = dhcp(DHCP4_OFFER, 7, NULL, 0);
        struct foreign_server server;

        feed(world, &frame, NOW);
        assert_false(foreign_is_due(foreign)); /* nobody knows what is own */
        own_add_address(observer_own(world->observer), &(struct ip) { .family = AF_INET, .v4.s_addr = inet_addr("192.0.2.9") });
        feed(world, &frame, NOW + USEC_PER_SEC);
        assert_true(foreign_take(foreign, NOW, &server));
        assert_int_equal(server.address.v4.s_addr, inet_addr("192.0.2.1"));
        own_add_address(observer_own(world->observer), &server.address);
        feed(world, &frame, NOW + 100 * USEC_PER_SEC);
        assert_false(foreign_is_due(foreign));

        frame = (struct frame) {};
        struct frame message = {};
        put_dhcp4(&message, 2, DHCP4_NAK, 7, CLIENT, NULL); /* neither a server identifier nor an address */
        put_ethernet(&frame, ALL, "52:54:00:bb:00:09", 0x0800);
        put_udp(&frame, NULL, 67, "255.255.255.255", 68, message.size);
        put(&frame, message.bytes, message.size);
        feed(world, &frame, NOW + 101 * USEC_PER_SEC);
        assert_false(foreign_is_due(foreign));
}

static void test_what_a_machine_says_of_itself(void **state) {
        struct world *world = *state;
        struct frame frame = dhcp(DHCP4_DISCOVER, 7, "PXEClient:Arch:00007", 7);
        struct sighting sighting;
        _cleanup_json_ json_t *json = NULL;

        feed(world, &frame, NOW);
        assert_true(sightings_take(observer_sightings(world->observer), &sighting));
        assert_non_null(json = report_sighting(&sighting, "lab"));
        assert_string_equal(json_get_string(json, "vendorClass"), "PXEClient:Arch:00007");
        assert_int_equal(json_get_int(json, "architecture", -1), 7);
        assert_null(json_get_string(json, "hostname"));
}

static void test_twice_seen_and_sent_again(void **state) {
        struct world *world = *state;
        struct frame frame = dhcp(DHCP4_DISCOVER, 7, NULL, 0);

        feed(world, &frame, NOW);
        feed(world, &frame, NOW + 100); /* from the bridge and its port */
        assert_int_equal(world->count, 1);
        feed(world, &frame, NOW + 4 * USEC_PER_SEC);
        assert_int_equal(world->count, 2);
}

static void test_limit(void **state) {
        struct world *world = *state;

        for (uint32_t xid = 0; xid < 10000; xid++) {
                struct frame frame = dhcp(DHCP4_DISCOVER, xid, NULL, 0);
                feed(world, &frame, NOW);
        }
        assert_int_equal(world->count, OBSERVER_STEPS_BURST);
        assert_int_equal(world->segment.suppressed, 10000 - OBSERVER_STEPS_BURST);
}

static struct frame tftp(bool from_client, unsigned server_port, const void *payload, size_t size) {
        struct frame frame = {};

        put_ethernet(&frame, from_client ? SERVER : CLIENT, from_client ? CLIENT : SERVER, 0x0800);
        if (from_client)
                put_udp(&frame, "192.0.2.100", 2070, "192.0.2.1", server_port, size);
        else
                put_udp(&frame, "192.0.2.1", server_port, "192.0.2.100", 2070, size);
        put(&frame, payload, size);
        return frame;
}

#define TFTP(from_client, port, payload) tftp(from_client, port, payload, sizeof(payload) - 1)

static void test_transfer(void **state) {
        struct world *world = *state;
        struct frame request = TFTP(true, 69, "\0\1snponly.efi\0octet\0tsize\0" "0\0");
        struct frame options = TFTP(false, 40000, "\0\6tsize\0" "174080\0");
        struct frame abort = TFTP(true, 40000, "\0\5\0\10User aborted the transfer\0");

        feed(world, &options, NOW - 1); /* of a transfer that nobody asked for */
        assert_int_equal(world->count, 0);
        feed(world, &request, NOW);
        feed(world, &options, NOW + USEC_PER_SEC);
        feed(world, &abort, NOW + 2 * USEC_PER_SEC);
        assert_int_equal(world->count, 3);
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(world->steps[i].kind, STEP_TFTP);
                assert_int_equal(world->steps[i].time, NOW);
                assert_string_equal(world->steps[i].file, "snponly.efi");
                assert_int_equal(world->steps[i].has_total, i > 0);
        }
        assert_int_equal(world->steps[2].total, 174080);
        assert_int_equal(world->steps[2].transfer, TRANSFER_ABORTED);
        assert_string_equal(world->steps[2].detail, "ended by the machine: User aborted the transfer (TFTP error 8)");

        /* The same port again, for the file itself. */
        feed(world, &request, NOW + 3 * USEC_PER_SEC);
        struct frame refusal = TFTP(false, 40001, "\0\5\0\1File not found\0");
        feed(world, &refusal, NOW + 4 * USEC_PER_SEC);
        assert_int_equal(world->count, 5);
        assert_int_equal(world->steps[4].time, NOW + 3 * USEC_PER_SEC);
        assert_int_equal(world->steps[4].transfer, TRANSFER_REFUSED);
        assert_string_equal(world->steps[4].detail, "refused by the server: File not found (TFTP error 1)");
        /* The size is known from before, where it is not asked for again. */
        struct frame again = TFTP(true, 69, "\0\1snponly.efi\0octet\0blksize\0" "174080\0"), agreed = TFTP(false, 40002, "\0\6blksize\0" "174080\0");
        struct frame last = TFTP(true, 40002, "\0\4\0\2");
        feed(world, &again, NOW + 5 * USEC_PER_SEC);
        feed(world, &agreed, NOW + 6 * USEC_PER_SEC);
        feed(world, &last, NOW + 7 * USEC_PER_SEC);
        assert_int_equal(world->count, 8);
        assert_int_equal(world->steps[7].transfer, TRANSFER_DONE);
        assert_true(world->steps[7].total == 174080 && world->steps[7].bytes == 174080);
        struct frame late = TFTP(false, 40001, "\0\5\0\2Access violation\0");
        feed(world, &late, NOW + 90 * USEC_PER_SEC);
        assert_int_equal(world->count, 8);
}

/* What is sent again and again says where it hangs. */
static void test_transfer_timeouts(void **state) {
        const struct {
                struct frame frames[3];
                unsigned count; /* the last one is sent three times */
                enum step_transfer state;
                const char *detail, *options;
        } cases[] = {
                { { TFTP(true, 69, "\0\1a.efi\0octet\0blksize\0" "1468\0") }, 1, TRANSFER_REQUESTED,
                  "the request was sent 3 times and not answered", "blksize=1468\n" },
                { { TFTP(true, 69, "\0\1a.efi\0octet\0blksize\0" "1468\0"), TFTP(false, 4000, "\0\6blksize\0" "1400\0") }, 2, TRANSFER_OPTIONS,
                  "the option acknowledgement was sent 3 times and not answered", "blksize=1400\n" },
                { { TFTP(true, 69, "\0\1a.efi\0octet\0blksize\0" "1468\0"), TFTP(false, 4000, "\0\6blksize\0" "1468\0"),
                    TFTP(true, 4000, "\0\4\0\0") }, 3, TRANSFER_AGREED, "block 1 was asked for 3 times and not answered", "blksize=1468\n" },
                { { TFTP(true, 69, "\0\1a.efi\0octet\0"), TFTP(false, 4000, "\0\3\0\1data") }, 2, TRANSFER_AGREED,
                  "block 1 was sent 3 times and not answered", "" },
                { { TFTP(true, 69, "\0\1a.efi\0octet\0tsize\0" "0\0"), TFTP(false, 4000, "\0\6tsize\0" "2000\0"),
                    TFTP(true, 4000, "\0\4\0\1") }, 3, TRANSFER_DATA, "block 1 was acknowledged 3 times, and the next one did not come", "tsize=2000\n" },
        };
        struct world *world = *state;

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                uint64_t now = NOW + i * 3600 * USEC_PER_SEC;
                world->count = 0;
                for (unsigned j = 0; j < cases[i].count + 2; j++)
                        feed(world, &cases[i].frames[j < cases[i].count ? j : cases[i].count - 1], now + j * USEC_PER_SEC);
                const struct step *step = &world->steps[world->count - 1];
                assert_int_equal(step->time, now);
                assert_int_equal(step->transfer, cases[i].state);
                assert_int_equal(step->repeats, 2);
                assert_int_equal(step->last, now + (cases[i].count + 1) * USEC_PER_SEC);
                assert_string_equal(step->detail, cases[i].detail);
                assert_string_equal(step->options, cases[i].options);
        }
}

/* Block numbers go round; bytes are told now and then, and the end at once. */
static void test_transfer_progress(void **state) {
        struct world *world = *state;
        struct frame request = TFTP(true, 69, "\0\1large\0octet\0tsize\0" "0\0"), options = TFTP(false, 4000, "\0\6tsize\0" "51200000\0");
        uint8_t acknowledgement[4] = { 0, 4 };

        feed(world, &request, NOW);
        feed(world, &options, NOW);
        for (unsigned block = 0; block <= 100000; block++) {
                acknowledgement[2] = (uint8_t) (block >> 8);
                acknowledgement[3] = (uint8_t) block;
                struct frame frame = tftp(true, 4000, acknowledgement, 4);
                feed(world, &frame, NOW + 10 * block);
                /* so much later that it is none twice */
                if (block == 99999)
                        assert_true(world->count > 4 && world->count < 12);
        }
        const struct step *last = &world->steps[world->count - 1];
        assert_int_equal(last->transfer, TRANSFER_DATA); /* 51200000 is a multiple of 512: an empty block ends it */
        acknowledgement[2] = (uint8_t) (100001 >> 8);
        acknowledgement[3] = (uint8_t) 100001;
        struct frame frame = tftp(true, 4000, acknowledgement, 4);
        feed(world, &frame, NOW + 2 * USEC_PER_SEC);
        last = &world->steps[world->count - 1];
        assert_int_equal(last->transfer, TRANSFER_DONE);
        assert_true(last->has_bytes && last->bytes == 51200000 && last->total == 51200000);
        assert_string_equal(last->detail, "");
}

static void test_whose_answer(void **state) {
        struct world *world = *state;
        struct frame offer = dhcp(DHCP4_OFFER, 7, NULL, 0), stray = dhcp(DHCP4_DISCOVER, 8, "PXEClient", 7);
        struct ip own;

        feed(world, &offer, NOW);
        assert_int_equal(world->steps[0].foreign, FOREIGN_UNKNOWN);
        assert_int_equal(ip_parse("192.0.2.77", &own), 0);
        own_add_address(observer_own(world->observer), &own);
        feed(world, &offer, NOW + USEC_PER_SEC);
        assert_int_equal(world->steps[1].foreign, FOREIGN_YES);
        own_add_mac(observer_own(world->observer), &world->segment.own);
        feed(world, &offer, NOW + 2 * USEC_PER_SEC);
        assert_int_equal(world->steps[2].foreign, FOREIGN_NO);
        assert_false(world->steps[2].has_vlan);
        world->segment.vlan = 100;
        feed(world, &stray, NOW + 3 * USEC_PER_SEC);
        assert_true(world->steps[3].has_vlan && world->steps[3].vlan == 0);
}

static void test_declined(void **state) {
        struct world *world = *state;
        struct frame frame = dhcp(DHCP4_DECLINE, 7, NULL, 0);

        feed(world, &frame, NOW);
        assert_int_equal(world->count, 1);
        assert_int_equal(world->steps[0].kind, STEP_NAK);
        assert_string_equal(world->steps[0].detail, "declined by the machine: somebody uses the address");
}

static void test_neighbour(void **state) {
        struct world *world = *state;
        struct sightings *sightings = observer_sightings(world->observer);
        struct sighting sighting;
        struct mac mac;
        struct ip ip;

        assert_int_equal(mac_parse(CLIENT, &mac), 0);
        assert_int_equal(ip_parse("2001:db8::5", &ip), 0);
        observer_neighbour(world->observer, &world->segment, &mac, &ip, false, NOW);
        assert_true(sightings_take(sightings, &sighting));
        observer_neighbour(world->observer, &world->segment, &mac, &ip, false, NOW + 120 * USEC_PER_SEC);
        assert_false(sightings_take(sightings, &sighting)); /* the kernel only remembers it */
        observer_neighbour(world->observer, &world->segment, &mac, &ip, true, NOW + 120 * USEC_PER_SEC);
        assert_true(sightings_take(sightings, &sighting));
        assert_int_equal(sighting.last, NOW + 120 * USEC_PER_SEC);
        observer_neighbour(world->observer, &world->segment, &world->segment.own, &ip, true, NOW);
        assert_false(sightings_take(sightings, &sighting));
        /* nor is another card of the appliance's a machine */
        own_add_mac(observer_own(world->observer), &mac);
        observer_neighbour(world->observer, &world->segment, &mac, &ip, true, NOW + 300 * USEC_PER_SEC);
        assert_false(sightings_take(sightings, &sighting));
}

/* Its bridge has another MAC while a certain port is there. */
static void test_the_appliance_is_one_claimer(void **state) {
        struct world *world = *state;
        struct observer *o = world->observer;
        struct address_conflict conflict;
        struct mac before = world->segment.own, between, stranger;
        struct ip ip;

        assert_int_equal(mac_parse("52:54:00:cc:00:02", &between), 0);
        assert_int_equal(mac_parse(CLIENT, &stranger), 0);
        assert_int_equal(ip_parse("192.0.2.1", &ip), 0);
        own_note_mac(observer_own(o), &before);
        own_note_mac(observer_own(o), &between);
        const struct {
                const struct mac *has, *read;
        } turns[] = { { &before, &before }, { &between, &before }, { &between, &between }, { &before, &between }, { &before, &before } };
        for (size_t i = 0; i < ELEMENTS(turns); i++) {
                world->segment.own = *turns[i].read;
                observer_claim(o, &world->segment, &ip, turns[i].has, NOW + i * USEC_PER_SEC);
        }
        assert_false(claims_take(observer_claims(o), &conflict));

        /* A true one is told, whichever MAC the appliance has meanwhile. */
        const struct mac *const others[] = { &stranger, &before };
        for (size_t i = 0; i < ELEMENTS(others); i++)
                observer_claim(o, &world->segment, &ip, others[i], NOW + (10 + i) * USEC_PER_SEC);
        assert_true(claims_take(observer_claims(o), &conflict));
        assert_int_equal(conflict.mac_count, 2);
        assert_memory_equal(&conflict.macs[0], &CLAIMER_APPLIANCE, sizeof(struct mac));
        assert_memory_equal(&conflict.macs[1], &stranger, sizeof(struct mac));
        assert_true(ip_equal(&conflict.address, &ip));
        assert_false(claims_take(observer_claims(o), &conflict));
}

static void test_stray_vlan(void **state) {
        static const struct {
                uint16_t own;
                unsigned tag_count;
                uint16_t tag;
                int stray;
        } cases[] = {
                { 0, 0, 0, -1 },
                { 0, 1, 0xe000, -1 }, /* a priority without a VLAN */
                { 0, 1, 0x602a, 42 },
                { 42, 1, 42, -1 },
                { 42, 1, 0xe02a, -1 },
                { 42, 2, 42, -1 },
                { 42, 1, 43, 43 },
                { 42, 1, 0x2000, 0 },
                { 42, 0, 0, 0 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                const struct segment segment = { .vlan = cases[i].own };
                const struct ethernet frame = { .tags = { cases[i].tag, 7 }, .tag_count = cases[i].tag_count };
                assert_int_equal(segment_stray_vlan(&segment, &frame), cases[i].stray);
        }
}

static void test_link_equal(void **state) {
        struct link_state a = { .exists = true, .up = true, .index = 4, .mtu = 1500, .address_count = 1 }, b = a;

        assert_int_equal(ip_prefix_parse("192.0.2.1/24", &a.addresses[0]), 0);
        assert_false(link_state_equal(&a, &b));
        b = a;
        assert_true(link_state_equal(&a, &b));
        b.addresses[0].length = 25;
        assert_false(link_state_equal(&a, &b));
        b = a;
        b.carrier = true;
        assert_false(link_state_equal(&a, &b));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_exchange, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_answer_to_nobody_known, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_types_and_directions_that_are_no_step, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_own_messages, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_other_vlans, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_whose_answers_are_noted, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_what_a_machine_says_of_itself, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_twice_seen_and_sent_again, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_transfer, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_transfer_timeouts, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_transfer_progress, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_whose_answer, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_declined, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_neighbour, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_the_appliance_is_one_claimer, set_up, tear_down),
                cmocka_unit_test(test_stray_vlan),
                cmocka_unit_test(test_link_equal),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
