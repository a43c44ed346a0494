/* Getting the machine's devices to appear: drivers loaded, buses scanned. */
#pragma once

#include <stdbool.h>

/* Opens the table of modules and loads the drivers of the network cards. Comes before hardware_load(). */
void hardware_load_network(void);

/* Loads the drivers of everything that is there, and those of IPMI if `ipmi` (their probing is slow and SMBIOS says whether it is worth
 * it). Says on the console what was loaded. Returns when the drivers' own probing is over; some devices come later. */
void hardware_load(bool ipmi);

/* Waits, at most 10 s, until the kernel has been announcing no new device for a moment, no NVMe controller is still starting and no
 * storage adapter that scans in the background is still without devices. Drivers of late devices are loaded. Says so if time ran out. */
void hardware_settle(void);

/* Waits up to 2 s for /dev/ipmi0. */
bool hardware_wait_ipmi(void);
