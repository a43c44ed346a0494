/*
 * The interfaces that frames are captured from. Each has one capture, open whenever the interface is there and up, which all networks on it share,
 * tagged or not. Of a bridge each port is listened to for LLDP and CDP besides: a bridge keeps those to itself.
 */
#pragma once

#include "lib/daemon.h"
#include "netcfg/links.h"
#include "netcfg/observer.h"
#include "netcfg/packet_ring.h"

/* Ports of a bridge that are listened to; further ones are not. */
#define INTERFACE_PORTS_MAX 16

struct interfaces;
struct interface;

/* A network on an interface. */
struct interface_user {
        struct segment *segment;
        void (*delivered)(void *userdata); /* the counts below changed */
        void *userdata;
        /* set by interface_join and interface_leave */
        struct interface *interface; /* NULL: on none */
        struct interface_user *next;
};

struct interface_handlers {
        /* A frame; packet->interface is this interface's name, or that of a port. `segment`: the network of the frame's VLAN; where that is no
         * network's, the first network on the interface. */
        void (*frame)(struct segment *segment, const struct captured_packet *packet, void *userdata);
        /* Several frames were delivered. */
        void (*delivered)(void *userdata);
        /* This interface, or port, has no link (any more): what was heard on it holds no more. */
        void (*lost)(const char *interface, void *userdata);
        void *userdata;
};

/* `daemon` and `links` are borrowed. */
int interfaces_new(struct daemon *daemon, struct links *links, const struct interface_handlers *handlers, struct interfaces **ret);
/* All users must have left. */
struct interfaces *interfaces_free(struct interfaces *interfaces);
DEFINE_CLEANUP(struct interfaces *, interfaces_free);

/* As told by links_handlers.changed: notes what has to be read again. Returns whether something has. */
bool interfaces_changed(struct interfaces *interfaces, int index, const char *name, int master);
/* Reads the interfaces that may have changed, or were joined, from the kernel; opens and closes captures; sets and clears problems. */
void interfaces_refresh(struct interfaces *interfaces);

/*
 * Puts a network on the interface of this name, where its frames carry the VLAN id, or none (0); takes it away from where it was. On failure (-ENOMEM)
 * it stays there. The interface need not exist yet; nothing is read before interfaces_refresh. The user must stay in place until it leaves.
 */
int interface_join(struct interfaces *interfaces, const char *name, uint16_t vlan, struct interface_user *user);
/* An interface without users is not captured from any more. */
void interface_leave(struct interface_user *user);

/* Whether frames heard on what has this name come from the interface: it is its own, or that of a port of it. */
bool interface_hears(const struct interface *interface, const char *name);

/* Frames captured, and frames that were lost because too many came at once; of all captures so far. */
uint64_t interface_captured(const struct interface *interface);
uint64_t interface_dropped(const struct interface *interface);
