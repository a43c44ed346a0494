/* Any Ethernet header: the cursor stops right behind the tags, and what is told of them is what the frame has. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "netcfg/print.h"

static void check_tags(const uint8_t *data, const struct ethernet *frame) {
        for (unsigned i = 0; i < frame->tag_count; i++) {
                const uint8_t *tag = data + 12 + 4 * i;
                if (frame->tag_types[i] != (tag[0] << 8 | tag[1]) || frame->tags[i] != (tag[2] << 8 | tag[3]))
                        abort();
        }
        if (ethernet_vlan(frame) > 4095 || (frame->tag_count == 0 && ethernet_vlan(frame) != 0))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct wire wire = wire_new(data, size);
        struct packet packet = { .kind = PACKET_OTHER };
        const struct ethernet *frame = &packet.ethernet;

        int r = ethernet_parse(&wire, &packet.ethernet);
        if (r < 0) {
                if (r != -EBADMSG || frame->tag_count != 0)
                        abort();
                return 0;
        }
        if (frame->tag_count > ETHERNET_TAGS_MAX || (size_t) (wire.at - data) != 14 + 4 * frame->tag_count)
                abort();
        check_tags(data, frame);
        _cleanup_json_ json_t *json = print_packet(&packet, -ENOMSG);
        if (!json)
                abort();
        return 0;
}
