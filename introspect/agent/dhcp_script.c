#include "introspect/agent/dhcp_script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <net/route.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *variable(const char *name) {
        const char *value = getenv(name);
        return value ? value : "";
}

/* The first address of a blank-separated list, as option 3 may carry several. False if it is none. */
static bool first_address(const char *list, struct sockaddr *ret) {
        char text[INET_ADDRSTRLEN];
        struct sockaddr_in *in = (struct sockaddr_in *) ret;
        size_t length = strcspn(list, " ");
        memset(ret, 0, sizeof *ret);
        in->sin_family = AF_INET;
        if (length >= sizeof text)
                return false;
        memcpy(text, list, length);
        text[length] = '\0';
        return inet_pton(AF_INET, text, &in->sin_addr) == 1;
}

static int set_interface(int fd, const char *interface, unsigned long request, const char *address) {
        struct ifreq ifr = { 0 };
        snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", interface);
        if (!first_address(address, &ifr.ifr_addr))
                return -EINVAL;
        return ioctl(fd, request, &ifr) < 0 ? -errno : 0;
}

static void set_default_route(int fd, const char *interface) {
        char device[IFNAMSIZ];
        struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = device };
        snprintf(device, sizeof device, "%s", interface);
        first_address("0.0.0.0", &route.rt_dst);
        first_address("0.0.0.0", &route.rt_genmask);
        /* no router is fine: the appliance is on this very segment then */
        if (first_address(variable("router"), &route.rt_gateway))
                ioctl(fd, SIOCADDRT, &route);
}

/* Written beside and renamed, so that process 1 never reads half of it. */
static int write_lease(const char *path) {
        char temporary[PATH_MAX + 8];
        snprintf(temporary, sizeof temporary, "%s.new", path);
        FILE *file = fopen(temporary, "we");
        if (!file)
                return -errno;
        const char *router = variable("router"), *server = variable("serverid");
        fprintf(file, "%s %s %.*s %s\n", variable("ip"), *variable("subnet") ? variable("subnet") : "255.255.255.0",
                *router ? (int) strcspn(router, " ") : 1, *router ? router : "-", *server ? server : "-");
        if (fclose(file) != 0 || rename(temporary, path) < 0)
                return -errno;
        return 0;
}

static int set_host_name(void) {
        const char *name = variable("hostname");
        return *name && sethostname(name, strnlen(name, HOST_NAME_MAX)) < 0 ? -errno : 0;
}

/* A card that was not booted from gets its address and no more: the way to the server stays as it is. */
static int bound(int fd, const char *interface, bool boot_card, const char *lease) {
        int r = set_interface(fd, interface, SIOCSIFADDR, variable("ip"));
        if (r == 0 && *variable("subnet"))
                r = set_interface(fd, interface, SIOCSIFNETMASK, variable("subnet"));
        if (r == 0 && boot_card)
                r = set_host_name();
        if (r < 0)
                return r;
        if (boot_card)
                set_default_route(fd, interface);
        return write_lease(lease);
}

int dhcp_script(const char *event, bool boot_card) {
        char lease[PATH_MAX];
        const char *interface = variable("interface");
        int r = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return 1;
        snprintf(lease, sizeof lease, "%s%s%s", DHCP_LEASE_PATH, boot_card ? "" : ".", boot_card ? "" : interface);
        if (strcmp(event, "deconfig") == 0) {
                unlink(lease);
                set_interface(fd, interface, SIOCSIFADDR, "0.0.0.0");
        } else if (strcmp(event, "renew") == 0) {
                r = write_lease(lease); /* the address is the same: setting it anew would cut connections */
        } else if (strcmp(event, "bound") == 0) {
                r = bound(fd, interface, boot_card, lease);
        }
        close(fd);
        return r < 0 ? 1 : 0;
}
