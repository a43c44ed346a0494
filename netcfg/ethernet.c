#include "netcfg/ethernet.h"

#include <errno.h>

static bool is_tag(uint16_t type) {
        /* 802.1Q, 802.1ad, and what switches used for the outer tag before 802.1ad */
        return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

int ethernet_parse(struct wire *wire, struct ethernet *ret) {
        struct ethernet frame = {};

        wire_copy(wire, frame.destination.bytes, sizeof(frame.destination.bytes));
        wire_copy(wire, frame.source.bytes, sizeof(frame.source.bytes));
        frame.type = wire_u16(wire);
        while (is_tag(frame.type)) {
                if (frame.tag_count == ETHERNET_TAGS_MAX)
                        return -EBADMSG;
                frame.tag_types[frame.tag_count] = frame.type;
                frame.tags[frame.tag_count++] = wire_u16(wire);
                frame.type = wire_u16(wire);
        }
        if (wire->failed)
                return -EBADMSG;
        *ret = frame;
        return 0;
}

unsigned ethernet_vlan(const struct ethernet *frame) {
        return frame->tag_count > 0 ? frame->tags[0] & 0x0fff : 0;
}
