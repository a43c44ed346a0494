/*
 * Capture of what is interesting on one interface (libpcap), in an sd-event loop. The kernel's filter lets through only what is looked
 * at, untagged and with one or two VLAN tags; the frames of others cost nothing.
 *
 * Memory: a ring of 2 MiB shared with the kernel: about 4,000 DHCP or 16,000 ARP frames. They wait at most 50 ms to be delivered; the daemon may be kept from
 * running for 400 ms before a frame is lost.
 * CAPTURE_NEIGHBOURS: 64 KiB, about 30 frames.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/macro.h"
#include "netcfg/packet_ring.h"

struct capture;

/*
 * MACHINES: ARP, neighbour discovery (ICMPv6 133 to 136), DHCPv4, DHCPv6, and of TFTP requests, option acknowledgements, errors, acknowledgements and the
 * first block of data, by IPv4 and IPv6. NEIGHBOURS: LLDP and CDP that come in. ALL: both.
 *
 * ALL makes the interface promiscuous: a network card drops frames of VLANs and multicast groups that nobody on the host has asked
 * for. A bridge would then hand up all that passes it: MACHINES, which is for bridges, asks for all multicast only. NEIGHBOURS is for ports of a
 * bridge, which are promiscuous by themselves.
 */
enum capture_kind { CAPTURE_ALL, CAPTURE_MACHINES, CAPTURE_NEIGHBOURS };

struct capture_handlers {
        /* Its interface and direction are not set. */
        void (*frame)(const struct captured_packet *packet, void *userdata);
        /* Several frames were delivered. */
        void (*delivered)(void *userdata);
        /* It works no more, e.g. because the interface has vanished: free it, also from here. `reason` is text for a person. */
        void (*ended)(const char *reason, void *userdata);
        void *userdata;
};

/* The interface must be up. On failure a negative errno, and `reason` says why. */
int capture_open(sd_event *event, const char *interface, enum capture_kind kind, const struct capture_handlers *handlers,
                 struct capture **ret, char *reason, size_t reason_size);
struct capture *capture_free(struct capture *capture);
DEFINE_CLEANUP(struct capture *, capture_free);

/* Frames that passed the filter and for which the ring had no room. */
uint64_t capture_dropped(struct capture *capture);
