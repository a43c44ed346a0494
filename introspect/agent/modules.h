/* Loading kernel modules for the hardware that is there ("coldplug"), from the tables that depmod(8) wrote into the ramdisk.
 * Done here instead of by modprobe: one pass over a small table costs less than starting one program. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct modules;

/* Is told of a module that the kernel refuses (negative errno), but for one whose hardware is not there after all. */
typedef void (*modules_refused)(const char *name, int error);

/* Reads modules.dep, modules.alias and modules.softdep of the running kernel below `root`. Returns 0 and *ret for
 * modules_free(), or a negative errno (-ENOENT: a ramdisk without modules, which is fine for a kernel that has everything built in). */
int modules_open(struct modules **ret, const char *root, modules_refused refused);

/* Loads a module by name ("ipmi_devintf"), with all that it needs; other processes may load modules at the same time. True if it is there now. One that
 * the kernel refuses is never tried again. */
bool modules_load_name(struct modules *modules, const char *name);

/* Asks every device on every bus that has no driver yet for its modalias and loads what drives it, again and again until nothing new appears (a bus
 * driver brings devices). `wanted` says which devices to look at. Each modalias is looked up once in the life of `modules`. */
void modules_coldplug(struct modules *modules, bool (*wanted)(const char *modalias));

/* The same for one modalias, as the kernel announces it. */
void modules_load_modalias(struct modules *modules, const char *modalias, bool (*wanted)(const char *modalias));

/* For `wanted` above. Pure. Everything that has something to tell: of what SCSI attaches only disks (peripheral device types of SPC-4), since drives for
 * CDs and tapes take their time. */
bool modules_is_wanted(const char *modalias);

/* The same: is it a network card on PCI or on a hypervisor's bus? Those come first, so that links train and DHCP runs while
 * storage adapters, which take their time, are probed. */
bool modules_is_network(const char *modalias);

/* Takes NULL. */
void modules_free(struct modules *modules);

/* The pure part: does an alias of modules.alias (a glob as of fnmatch(3)) match a modalias? */
bool modules_alias_matches(const char *alias, const char *modalias);
