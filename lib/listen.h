/* Sockets that are listened on. The descriptors do not block and are closed on exec. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "lib/address.h"

/* On a socket file (an old one is removed) with this mode and group ((gid_t) -1: as it comes); nobody can connect before it has them.
 * Returns the descriptor. -ENAMETOOLONG, -EPERM: the group is none of the caller's. */
int listen_unix(const char *path, mode_t mode, gid_t group);
/* On a port of an address, which no interface needs to have yet (IP_FREEBIND). -EADDRINUSE. */
int listen_tcp(const struct ip *address, uint16_t port, int backlog);

/* (gid_t) -1: this host has no group of that name. */
gid_t find_group(const char *name);
