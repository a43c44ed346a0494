#include "dhcp/conditions.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/installed.h"
#include "lib/port_holder.h"

#define HELPER "pxed-dhcp-lease"

static const uint16_t ports[] = { 67, 4011 };

/* Port 4011 is used where another server gives the addresses. */
static size_t ports_of(const struct network *network) {
        return network->mode == DHCP_PROXY ? 2 : 1;
}

static void look_at_interface(const struct network *network, struct conditions *c) {
        struct ifaddrs *all = NULL;

        c->interface = if_nametoindex(network->interface);
        if (c->interface == 0 || getifaddrs(&all) < 0)
                return;
        for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
                if (strcmp(a->ifa_name, network->interface) != 0)
                        continue;
                c->up = c->up || a->ifa_flags & IFF_UP;
                if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET &&
                    ntohl(((const struct sockaddr_in *) (const void *) a->ifa_addr)->sin_addr.s_addr) == network->address)
                        c->has_address = true;
        }
        freeifaddrs(all);
}

static void look_at_port(const struct network *network, uint16_t port, pid_t own, struct conditions *c) {
        struct udp_socket sockets[UDP_SOCKETS_MAX];
        int n = sockets_of_port(port, sockets);

        for (int i = 0; i < n && c->port == 0; i++) {
                if (!socket_is_in_the_way(&sockets[i], c->interface, network->address))
                        continue;
                if (own > 0 && process_has_socket(own, sockets[i].inode))
                        continue;
                c->port = port;
                c->holder = process_of_socket(sockets[i].inode, c->holder_name);
        }
}

void conditions_look(const struct network *network, const char *dnsmasq, const char *helper, pid_t own, struct conditions *ret) {
        *ret = (struct conditions) { .has_dnsmasq = dnsmasq != NULL, .has_helper = helper != NULL };
        look_at_interface(network, ret);
        for (size_t i = 0; i < ports_of(network) && ret->interface; i++)
                look_at_port(network, ports[i], own, ret);
}

bool conditions_explain(const struct network *n, const struct conditions *c, char *text, size_t size) {
        char address[IP_TEXT_SIZE], holder[64] = "another process";

        network_address_text(n->address, address);
        if (c->holder)
                snprintf(holder, sizeof holder, "%s (pid %d)", c->holder_name, (int) c->holder);

        if (!c->has_dnsmasq)
                snprintf(text, size, "dnsmasq is not installed; install the package dnsmasq-base");
        else if (!c->has_helper)
                snprintf(text, size, "the program " HELPER " is missing from " PXED_LIBEXECDIR "; install pxed again");
        else if (c->interface == 0)
                snprintf(text, size, "there is no interface %s; connect or create it, or correct interface in pxed.conf", n->interface);
        else if (!c->up)
                snprintf(text, size, "interface %s is down; bring it up: ip link set %s up", n->interface, n->interface);
        else if (!c->has_address)
                snprintf(text, size, "interface %s does not have the address %s/%u; add it there, or correct address in pxed.conf", n->interface,
                         address, n->length);
        else if (c->port)
                snprintf(text, size, "UDP port %u on %s is in use by %s; stop that DHCP server, or set dhcp = off for the network", c->port,
                         n->interface, holder);
        else
                return false;
        return true;
}

bool conditions_ports_held(const struct network *network, unsigned interface, pid_t pid) {
        for (size_t i = 0; i < ports_of(network); i++) {
                struct udp_socket sockets[UDP_SOCKETS_MAX];
                int n = sockets_of_port(ports[i], sockets);
                bool held = false;
                for (int s = 0; s < n && !held; s++)
                        held = socket_is_in_the_way(&sockets[s], interface, network->address) && process_has_socket(pid, sockets[s].inode);
                if (!held)
                        return false;
        }
        return true;
}

static char *executable(const char *folder, const char *name) {
        char *path = path_join(folder, name);
        if (path && access(path, X_OK) < 0) {
                free(path);
                return NULL;
        }
        return path;
}

char *find_dnsmasq(void) {
        _cleanup_free_ char *folders = NULL;
        if (asprintf(&folders, "%s:/usr/sbin:/usr/local/sbin:/sbin", getenv("PATH") ?: "/usr/bin") < 0)
                return NULL;

        char *rest = folders, *path = NULL;
        for (char *folder; !path && (folder = strsep(&rest, ":"));)
                if (*folder)
                        path = executable(folder, "dnsmasq");
        return path;
}

char *find_helper(void) {
        _cleanup_free_ char *path = installed_path(PXED_LIBEXECDIR, HELPER);

        return path && access(path, X_OK) == 0 ? TAKE_POINTER(path) : NULL;
}
