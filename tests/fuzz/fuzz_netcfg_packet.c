/* Any frame: taken apart and printed, layer by layer. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct packet packet;

        int r = packet_parse(data, size, &packet);
        if (r != 0 && r != -EBADMSG && r != -ENOMSG)
                abort();
        if ((r == 0) != (packet.kind != PACKET_OTHER))
                abort();
        _cleanup_json_ json_t *json = print_packet(&packet, r);
        if (!json)
                abort();
        return 0;
}
