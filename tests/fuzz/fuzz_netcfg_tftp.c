/* Any TFTP packet. */
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/print.h"
#include "netcfg/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct packet packet = { .kind = PACKET_TFTP };

        if (tftp_parse(&wire, &packet.tftp) < 0)
                return 0;
        if ((packet.tftp.operation == TFTP_READ || packet.tftp.operation == TFTP_WRITE) && !packet.tftp.file[0])
                abort();
        _cleanup_json_ json_t *json = print_packet(&packet, 0);
        if (!json)
                abort();
        return 0;
}
