/* What the files of the observer share: observe_*.c, one for each protocol. */
#pragma once

#include "lib/macro.h"
#include "netcfg/observer.h"
#include "netcfg/recent.h"
#include "netcfg/transfer.h"

struct observer {
        struct sightings *sightings;
        struct recent recent;
        struct transfers transfers;
        struct own own;
        int vlan; /* of the frame that is looked at: segment_stray_vlan */
        void (*step)(const struct step *step, void *userdata);
        void *userdata;
};

/* One kind of packet each: rows of the table in observer.c. `time`: microseconds of realtime. */
void observe_dhcp4(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_lldp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_cdp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_tftp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);

/* What a client's message tells of it. */
void observe_dhcp4_details(struct observer *o, const struct segment *segment, const struct dhcp4 *message);

/* Gives the step out, with the VLAN of its frame, unless there are too many. `now`: of the frame that it was seen by. */
void observer_emit(struct observer *o, struct segment *segment, struct step *step, uint64_t now);
/* A machine was seen. `address` 0: it has none yet. Without memory for one more MAC the frame is as good as not seen. */
void observer_sight(struct observer *o, const struct segment *segment, const struct mac *mac, struct in_addr address, enum protocol protocol,
                    uint64_t time);
/* Likewise, with an address of either family; NULL: it has none yet. */
void observer_sight_ip(struct observer *o, const struct segment *segment, const struct mac *mac, const struct ip *address,
                       enum protocol protocol, uint64_t time);
/* What the machine said of itself by DHCP, after observer_sight. */
void observer_describe(struct observer *o, const struct segment *segment, const struct mac *mac, const struct details *details);

/* Adds words to the step's detail, with a comma before them where there are others. */
void step_add_detail(struct step *step, const char *format, ...) _printf_(2, 3);
/* Likewise "WHAT ADDRESS"; nothing for the address 0. */
void step_add_address(struct step *step, const char *what, struct in_addr address);
