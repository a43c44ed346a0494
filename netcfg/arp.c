#include "netcfg/arp.h"

#include <errno.h>

int arp_parse(struct wire *wire, struct arp *ret) {
        struct arp arp;

        uint16_t hardware = wire_u16(wire), protocol = wire_u16(wire);
        uint8_t hardware_size = wire_u8(wire), protocol_size = wire_u8(wire);
        if (wire->failed)
                return -EBADMSG;
        if (hardware != 1 || protocol != 0x0800 || hardware_size != 6 || protocol_size != 4)
                return -ENOMSG;

        arp.operation = wire_u16(wire);
        wire_copy(wire, arp.sender_mac.bytes, sizeof(arp.sender_mac.bytes));
        wire_copy(wire, &arp.sender_address, sizeof(arp.sender_address));
        wire_copy(wire, arp.target_mac.bytes, sizeof(arp.target_mac.bytes));
        wire_copy(wire, &arp.target_address, sizeof(arp.target_address));
        if (wire->failed)
                return -EBADMSG;
        *ret = arp;
        return 0;
}
