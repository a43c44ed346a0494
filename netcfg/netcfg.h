/* pxed-netcfg as a whole: networks come and go as pxed says, what is seen of them is reported. */
#pragma once

#include "lib/daemon.h"

struct netcfg;

/* Connects to pxed from the event loop on. The daemon's userdata becomes what capture_methods work on. */
int netcfg_new(struct daemon *daemon, struct netcfg **ret);
struct netcfg *netcfg_free(struct netcfg *netcfg);
DEFINE_CLEANUP(struct netcfg *, netcfg_free);
