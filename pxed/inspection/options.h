/* What the configuration says of inspections: which hooks run, and what they go by. Never changed once it is read. */
#pragma once

#include "pxed/inspection/hook.h"
#include "pxed/junk.h"
#include "pxed/physical_map.h"

/* Which of a machine's interfaces become ports: each, those with an address, or the one that it booted by (those with an address, where that is not known). */
enum add_ports { ADD_PORTS_ALL, ADD_PORTS_ACTIVE, ADD_PORTS_PXE };
/* Which ports a node keeps: each, those that the inventory has, or those that add_ports adds. */
enum keep_ports { KEEP_PORTS_ALL, KEEP_PORTS_PRESENT, KEEP_PORTS_ADDED };

extern const char *const add_ports_names[3];
extern const char *const keep_ports_names[3];

#define PCI_KINDS_MAX 256

/* PCI devices of a kind: [pci-alias NAME] or [accelerator NAME]. */
struct pci_kind {
        char *name;
        char *type;                /* of an accelerator: "GPU"; NULL: no accelerator */
        int vendor, product, revision; /* -1: any */
        char class[7];             /* the first digits of its class, hexadecimal, lower case; "": any */
};

struct inspection_options {
        const struct hook *hooks[HOOKS_MAX];
        size_t n_hooks;
        enum add_ports add_ports;
        enum keep_ports keep_ports;
        struct pci_kind *aliases; /* in the order of the sections */
        size_t n_aliases;
        struct pci_kind *accelerators; /* likewise: the first one that fits tells */
        size_t n_accelerators;
        /* Of the settings: */
        const struct junk *junk; /* NULL: none */
        const struct physical_network *physical;
        size_t n_physical;
};

/* The standard hooks, all ports. */
void inspection_options_init(struct inspection_options *options);
void inspection_options_clear(struct inspection_options *options);

#define OPTIONS_REASON_SIZE 160

/* Names of hooks with blanks or commas between them, in the order in which they run; "default" stands for the standard ones. -EINVAL and `reason`. */
int inspection_set_hooks(struct inspection_options *options, const char *value, char reason[static OPTIONS_REASON_SIZE]);
