/*
 * Capture of what is interesting on one interface (libpcap), in an sd-event loop. The kernel's filter lets through only what is looked
 * at; the frames of others cost nothing.
 *
 * Memory: a ring of 512 KiB shared with the kernel: about 1,000 DHCP or 4,000 ARP frames that wait at most 10 ms to be delivered.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/macro.h"

struct capture;

struct capture_handlers {
        /* `time`: microseconds of realtime. */
        void (*frame)(const void *frame, size_t size, uint64_t time, void *userdata);
        /* Several frames were delivered. */
        void (*delivered)(void *userdata);
        /* It works no more, e.g. because the interface has vanished: free it, also from here. `reason` is text for a person. */
        void (*ended)(const char *reason, void *userdata);
        void *userdata;
};

/* The interface must be up. On failure a negative errno, and `reason` says why. */
int capture_open(sd_event *event, const char *interface, const struct capture_handlers *handlers, struct capture **ret, char *reason,
                 size_t reason_size);
struct capture *capture_free(struct capture *capture);
DEFINE_CLEANUP(struct capture *, capture_free);

/* Frames that passed the filter and for which the ring had no room. */
uint64_t capture_dropped(struct capture *capture);

/* What passes, in pcap-filter(7)'s words. */
extern const char capture_filter[];
