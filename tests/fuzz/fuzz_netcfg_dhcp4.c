/* Any DHCPv4 message: what is taken from it is text for a terminal and fits JSON. */
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/dhcp4.h"
#include "netcfg/print.h"

static void check_text(const char *text, size_t size) {
        size_t length = strnlen(text, size);

        if (length == size)
                abort();
        for (size_t i = 0; i < length; i++)
                if (text[i] < 0x20 || text[i] > 0x7e)
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct packet packet = { .kind = PACKET_DHCP4 };
        struct dhcp4 *m = &packet.dhcp4;

        if (dhcp4_parse(&wire, m) < 0)
                return 0;
        check_text(m->server_name, sizeof(m->server_name));
        check_text(m->file, sizeof(m->file));
        check_text(m->hostname, sizeof(m->hostname));
        check_text(m->vendor_class, sizeof(m->vendor_class));
        check_text(m->message, sizeof(m->message));
        for (unsigned i = 0; i < m->user_class_count; i++)
                check_text(m->user_class[i], sizeof(m->user_class[i]));
        if (m->type < DHCP4_DISCOVER || m->type > DHCP4_INFORM || dhcp4_stage(m) == STAGE_NONE)
                abort();
        _cleanup_json_ json_t *json = print_packet(&packet, 0);
        if (!json)
                abort();
        return 0;
}
