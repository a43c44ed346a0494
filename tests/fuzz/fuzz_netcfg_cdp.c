/* Any CDP message. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct packet packet = { .kind = PACKET_CDP };

        int r = cdp_parse(&wire, &packet.cdp);
        if (r < 0 && r != -EBADMSG)
                abort();
        if (r < 0)
                return 0;
        if (!packet.cdp.device[0] || packet.cdp.address_count > CDP_ADDRESSES_MAX || packet.cdp.management_count > CDP_ADDRESSES_MAX)
                abort();
        _cleanup_json_ json_t *json = print_packet(&packet, 0);
        if (!json || !json_object_get(json, "cdp"))
                abort();
        return 0;
}
