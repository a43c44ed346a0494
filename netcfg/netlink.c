#include "netcfg/netlink.h"

#include <errno.h>
#include <netlink/attr.h>
#include <string.h>

#define DUMP_TRIES 5

int netlink_errno(int nl_error) {
        switch (-nl_error) {
        case NLE_NOMEM:
                return -ENOMEM;
        case NLE_PERM:
        case NLE_NOACCESS:
                return -EPERM;
        case NLE_AGAIN:
                return -EAGAIN;
        case NLE_NODEV:
        case NLE_OBJ_NOTFOUND:
                return -ENODEV;
        default:
                return -EIO;
        }
}

int netlink_open(struct nl_sock **ret) {
        _cleanup_(nl_socket_freep) struct nl_sock *sock = nl_socket_alloc();

        if (!sock)
                return -ENOMEM;
        int r = nl_connect(sock, NETLINK_ROUTE);
        if (r < 0)
                return netlink_errno(r);
        *ret = TAKE_POINTER(sock);
        return 0;
}

int netlink_dump(struct nl_sock *sock, struct nl_msg *request, int (*each)(struct nl_msg *msg, void *userdata),
                 void (*restart)(void *userdata), void *userdata) {
        int r;

        if ((r = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, each, userdata)) < 0)
                return netlink_errno(r);
        for (int i = 0; i < DUMP_TRIES; i++) {
                if (restart)
                        restart(userdata);
                nlmsg_hdr(request)->nlmsg_seq = NL_AUTO_SEQ;
                if ((r = nl_send_auto(sock, request)) < 0)
                        return netlink_errno(r);
                r = nl_recvmsgs_default(sock);
                if (r != -NLE_DUMP_INTR)
                        break;
        }
        return r < 0 ? netlink_errno(r) : 0;
}

bool netlink_take_ip(const struct nlattr *attribute, int family, struct ip *ret) {
        struct ip ip = { .family = family };

        if (family == AF_INET && attribute && nla_len(attribute) == sizeof(ip.v4))
                memcpy(&ip.v4, nla_data(attribute), sizeof(ip.v4));
        else if (family == AF_INET6 && attribute && nla_len(attribute) == sizeof(ip.v6))
                memcpy(&ip.v6, nla_data(attribute), sizeof(ip.v6));
        else
                return false;
        *ret = ip;
        return true;
}
