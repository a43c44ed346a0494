/* Who has a socket, or a port that could not be bound, from /proc. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/address.h"

enum port_protocol { PORT_TCP, PORT_UDP };

/* The pure part: the inode of the socket that has the port on that address, or on all addresses, in the text of
 * /proc/net/tcp, udp, or their tables for IPv6 (proc_net_tcp(5)); of TCP, one that listens. 0: none. */
uint64_t port_holder_inode(const char *table, enum port_protocol protocol, const struct ip *ip, uint16_t port);

/* "nginx (process 123)"; "another program" where it cannot be found out. Returns `buffer`. */
char *port_holder_describe(enum port_protocol protocol, const struct ip *ip, uint16_t port, char *buffer, size_t size);

/* Whether the process has the socket open; false too when it cannot be seen. */
bool process_has_socket(pid_t pid, uint64_t inode);
/* The process that has the socket open, with its name; 0: not found (it is another user's, or another namespace's). */
pid_t process_of_socket(uint64_t inode, char name[static 32]);
