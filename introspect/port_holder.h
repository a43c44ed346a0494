/* Who has a TCP port that could not be bound, from /proc. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/address.h"

/* The pure part: the inode of the socket that listens on that port of the address, or of all addresses, in the text of /proc/net/tcp or tcp6
 * (proc_net_tcp(5)). 0: none. */
uint64_t port_holder_inode(const char *table, const struct ip *ip, uint16_t port);

/* "nginx (process 123)", or "another program" where that cannot be found out (another user's processes show nothing). Returns
 * `buffer`. */
char *port_holder_describe(const struct ip *ip, uint16_t port, char *buffer, size_t size);
