#include "dhcp/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int ask(int fd) {
        struct {
                struct nlmsghdr header;
                struct inet_diag_req_v2 request;
        } message = {
                .header = { .nlmsg_len = sizeof message, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .request = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0U },
        };
        return send(fd, &message, sizeof message, 0) < 0 ? -errno : 0;
}

/* Takes one datagram of the dump. 1: it was the last. */
static int take(const void *data, size_t size, uint16_t port, struct udp_socket *ret, int *n) {
        const struct nlmsghdr *h = data;

        for (; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
                if (h->nlmsg_type == NLMSG_DONE)
                        return 1;
                if (h->nlmsg_type == NLMSG_ERROR)
                        return -EIO;
                if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
                        continue;
                const struct inet_diag_msg *m = NLMSG_DATA(h);
                if (ntohs(m->id.idiag_sport) == port && *n < UDP_SOCKETS_MAX)
                        ret[(*n)++] = (struct udp_socket) { ntohl(m->id.idiag_src[0]), m->id.idiag_if, m->idiag_inode };
        }
        return 0;
}

int sockets_of_port(uint16_t port, struct udp_socket ret[static UDP_SOCKETS_MAX]) {
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (fd < 0)
                return -errno;

        int n = 0, r = ask(fd);
        while (r == 0) {
                alignas(struct nlmsghdr) char buffer[32768];
                ssize_t size = recv(fd, buffer, sizeof buffer, 0);
                r = size < 0 ? (errno == EINTR ? 0 : -errno) : take(buffer, (size_t) size, port, ret, &n);
        }
        return r < 0 ? r : n;
}
