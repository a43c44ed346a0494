/* The sockets that hold a UDP port, with their interfaces: asked of the kernel (sock_diag(7)). Whose they are: lib/port_holder.h. */
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
