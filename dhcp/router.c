#include "dhcp/router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <stdalign.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/log.h"

struct router {
        int fd;
        unsigned interface;
        struct mac mac;
        sd_event_source *io;
};

bool router_solicitation_is_valid(const void *message, size_t size, int hop_limit, const struct in6_addr *source) {
        const uint8_t *m = message;

        if (size < sizeof(struct nd_router_solicit) || m[0] != ND_ROUTER_SOLICIT || m[1] != 0 || hop_limit != 255)
                return false;
        for (size_t at = sizeof(struct nd_router_solicit); at < size;) {
                size_t length = at + 1 < size ? (size_t) m[at + 1] * 8 : 0;
                if (length == 0 || length > size - at)
                        return false;
                if (m[at] == ND_OPT_SOURCE_LINKADDR && IN6_IS_ADDR_UNSPECIFIED(source))
                        return false;
                at += length;
        }
        return true;
}

void router_advertisement_make(const struct mac *mac, uint8_t ret[static ROUTER_ADVERTISEMENT_SIZE]) {
        memset(ret, 0, ROUTER_ADVERTISEMENT_SIZE);
        ret[0] = ND_ROUTER_ADVERT;
        /* Hop limit, flags, router lifetime, reachable time and retransmission timer stay 0: unspecified, and no default router. */
        ret[16] = ND_OPT_SOURCE_LINKADDR;
        ret[17] = 1;
        memcpy(ret + 18, mac->bytes, sizeof mac->bytes);
}

static int hop_limit_of(struct msghdr *message) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
                if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) {
                        int value;
                        memcpy(&value, CMSG_DATA(c), sizeof value);
                        return value;
                }
        return -1;
}

static void advertise(struct router *router, struct sockaddr_in6 to) {
        uint8_t message[ROUTER_ADVERTISEMENT_SIZE];

        if (IN6_IS_ADDR_UNSPECIFIED(&to.sin6_addr))
                inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
        to.sin6_scope_id = router->interface;
        to.sin6_port = 0;
        router_advertisement_make(&router->mac, message);
        if (sendto(router->fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *) &to, sizeof to) < 0)
                log_debug("Cannot answer a router solicitation: %s", strerror(errno));
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct router *router = userdata;
        struct sockaddr_in6 from;
        uint8_t data[1500];
        alignas(struct cmsghdr) char control[64];
        struct iovec part = { data, sizeof data };
        struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
                                  .msg_control = control, .msg_controllen = sizeof control };

        ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
        if (n >= 0 && router_solicitation_is_valid(data, (size_t) n, hop_limit_of(&message), &from.sin6_addr))
                advertise(router, from);
        return 0;
}

static int read_mac(int fd, const char *interface, struct mac *ret) {
        struct ifreq request = { 0 };
        strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
        if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
                return -errno;
        memcpy(ret->bytes, request.ifr_hwaddr.sa_data, sizeof ret->bytes);
        return 0;
}

static int set_up(struct router *router, const char *interface) {
        const int on = 1, hops = 255;
        struct ipv6_mreq group = { .ipv6mr_interface = router->interface };
        struct icmp6_filter filter;

        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
        inet_pton(AF_INET6, "ff02::2", &group.ipv6mr_multiaddr);
        if (setsockopt(router->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) < 0 ||
            setsockopt(router->fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t) strlen(interface)) < 0 ||
            setsockopt(router->fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on) < 0 ||
            setsockopt(router->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops) < 0 ||
            setsockopt(router->fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) < 0 ||
            setsockopt(router->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &router->interface, sizeof router->interface) < 0 ||
            setsockopt(router->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group) < 0)
                return -errno;
        return 0;
}

int router_new(sd_event *event, const char *interface, struct router **ret) {
        _cleanup_(router_freep) struct router *router = calloc(1, sizeof *router);
        if (!router)
                return -ENOMEM;
        router->interface = if_nametoindex(interface);
        router->fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
        if (router->fd < 0)
                return -errno;

        int r = read_mac(router->fd, interface, &router->mac);
        if (r == 0)
                r = set_up(router, interface);
        if (r == 0)
                r = sd_event_add_io(event, &router->io, router->fd, EPOLLIN, on_io, router);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(router);
        return 0;
}

struct router *router_free(struct router *router) {
        if (!router)
                return NULL;
        sd_event_source_disable_unref(router->io);
        if (router->fd >= 0)
                close(router->fd);
        free(router);
        return NULL;
}
