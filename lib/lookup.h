/*
 * Which node a machine is: one that looks itself up, or whose inventory comes. Never a guess: everything that is known has to name the same one. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/address.h"

/* A machine with the virtual functions of several cards has some hundreds; more do not fit into a request's line. */
#define LOOKUP_MACS_MAX 512
#define LOOKUP_REASON_SIZE 384

/* What the machine says. */
struct lookup_query {
        bool has_uuid;
        struct uuid uuid; /* `node_uuid`: a node's id, or the SMBIOS UUID of its machine */
        bool uuid_is_firmware; /* it is what the firmware says: the SMBIOS UUID, and one that no node has may be new */
        bool has_bmc;
        struct ip bmc; /* address */
        size_t n_macs;
        struct mac macs[LOOKUP_MACS_MAX]; /* each once */
};

struct lookup_mac {
        struct mac mac;
        bool shared;   /* says nothing about whose it is */
        bool has_node;
        struct uuid node;
};

/* What is known of what it says, and of the boot token that it came with. */
struct lookup_facts {
        bool token_names_node, token_node_known;
        struct uuid token_node;
        bool has_uuid, uuid_known;
        struct uuid uuid, uuid_node;
        bool uuid_may_be_new; /* it is what the machine's firmware says, not a node that was asked for: that no node has it says nothing */
        bool has_bmc, bmc_known;
        struct ip bmc;
        struct uuid bmc_node; /* the only one whose BMC has that address */
        size_t n_macs;
        struct lookup_mac macs[LOOKUP_MACS_MAX + 1]; /* each once; that of the token is one of them */
};

enum lookup_verdict {
        LOOKUP_FOUND,
        LOOKUP_UNKNOWN,   /* nothing of it is known, or what the machine was started for is gone */
        LOOKUP_TIE,       /* two nodes have the same score */
        LOOKUP_DISAGREES, /* token, UUID and score name different nodes */
};

/*
 * The token's node goes first, then that of the UUID, then the one with the highest score: a point for each MAC that is not shared, and one for the BMC's address. Where these
 * are not all the same, or two have the highest score, none is. Unless LOOKUP_FOUND, `reason` says what matched what, for the operator and not for the machine.
 */
enum lookup_verdict lookup_decide(const struct lookup_facts *facts, struct uuid *ret, char reason[static LOOKUP_REASON_SIZE]);

/* Known to be that of many machines: one of a built-in list, or with one of the prefixes. */
bool lookup_mac_is_shared(const struct mac *mac, const struct mac_prefix *prefixes, size_t size);
/* Known to be that of many machines: what firmware has where nobody has filled in a serial number. */
bool lookup_serial_is_junk(const char *serial);
