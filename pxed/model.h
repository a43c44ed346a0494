/*
 * What pxed keeps of each machine. A node that is in the registry is never changed: a change makes a copy, edits
 * it, and puts it in the old one's place, so that a write that the store refuses leaves nothing behind.
 * Times are microseconds of realtime. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"

enum boot_mode { BOOT_MODE_UNKNOWN, BOOT_MODE_BIOS, BOOT_MODE_UEFI };
enum profile_kind { PROFILE_KERNEL, PROFILE_LOCAL, PROFILE_INSPECT };
/* In the order of their numbers in the store. */
enum inspection_state {
        INSPECTION_NONE,
        INSPECTION_WAITING,
        INSPECTION_FINISHED,
        INSPECTION_ERROR,
        INSPECTION_PROCESSING,
        INSPECTION_REAPPLYING,
        INSPECTION_ABORTING,
        INSPECTION_STATES
};

extern const char *const boot_mode_names[3];
extern const char *const profile_kind_names[3];
extern const char *const inspection_state_names[INSPECTION_STATES];

#define PORT_TEXTS 13

struct port {
        struct mac mac;
        bool boots;
        int16_t switch_vlan; /* of untagged frames, as the switch says; 0: not told */
        /* All shared (pxed/shared.h); NULL: none. */
        union {
                const char *texts[PORT_TEXTS];
                struct {
                        const char *interface, *switch_chassis, *switch_port, *switch_name;
                        const char *switch_vlans; /* those that the switch says it carries: numbers, ascending, with blanks between them */
                        const char *addresses; /* that it had when it was inspected: with blanks between them */
                        /* What the controller has set. */
                        const char *physical_network, *expected_chassis, *expected_port, *group, *attachment;
                        /* What was last told of it by events: see pxed/port_review.h. */
                        const char *told_network, *told_conflicts;
                };
        };
};

struct assignment {
        char *profile;
        char *parameters; /* JSON object, text */
        bool once;
        uint64_t revision; /* that set it */
        uint64_t assigned;
};

struct inspection {
        enum inspection_state state;
        bool asked;      /* the machine boots the inspection ramdisk until an inventory has come */
        bool aborted;    /* the last run was taken back */
        uint64_t since;    /* it is in this state; 0: not known */
        uint64_t started;  /* asked for, or first served; 0: never */
        uint64_t served;   /* the ramdisk was last served; 0: not since it was asked for */
        uint64_t finished; /* 0: never */
        char *error;
        char *hook; /* that failed; NULL: something else did */
};

#define NODE_FOUND 6

struct node {
        struct uuid id;
        char *name;
        uint64_t revision, created;
        bool has_uuid;
        struct uuid uuid; /* SMBIOS */
        char *serial, *bmc_address;
        bool has_bmc_mac;
        struct mac bmc_mac; /* of its management controller, as its last inventory told it */
        const char *manufacturer, *product, *architecture; /* shared */
        enum boot_mode boot_mode;
        int64_t cpus, memory; /* 0: not known */
        struct port *ports;
        size_t n_ports;
        char *tags;   /* JSON array, text; NULL: none */
        char *labels; /* JSON object, text; NULL: none */
        /* What hooks, rules and the controller have set: JSON text of the members of org.pxed.Node's Node by these names. All shared, since racks
         * are full of machines that are alike; NULL: none. */
        union {
                const char *found[NODE_FOUND];
                struct {
                        const char *properties, *capabilities, *traits, *extra, *root_device, *accelerators;
                };
        };
        const char *root_device_hints; /* likewise, from the controller, or the hook raid-device where it set none */
        struct assignment *assignment; /* NULL: none */
        struct inspection inspection;
        uint64_t last_boot;       /* 0: none */
        uint64_t last_inventory;  /* number of the newest; 0: none yet */
};

struct profile {
        char *name;
        uint64_t revision;
        enum profile_kind kind;
        char *kernel;
        char *initrds;    /* JSON array, text */
        char *arguments;
        char *parameters; /* JSON object, text */
        char *description;
        bool builtin;
};

/* At most so many ports of one node. */
#define PORTS_MAX 64

struct node *node_copy(const struct node *node);
struct node *node_free(struct node *node);
DEFINE_CLEANUP(struct node *, node_free);

/* What is known of the switch that a port hangs on: its chassis id, or else its name; NULL: nothing. */
const char *port_switch(const struct port *port);

/* At most so many addresses of one port. */
#define PORT_ADDRESSES_MAX 8
/* Reads a port's addresses; returns how many. */
size_t port_addresses(const struct port *port, struct ip addresses[static PORT_ADDRESSES_MAX]);

/* NULL: the node has no such port. */
struct port *node_port(const struct node *node, const struct mac *mac);
/* The one that hangs on this port of a switch (as port_switch names it); NULL: none. */
const struct port *node_port_at(const struct node *node, const char *at, const char *port);
/* Adds one; -ENOSPC past PORTS_MAX. It may be there already: then that one is returned. */
int node_add_port(struct node *node, const struct mac *mac, struct port **ret);
void node_remove_port(struct node *node, const struct mac *mac);
/* The port that it boots by, else its first; NULL: none. */
const struct port *node_boot_port(const struct node *node);

struct assignment *assignment_new(const char *profile, const char *parameters, bool once, uint64_t revision,
                                  uint64_t assigned);
struct assignment *assignment_free(struct assignment *assignment);
DEFINE_CLEANUP(struct assignment *, assignment_free);

/* Whether workers are told the same of either. */
bool node_boots_equal(const struct node *a, const struct node *b);

struct profile *profile_free(struct profile *profile);
DEFINE_CLEANUP(struct profile *, profile_free);
