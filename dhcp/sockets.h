/* Which process holds a UDP port: asked of the kernel (sock_diag(7)) and of /proc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/macro.h"

/* A UDP socket over IPv4 bound to the port. */
struct udp_socket {
        uint32_t address;   /* bound to; host byte order, 0: any */
        unsigned interface; /* index of the interface bound to, 0: none */
        uint32_t inode;
};

#define UDP_SOCKETS_MAX 64

/* Those bound to the port, at most UDP_SOCKETS_MAX; returns how many or a negative errno. */
int sockets_of_port(uint16_t port, struct udp_socket ret[static UDP_SOCKETS_MAX]);

/* Whether a socket keeps another from being bound to this interface and any address. Pure. */
static inline bool socket_is_in_the_way(const struct udp_socket *s, unsigned interface, uint32_t address) {
        return (s->interface == 0 || s->interface == interface) && (s->address == 0 || s->address == address);
}

/* Whether the process has the socket open; false too when it cannot be seen. */
bool process_has_socket(pid_t pid, uint32_t inode);
/* The process that has the socket open, with its name; 0: not found (it is another user's, or another namespace's). */
pid_t process_of_socket(uint32_t inode, char name[static 32]);
