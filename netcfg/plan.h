/*
 * What is to be done so that an interface is as its network says: from the kernel's state to the wanted one. Pure.
 *
 * A plan deletes nothing that pxed-netcfg did not make, neither itself nor because it goes with what is deleted; it never sets a link
 * down and never renames one. The plan of a state in which a plan without faults was applied is empty.
 */
#pragma once

#include "netcfg/link_table.h"
#include "netcfg/link_wanted.h"

enum action_kind {
        ACTION_CREATE_VLAN, /* with the alias that marks it */
        ACTION_DELETE_LINK,
        ACTION_SET_ALIAS,
        ACTION_SET_MTU,
        ACTION_SET_UP,
        ACTION_ADD_ADDRESS, /* with the origin that marks it */
        ACTION_DELETE_ADDRESS,
        ACTION_RAISE_NEIGHBOURS,
};

struct action {
        enum action_kind kind;
        char link[IF_NAMESIZE];
        char parent[IF_NAMESIZE];    /* ACTION_CREATE_VLAN */
        uint16_t vlan;               /* ACTION_CREATE_VLAN */
        char alias[LINK_ALIAS_SIZE]; /* ACTION_CREATE_VLAN, ACTION_SET_ALIAS */
        unsigned mtu, mtu_before;    /* ACTION_SET_MTU */
        struct ip_prefix address;    /* ACTION_ADD_ADDRESS, ACTION_DELETE_ADDRESS */
        unsigned length_found;       /* ACTION_ADD_ADDRESS: it is there with this prefix length; 0: it is not there */
        int family;                  /* ACTION_RAISE_NEIGHBOURS */
        struct neighbour_limits limits, limits_before; /* ACTION_RAISE_NEIGHBOURS */
};

/* What does not fit is left to the next plan, after this one was applied. */
#define PLAN_ACTIONS_MAX 32
#define PLAN_FAULTS_MAX 8
#define PLAN_FAULT_SIZE 320

struct plan {
        struct action actions[PLAN_ACTIONS_MAX]; /* in the order in which they must be done */
        size_t action_count;
        char faults[PLAN_FAULTS_MAX][PLAN_FAULT_SIZE]; /* what no plan can mend: texts for a person, with what to do */
        size_t fault_count;
};

/* No carrier is no fault: a cable may end at a machine that is off. */
void plan_network(const struct link_table *table, const struct link_wanted *wanted, struct plan *ret);

/* What pxed-netcfg made on interfaces that are not among `kept`, their names: it is deleted. */
void plan_leftovers(const struct link_table *table, const char *const *kept, size_t kept_count, struct plan *ret);

/*
 * Limits that hold so many neighbours, but no more than NEIGHBOURS_MAX, where the kernel's are lower (and known). They are the kernel's as
 * a whole, not an interface's: IPv4 and IPv6 each have one pair.
 */
#define NEIGHBOURS_MAX (1 << 18) /* what a flood of made-up machines may cost: twice as many, of some 500 bytes */
void plan_neighbours(const struct link_table *table, uint64_t machines4, uint64_t machines6, struct plan *ret);

struct action_text {
        char deed[256];       /* what it does: "add the address 192.0.2.1/24 to eth1" */
        char difference[256]; /* what it mends: "The interface eth1 does not have the network's address 192.0.2.1/24" */
        char command[256];    /* the shell command that does the same, as root */
};

void action_describe(const struct action *action, struct action_text *ret);

/* Faults, then, if `with_actions`, the differences with the command that mends each one; "" for none. Cut at `size`. Returns `buffer`. */
char *plan_report(const struct plan *plan, bool with_actions, char *buffer, size_t size);
