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
        struct neighbours *neighbours;
        struct own own;
        struct foreign foreign;
        struct claims *claims;
        int vlan;              /* of the frame that is looked at: segment_stray_vlan */
        struct mac source;     /* its sender */
        const char *interface; /* that it was heard on */
        void (*step)(const struct step *step, void *userdata);
        void *userdata;
};

/* One kind of packet each: rows of the table in observer.c. `time`: microseconds of realtime. */
void observe_dhcp4(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_lldp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_cdp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_tftp(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_dhcp6(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);
void observe_nd(struct observer *o, struct segment *segment, const struct packet *packet, uint64_t time);

/* What ARP, DHCPv4 and neighbour discovery tell of servers and of whose an address is; also of the appliance's own. */
void observe_claims(struct observer *o, const struct segment *segment, const struct packet *packet, uint64_t time);
void observe_dhcp4_answer(struct observer *o, const struct segment *segment, const struct packet *packet, uint64_t time);
/* A DHCPv6 server's message to the machine `mac`, that gives it `address` (family 0: none). */
void observe_dhcp6_answer(struct observer *o, const struct segment *segment, const struct packet *packet, const struct mac *mac,
                          const struct ip *address, uint64_t time);

/* What a client's message tells of it. */
void observe_dhcp4_details(struct observer *o, const struct segment *segment, const struct dhcp4 *message);
void observe_dhcp6_details(struct observer *o, const struct segment *segment, const struct dhcp6 *message, const struct exchange *client);

/* Whether this is a MAC of the appliance's own cards, which are no machines. */
bool observer_is_own(const struct observer *o, const struct segment *segment, const struct mac *mac);

/* Gives the step out, with the VLAN of its frame, unless there are too many. `now`: of the frame that it was seen by. */
void observer_emit(struct observer *o, struct segment *segment, struct step *step, uint64_t now);
/* A machine was seen. `address` 0: it has none yet. Without memory for one more MAC the frame is as good as not seen. */
void observer_sight(struct observer *o, struct segment *segment, const struct mac *mac, struct in_addr address, enum protocol protocol,
                    uint64_t time);
/* Likewise, with an address of either family; NULL: it has none yet. */
void observer_sight_ip(struct observer *o, struct segment *segment, const struct mac *mac, const struct ip *address,
                       enum protocol protocol, uint64_t time);
/* What the machine said of itself by DHCP, after observer_sight. */
void observer_describe(struct observer *o, const struct segment *segment, const struct mac *mac, const struct details *details);
/* Whose an answer of that server, or a request to it, is. `source`: the MAC that it came from, or NULL. */
enum step_foreign observer_whose(const struct observer *o, const struct ip *server, const struct mac *source);

/* What the client said of itself; NULL: nobody heard it. */
void step_add_client(struct step *step, const struct exchange *client);
/* A machine says that the address is its own (not where it only asks whether it is free). */
void observer_claim(struct observer *o, const struct segment *segment, const struct ip *address, const struct mac *mac, uint64_t time);
/* A DHCP server gave the machine the address; the machine found that another has it. */
void observer_lease(struct observer *o, const struct segment *segment, const struct ip *address, const struct mac *mac, uint64_t time);
void observer_decline(struct observer *o, const struct segment *segment, const struct ip *address, const struct mac *mac, uint64_t time);
/* A DHCP server answered a machine of this network: noted when it is foreign. `answer`: without its network, VLAN, MAC and times. */
void observer_answer(struct observer *o, const struct segment *segment, struct foreign_server *answer, uint64_t time);

/* Adds words to the step's detail, with a comma before them where there are others. */
void step_add_detail(struct step *step, const char *format, ...) _printf_(2, 3);
/* Likewise "WHAT ADDRESS"; nothing for the family or address 0. */
void step_add_ip(struct step *step, const char *what, const struct ip *address);
void step_add_address(struct step *step, const char *what, struct in_addr address);
