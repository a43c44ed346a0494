/* Frames one after the other into the rings of packets, as fuzz_netcfg_observer has them: two bytes of length, one of seconds since the one before,
 * and the frame. What is kept is written as pcapng. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/wire.h"
#include "netcfg/machine_pcapng.h"

#define LIST 16

struct counts {
        uint32_t packets, bytes;
        uint64_t last;
};

static void count(const struct captured_packet *packet, void *userdata) {
        struct counts *counts = userdata;

        if (packet->time < counts->last)
                abort();
        counts->last = packet->time;
        counts->packets++;
        counts->bytes += packet->size;
}

static void check(const struct machine_packets *store) {
        struct machine_summary found[LIST], summary;
        ssize_t machines = machine_packets_list(store, NULL, found, LIST);

        if (machines < 0 || machine_packets_memory(store) > MACHINE_PACKETS_MAX)
                abort();
        for (ssize_t i = 0; i < machines && i < LIST; i++) {
                struct counts counts = {};
                if (!mac_is_unicast(&found[i].mac) || machine_packets_walk(store, &found[i].mac, &summary, count, &counts) < 0 ||
                    counts.packets != summary.packets || counts.bytes != summary.bytes || counts.packets == 0 || counts.last != summary.last)
                        abort();
                _cleanup_pcapng_ struct pcapng file = {};
                if (machine_pcapng(store, &found[i].mac, &summary, &file) < 0 || file.size < summary.bytes || file.size % 4 != 0)
                        abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct mac own = { { 0x52, 0x54, 0, 0, 0, 0xfe } };
        _cleanup_(machine_packets_freep) struct machine_packets *store = NULL;
        struct captured_packet packet = { .time = 1, .direction = DIRECTION_INBOUND, .interface = "eth0" };
        struct wire wire = wire_new(data, size);

        if (machine_packets_new(1, &store) < 0)
                abort();
        while (wire_left(&wire) > 3) {
                size_t length = wire_u16(&wire);
                packet.time += wire_u8(&wire) * USEC_PER_SEC;
                if (length > wire_left(&wire))
                        length = wire_left(&wire);
                packet.bytes = wire_bytes(&wire, length);
                packet.size = packet.length = (uint16_t) length;
                machine_packets_add(store, &own, &packet);
        }
        check(store);
        return 0;
}
