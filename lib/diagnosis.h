/*
 * Why a boot is stuck or has failed: a table of signatures (diagnosis_table.c, docs/pxed-diagnosis.7), each looked for in the steps of the
 * boot and in what is known around it. What is not known counts neither for nor against a signature, so that a capture brought from elsewhere is
 * diagnosed too. Pure: `now` is passed in, microseconds of realtime, as all times.
 */
#pragma once

#include "lib/boot.h"

enum known { NOT_KNOWN, KNOWN_NO, KNOWN_YES };
enum facts_dhcp { FACTS_DHCP_UNKNOWN, FACTS_DHCP_SERVER, FACTS_DHCP_PROXY, FACTS_DHCP_OFF };

/* What is known around a boot. All zeros: nothing. Texts are borrowed; NULL: not known. */
struct facts {
        const char *network, *interface;
        enum facts_dhcp dhcp;
        const struct ip_prefix *subnets; /* of all networks: whose relays are answered */
        size_t n_subnets;
        struct ip address; /* the appliance's on the network; family 0: not known */
        bool has_pool;
        uint64_t pool_size, pool_used; /* addresses */
        enum known denied;             /* the configuration denies the machine addresses */
        enum known carrier;            /* of the network's interface */
        unsigned mtu;                  /* of the interface; 0: not known */
        const char *foreign;           /* another DHCP server on the network, in a few words */
        const char *neighbour;         /* the switch port that the interface hangs on, likewise */
        const char *problem;           /* what the DHCP daemon says that is wrong with it */
        const char *node;              /* its name */
        uint64_t assigned;             /* when it was told to boot something, or to be inspected; 0: never */
        const char *profile;           /* that it is to boot */
        enum known inspects;           /* the profile is the inspection ramdisk */
        unsigned attempts;             /* of this machine in the last 15 minutes before this one, none of which came to its end */
        unsigned fetches;              /* in how many of these the machine fetched the same loader as in this one, and no script */
        unsigned http_port;            /* 0: not known */
        bool wire_only; /* a capture is all there is: what is served by HTTP and what the ramdisk reports is not in the steps */
};

#define DIAGNOSIS_EVIDENCE_MAX 6

struct signature;

struct diagnosis {
        const struct signature *signature;
        char reason[400]; /* one sentence */
        char evidence[DIAGNOSIS_EVIDENCE_MAX][256];
        unsigned n_evidence;
        char confirm[400], fix[600];
};

struct view;

struct signature {
        const char *name;
        /* For the manual page, and of `confirm` and `fix` the text of a diagnosis too. There MAC, INTERFACE, NETWORK, NODE, FILE, SERVER
         * (that answered), ADDRESS (that the machine got), APPLIANCE (its address) and PORT (of its HTTP) stand for those of the boot. */
        const char *meaning, *evidence, *confirm, *fix;
        /* Says whether the boot shows it, and then writes reason and evidence. */
        bool (*match)(const struct view *view, struct diagnosis *diagnosis);
};

/* In the order in which they are looked for: the first that matches is the diagnosis. What a machine reaches later, and what says more of the cause,
 * comes first. */
extern const struct signature signatures[];
extern const size_t n_signatures;

/* Whether the machine fetched this loader by TFTP in the boot, and got no boot script. */
bool diagnosis_loader_only(const struct boot *boot, const char *file);

/* False: nothing is wrong with it, or nothing can be said. */
bool diagnosis_of_boot(const struct boot *boot, const struct facts *facts, uint64_t now, struct diagnosis *ret);

/* Of a machine whose boot was never seen, or not since it was told to boot (`last`: the newest there is; NULL: none at all). */
bool diagnosis_of_silence(const struct mac *mac, const struct boot *last, const struct facts *facts, uint64_t now, struct diagnosis *ret);

/* Type Diagnosis of org.pxed.Boot; a new reference. */
json_t *diagnosis_to_json(const struct diagnosis *diagnosis);
