/*
 * What is made of a machine that was heard of. Discovery is cheap and says little: somebody with this MAC was there. What follows is the network's to say
 * ([network] discover): a node may be made as soon as a machine asks to boot, when it is inspected, or never. Pure.
 */
#pragma once

#include <stdbool.h>

#include "lib/step.h"

enum discover { DISCOVER_INSPECTED, DISCOVER_SEEN, DISCOVER_NEVER };
extern const char *const discover_names[3];

/* What was heard, the weakest first. */
enum discovery_sign {
        SIGN_SEEN,      /* a packet of it, or a step of a boot that any host may take */
        SIGN_ASKS,      /* it asks the network for something to boot */
        SIGN_SCRIPT,    /* it was given a boot script */
        SIGN_SERVED,    /* and that was the inspection ramdisk's */
        SIGN_INVENTORY, /* its inventory came */
};

struct discovery_input {
        enum discover policy;
        enum discovery_sign sign;
        const char *vendor_class; /* of DHCP (option 60); NULL: not told */
        bool has_node;            /* there is one that has this MAC, or the machine's UUID */
        bool has_port;            /* and it has this MAC */
        bool is_bmc;              /* a node's BMC has this MAC */
};

enum discovery {
        DISCOVERED_NOTHING, /* nothing new, or nothing that is wanted */
        DISCOVERED_PORT,    /* another MAC of a known node */
        DISCOVERED_BMC,     /* a machine's management controller, which never boots from here */
        DISCOVERED_NODE,    /* a new one */
};

enum discovery discovery_decide(const struct discovery_input *input);

/* Firmware that boots by PXE (its specification, 2.1) or by HTTP (UEFI 24.7). */
bool discovery_class_boots(const char *vendor_class);
bool discovery_class_is_bmc(const char *vendor_class);
/* Of a step of a boot, except that a script may be the ramdisk's. */
enum discovery_sign discovery_sign_of(const struct boot_step *step);
