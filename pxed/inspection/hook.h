/*
 * The hooks of an inspection: each a pure function from (node, inventory) to changes, in the order that the configuration says. A hook that
 * fails fails the run, and then nothing is changed. They work on documents (JSON), so that a rule, a dry run and the bus see the same names.
 *
 * The node's document has the members of type Node of org.pxed.Node that an inspection may read or change: id, name, uuid, serial, manufacturer, product,
 * architecture, bootMode, cpus, memory, bmcAddress, tags, labels, properties, capabilities, traits, extra, rootDeviceHints, rootDevice,
 * accelerators, and ports, each with mac, boots, interface, switchChassis, switchPort, switchName, switchVlan, switchVlans, addresses,
 * physicalNetwork, expectedChassis, expectedPort, portGroup, attachment (see pxed/node_document.h).
 */
#pragma once

#include <stdbool.h>

#include "lib/json.h"
#include "lib/macro.h"

#define HOOK_REASON_SIZE 1000
#define HOOKS_MAX 32

struct inspection_options; /* pxed/inspection/options.h: what the configuration says */

struct hook_run {
        /* read */
        const json_t *inventory; /* org.pxed.Inventory.Inventory */
        const json_t *raw;       /* as posted */
        const json_t *previous;  /* the inventory that was taken over before, as `inventory`; NULL: none */
        const char *failure;     /* the ramdisk's own word that it failed; NULL */
        const struct inspection_options *options;
        /* written */
        json_t *node;        /* the document, as the hooks before have made it */
        json_t *plugin_data; /* object: of the inventory, as type Inventory's pluginData */
        char *reason;        /* HOOK_REASON_SIZE bytes: why the hook failed */
};

struct hook {
        const char *name;
        bool standard; /* it runs where the configuration says nothing else */
        /* False: it failed, and `reason` says why. What it wrote before is dropped. */
        bool (*run)(struct hook_run *run);
};

/* Ironic's names, and "system" for what Ironic has no hook for; in the order in which the standard ones run. Ends with a NULL name. */
extern const struct hook hooks[];
/* NULL: there is none of this name. */
const struct hook *hook_find(const char *name);

/* Fails a hook: writes the reason and returns false. */
bool hook_fail(struct hook_run *run, const char *format, ...) _printf_(2, 3);
