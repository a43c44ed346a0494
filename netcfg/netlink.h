/* A netlink socket that asks the kernel and is answered: what reading and changing interfaces share. */
#pragma once

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>

#include "lib/address.h"
#include "lib/macro.h"

DEFINE_CLEANUP(struct nl_sock *, nl_socket_free);
DEFINE_CLEANUP(struct nl_msg *, nlmsg_free);

/* Negative errno for an error of libnl's. */
int netlink_errno(int nl_error);

/* A socket of NETLINK_ROUTE. Negative errno. */
int netlink_open(struct nl_sock **ret);

/* Sends a request and gives each message of the answer to `each`. Asks again when the kernel's list changed meanwhile: `restart` (may be
 * NULL) then takes back what `each` was given. Negative errno. */
int netlink_dump(struct nl_sock *sock, struct nl_msg *request, int (*each)(struct nl_msg *msg, void *userdata),
                 void (*restart)(void *userdata), void *userdata);

/* An address of this family out of an attribute. False: there is none, or it has another size. */
bool netlink_take_ip(const struct nlattr *attribute, int family, struct ip *ret);
