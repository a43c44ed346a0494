/* What belongs to this host, as the kernel has it. */
#pragma once

#include "netcfg/foreign.h"

/* Adds each address and MAC of this host's interfaces. Negative errno. */
int host_read(struct own *own);
