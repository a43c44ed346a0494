/*
 * Interfaces, addresses and neighbours of the kernel (rtnetlink, by libnl). An event says only that something changed; what is true is
 * then read from the kernel. So an event that was lost, or that came in another order, does no harm. Only a MAC is also told by the event itself: it
 * may be gone again when the kernel is asked.
 */
#pragma once

#include <systemd/sd-event.h>

#include "lib/macro.h"
#include "netcfg/link_state.h"

struct links;

struct links_handlers {
        /* This interface may have changed. index 0 and name NULL: each one may, and each neighbour. `name` may be NULL otherwise, too.
         * `master`: the bridge that it is a port of, also when it was one until now; 0: none is known.
         * `mac`: what it has, or had until now; NULL: the event does not say. */
        void (*changed)(int index, const char *name, int master, const struct mac *mac, void *userdata);
        /* A machine that the kernel knows by that interface. `confirmed`: it answered just now. */
        void (*neighbour)(int index, const struct mac *mac, const struct ip *address, bool confirmed, void *userdata);
        void *userdata;
};

/* Negative errno, e.g. -EMFILE. */
int links_new(sd_event *event, const struct links_handlers *handlers, struct links **ret);
struct links *links_free(struct links *links);
DEFINE_CLEANUP(struct links *, links_free);

/* Asks the kernel. An interface that does not exist is no error: ret->exists is false. */
int links_read(struct links *links, const char *name, struct link_state *ret);

struct link_port {
        int index;
        char name[16];
        bool up, carrier;
};

/* Asks the kernel for the ports of a bridge: at most `max`, sorted by index (the oldest first). */
int links_read_ports(struct links *links, int master, struct link_port *ret, size_t max, size_t *ret_count);

/* Calls `neighbour` for each one that the kernel has on the interface. */
int links_read_neighbours(struct links *links, int index);
