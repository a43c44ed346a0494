/* Putting the collectors together into what is posted. A collector that fails never stops the others. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "introspect/agent/cmdline.h"
#include "introspect/agent/smbios.h"

struct inventory {
        const char *root; /* below which /proc and /sys are; borrowed */
        const struct agent_options *options;
        struct smbios_summary smbios;
        bool has_bmc;             /* firmware says that there is a management controller */
        json_t *parts;            /* processors and memory, from SMBIOS */
        json_t *payload;          /* the top level */
        json_t *hardware;         /* payload's "inventory", borrowed from it */
        json_t *collector_errors; /* [{"collector", "message"}] */
        char started_at[32];      /* UTC, ISO 8601 */
};

/* Starts an inventory and reads what firmware tells, which decides what drivers are worth loading. */
void inventory_start(struct inventory *inventory, const char *root, const struct agent_options *options);

/* What needs no driver: CPU, memory, how it was booted, SMBIOS. */
void inventory_collect_machine(struct inventory *inventory);

/* PCI, USB, NUMA and TPM, once drivers are loaded: some of them bring buses. */
void inventory_collect_devices(struct inventory *inventory);

/* Disks, once they have settled, and the BMC's addresses if there is a BMC. */
void inventory_collect_disks(struct inventory *inventory);
void inventory_collect_bmc(struct inventory *inventory);

/* Network cards with their addresses, and the host name, once the boot card has one. */
void inventory_collect_nics(struct inventory *inventory);

/* Takes over the reference of `lldp` ({interface: TLVs}). Without it the payload has no lldp_raw, as IPA's without that collector. */
void inventory_set_lldp(struct inventory *inventory, json_t *lldp);

/* Puts the agent's log so far and the kernel's, which is borrowed and may be empty, into the payload's "logs". May be called again. */
void inventory_set_logs(struct inventory *inventory, const char *kernel_log, size_t kernel_log_size);

/* Records that a collector failed (`error` is a negative errno): said on the console, listed in pxed_agent.collector_errors; if it is
 * one without which the inventory cannot be used (cpu, memory, disks, interfaces), in the payload's "error" too. */
void inventory_failed(struct inventory *inventory, const char *collector, int error);

/* The payload as JSON text, malloc'ed, owned by the caller; NULL if there is no memory for it. `interface` and `address` are those over which
 * it will be sent. */
char *inventory_text(struct inventory *inventory, const char *interface, const char *address);

/* Frees what it holds, not the struct. */
void inventory_clear(struct inventory *inventory);
