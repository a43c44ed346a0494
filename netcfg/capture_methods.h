/* org.pxed.Capture on pxed-netcfg's own socket. */
#pragma once

#include "lib/varlink_server.h"

/* For daemon_options.methods; the daemon's userdata is the struct machine_packets. */
extern const struct varlink_method capture_methods[];
