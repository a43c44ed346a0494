/* A TFTP client of one read (RFC 1350), to ask a server whether it answers; and whether its port could be bound. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"

/* A socket to ask with, on a host that has the address; negative errno. The caller closes it. */
int tftp_probe_open(const struct ip *address);
/* Sends a read request; one that cannot be sent is as one that is lost. */
void tftp_probe_ask(int fd, const struct ip *address, uint16_t port, const char *file);
/* Without waiting: whether data came, which is acknowledged, so that the server is done with us. */
bool tftp_probe_answered(int fd);

/* Tries to bind the UDP port: 0, or the negative errno of it. */
int tftp_port_try(const struct ip *address, uint16_t port);
