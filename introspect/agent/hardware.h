/* Getting the machine's devices to appear: drivers loaded, buses scanned. */
#pragma once

#include <stdbool.h>

/* Loads the drivers of the network cards, which have been probed when this returns. Then starts to load those of everything else, and those of IPMI
 * if `ipmi` (their probing is slow and firmware says whether it is worth it), by processes of their own. */
void hardware_start(bool ipmi);

/* Waits until the drivers that hardware_start() loads have been loaded, at most 120 s. Says on the console how many there are. Some devices come
 * later. */
void hardware_load(void);

/* Waits, at most 10 s, until the kernel has been announcing no new device for a moment, no NVMe controller is still starting, no
 * storage adapter that scans in the background is still without devices, and nothing is plugged into USB that the kernel has not taken up.
 * Drivers of late devices are loaded. Says so if time ran out. */
void hardware_settle(void);

/* Waits up to 2 s for /dev/ipmi0; not at all without its driver. */
bool hardware_wait_ipmi(void);
