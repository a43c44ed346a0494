/* Loading kernel modules for the hardware that is there ("coldplug"), from the tables that depmod(8) wrote into the ramdisk.
 * Done here instead of by modprobe: one pass over a small table costs less than starting one program. */
#pragma once

#include <stddef.h>

struct modules;

/* Reads modules.dep, modules.alias and modules.softdep of the running kernel below `root`. Returns 0 and *ret for
 * modules_free(), or a negative errno (-ENOENT: a ramdisk without modules, which is fine for a kernel that has everything built in). */
int modules_open(struct modules **ret, const char *root);

/* Loads what matches a modalias, with all that it needs. Returns how many modules were newly loaded. One that the kernel refuses is
 * counted in modules_failed() and never tried again. */
size_t modules_load_alias(struct modules *modules, const char *modalias);

/* Loads a module by name ("ipmi_devintf"). Returns as above. */
size_t modules_load_name(struct modules *modules, const char *name);

/* Asks every device on every bus for its modalias and loads what drives it, again and again until nothing new appears (a bus driver
 * brings devices). `wanted` (NULL: every device) says which devices to look at. Returns how many modules were loaded. */
size_t modules_coldplug(struct modules *modules, int (*wanted)(const char *modalias));

/* For `wanted` above: is it a network card on PCI or on a hypervisor's bus? Those come first, so that links train and DHCP runs while
 * storage adapters, which take their time, are probed. Pure. */
int modules_is_network(const char *modalias);

size_t modules_failed(const struct modules *modules);

/* Takes NULL. */
void modules_free(struct modules *modules);

/* The pure part: does an alias of modules.alias (a glob as of fnmatch(3)) match a modalias? */
int modules_alias_matches(const char *alias, const char *modalias);
