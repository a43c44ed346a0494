/* The packets of a machine as a capture file. */
#pragma once

#include "netcfg/machine_packets.h"
#include "netcfg/pcapng.h"

/* Makes the file of what is kept of a machine; clear it with pcapng_clear, also after an error. -ENOENT: nothing is; -ENOMEM. */
int machine_pcapng(const struct machine_packets *store, const struct mac *mac, struct machine_summary *ret, struct pcapng *ret_file);
