/* What must hold before the dnsmasq of a network can work: looked up here, judged by a pure function. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dhcp/network.h"
#include "dhcp/sockets.h"

struct conditions {
        unsigned interface; /* index; 0: there is none of that name */
        bool up;
        bool has_address;   /* the network's address is on the interface */
        bool has_dnsmasq, has_helper;
        uint16_t port;      /* that another process holds; 0: none does */
        pid_t holder;       /* 0: not known */
        char holder_name[32];
};

/* `own`: the process of the dnsmasq that runs already, whose sockets are not in its way; 0: none does. */
void conditions_look(const struct network *network, const char *dnsmasq, const char *helper, pid_t own, struct conditions *ret);

/* Writes what is wrong and what to do about it; false: nothing is. While something is, dnsmasq is not started: it would have no use, or
 * fail. Pure. */
bool conditions_explain(const struct network *network, const struct conditions *c, char *text, size_t size);
/* Whether the process has bound all ports that the network's dnsmasq needs on the interface. */
bool conditions_ports_held(const struct network *network, unsigned interface, pid_t pid);

/* Where dnsmasq is: a path in new memory, NULL when it is not installed. */
char *find_dnsmasq(void);
/* Where pxed-dhcp-lease is: beside this program (a build folder), or where it is installed. New memory; NULL: nowhere. */
char *find_helper(void);
