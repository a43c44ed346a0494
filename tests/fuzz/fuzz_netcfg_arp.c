/* Any ARP packet: one that is taken has all of its 28 bytes, and the addresses are those at their places. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct packet packet = { .kind = PACKET_ARP };
        const struct arp *arp = &packet.arp;

        int r = arp_parse(&wire, &packet.arp);
        if (r < 0) {
                if (r != -EBADMSG && r != -ENOMSG)
                        abort();
                return 0;
        }
        if (size < 28 || arp->operation != (data[6] << 8 | data[7]) || memcmp(&arp->sender_mac, data + 8, 6) != 0 ||
            memcmp(&arp->sender_address, data + 14, 4) != 0 || memcmp(&arp->target_mac, data + 18, 6) != 0 ||
            memcmp(&arp->target_address, data + 24, 4) != 0)
                abort();
        _cleanup_json_ json_t *json = print_packet(&packet, 0);
        if (!json)
                abort();
        return 0;
}
