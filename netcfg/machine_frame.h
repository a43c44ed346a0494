/* Which machines a frame concerns, and what it says of whether they boot: just as much as the rings of packets need. Pure. */
#pragma once

#include "lib/address.h"
#include "netcfg/packet_ring.h"

#define MACHINE_FRAME_MACS_MAX 3

struct machine_frame {
        /* source and destination, and whom DHCP speaks of; without the appliance itself and groups */
        struct mac macs[MACHINE_FRAME_MACS_MAX];
        unsigned count;
        int boots;    /* the one of `macs` that sent DHCP or asked for a file; -1: none */
        int answered; /* the one of `macs` that a server of DHCP or TFTP answered; -1: none */
        /* An acknowledgement of a block by TFTP: both ports, and the block. */
        bool acknowledges;
        uint32_t ports;
        uint16_t block;
};

/* Damaged frames concern whom they concern as far as they can be read. */
void machine_frame_parse(const void *bytes, size_t size, const struct mac *own, struct machine_frame *ret);
