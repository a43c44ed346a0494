/*
 * What frames tell: steps of boots, and sightings of MACs. Frames in, steps out by a function, sightings into a table that is asked.
 * Pure: no descriptor, no clock, no log.
 */
#pragma once

#include "lib/step.h"
#include "netcfg/bucket.h"
#include "netcfg/claims.h"
#include "netcfg/flood.h"
#include "netcfg/foreign.h"
#include "netcfg/neighbours.h"
#include "netcfg/packet.h"
#include "netcfg/sighting.h"

/* Steps of one network: at most this many a second, so that a flood of DHCP does not bury what others report. */
#define OBSERVER_STEPS_RATE 1000
#define OBSERVER_STEPS_BURST 5000

struct step {
        enum step_kind kind;
        uint16_t network;
        uint64_t time; /* microseconds of realtime */
        struct mac mac;
        enum step_stage stage;
        enum step_protocol protocol; /* of DHCP */
        enum step_transfer transfer; /* of TFTP */
        enum step_foreign foreign;   /* of an answer, or of whom a request chooses */
        bool has_architecture, has_uuid, has_bytes, has_total, has_xid, has_vlan;
        uint16_t architecture;
        uint32_t xid;
        uint16_t vlan; /* another than the network's; 0: untagged */
        struct uuid uuid;
        uint64_t bytes, total;          /* of the file */
        unsigned repeats;               /* of a transfer: how often what was sent last was sent again */
        uint64_t last;                  /* and when it was sent last; 0: it was not */
        struct ip address, server;      /* family 0: none */
        char file[256];                 /* "": none */
        char detail[512];               /* "": none */
        char options[STEP_OPTIONS_SIZE]; /* see lib/step_options.h */
};

/* Where frames were captured. */
struct segment {
        uint16_t network;
        uint16_t vlan;       /* the id that the network's frames carry on the captured interface; 0: they are untagged */
        struct mac own;      /* the appliance's MAC there: it is no machine; zeros: not known */
        struct bucket steps; /* the observer's */
        uint64_t suppressed; /* steps that were over the limit, counted up */
        struct flood flood;  /* of new MACs; the observer's */
};

/* The VLAN that a frame came on when it is not of the network itself (0: it is untagged); -1: it is the network's own. */
int segment_stray_vlan(const struct segment *segment, const struct ethernet *frame);

struct observer;

/* `sightings_max`, `seed`: as of sightings_new; at least CLAIMS_WAYS. `step` borrows what it gets. */
int observer_new(uint32_t sightings_max, uint64_t seed, void (*step)(const struct step *step, void *userdata), void *userdata,
                 struct observer **ret);
struct observer *observer_free(struct observer *observer);
DEFINE_CLEANUP(struct observer *, observer_free);

/* One frame as captured at `time` (microseconds of realtime). `interface`: the name of the one that it was heard on, which may be a port of the
 * network's bridge. Frames of protocols that are not known, damaged ones and those that came just before are passed over.
 * What is told of a frame on another VLAN than the network's says so. */
void observer_frame(struct observer *observer, struct segment *segment, const char *interface, const void *frame, size_t size,
                    uint64_t time);

/* An entry of the kernel's neighbour table. `confirmed`: the machine answered just now; otherwise it counts only where it is news. */
void observer_neighbour(struct observer *observer, struct segment *segment, const struct mac *mac, const struct ip *address, bool confirmed,
                        uint64_t time);

/* What was seen, to be asked. */
struct sightings *observer_sightings(struct observer *observer);
struct neighbours *observer_neighbours(struct observer *observer);
struct foreign *observer_foreign(struct observer *observer);
struct claims *observer_claims(struct observer *observer);

/* Forgets what was seen on a network. */
void observer_forget(struct observer *observer, uint16_t network);

/* What is the appliance's own, to be filled and kept up to date; nothing at first. */
struct own *observer_own(struct observer *observer);
