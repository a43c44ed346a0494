/* Reads the table of interfaces, addresses and neighbour limits from the kernel. */
#pragma once

#include "netcfg/link_table.h"
#include "netcfg/netlink.h"

/* `table` is emptied first, and is left empty on failure: negative errno. Limits that the kernel does not tell are 0. */
int link_table_read(struct nl_sock *sock, struct link_table *table);
