#include "netcfg/apply.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct apply {
        struct nl_sock *sock;
        int error;     /* of the last request, as the kernel gave it: negative errno */
        char said[96]; /* the kernel's own words for it, or "" */
};

DEFINE_CLEANUP(struct rtnl_link *, rtnl_link_put);

/* libnl folds several of the kernel's errors into one of its own: the kernel's is kept, with what it says of it. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *message, void *userdata) {
        struct apply *apply = userdata;
        struct nlmsghdr *header = (struct nlmsghdr *) ((char *) message - NLMSG_HDRLEN);
        struct nlattr *attributes[NLMSGERR_ATTR_MAX + 1];
        size_t skip = sizeof(*message); /* NETLINK_CAP_ACK: of the request only its header comes back */

        apply->error = message->error;
        if (header->nlmsg_flags & NLM_F_ACK_TLVS && header->nlmsg_len > NLMSG_HDRLEN + skip &&
            nla_parse(attributes, NLMSGERR_ATTR_MAX, (struct nlattr *) ((char *) message + skip),
                      (int) (header->nlmsg_len - NLMSG_HDRLEN - skip), NULL) == 0 && attributes[NLMSGERR_ATTR_MSG])
                snprintf(apply->said, sizeof(apply->said), "%.*s", nla_len(attributes[NLMSGERR_ATTR_MSG]),
                         (const char *) nla_data(attributes[NLMSGERR_ATTR_MSG]));
        return NL_STOP;
}

int apply_new(struct apply **ret) {
        _cleanup_(apply_freep) struct apply *apply = calloc(1, sizeof(*apply));
        const int on = 1;

        if (!apply)
                return -ENOMEM;
        int r = netlink_open(&apply->sock);
        if (r < 0)
                return r;
        if ((r = nl_socket_modify_err_cb(apply->sock, NL_CB_CUSTOM, on_error, apply)) < 0)
                return netlink_errno(r);
        if (setsockopt(nl_socket_get_fd(apply->sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) < 0 ||
            setsockopt(nl_socket_get_fd(apply->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0)
                return -errno;
        *ret = TAKE_POINTER(apply);
        return 0;
}

struct apply *apply_free(struct apply *apply) {
        if (!apply)
                return NULL;
        nl_socket_free(apply->sock);
        free(apply);
        return NULL;
}

struct nl_sock *apply_socket(struct apply *apply) {
        return apply->sock;
}

/* ---- requests; each returns negative errno */

static void begin(struct apply *apply) {
        apply->error = 0;
        apply->said[0] = '\0';
}

static int result(const struct apply *apply, int nl_error) {
        if (nl_error >= 0)
                return 0;
        return apply->error < 0 ? apply->error : netlink_errno(nl_error);
}

static int index_of(const char *name) {
        unsigned index = if_nametoindex(name);

        return index ? (int) index : -errno;
}

static int change_link(struct apply *apply, const char *name, struct rtnl_link *changes) {
        int index = index_of(name);

        if (index < 0)
                return index;
        rtnl_link_set_ifindex(changes, index);
        /* libnl takes the interface that changes by its number from the first, and what is to be from the second. */
        return result(apply, rtnl_link_change(apply->sock, changes, changes, 0));
}

static int delete_link(struct apply *apply, const char *name) {
        _cleanup_(rtnl_link_putp) struct rtnl_link *link = rtnl_link_alloc();
        int index = index_of(name);

        if (!link)
                return -ENOMEM;
        if (index < 0)
                return index;
        rtnl_link_set_ifindex(link, index);
        return result(apply, rtnl_link_delete(apply->sock, link));
}

static int set_alias(struct apply *apply, const char *name, const char *alias) {
        _cleanup_(rtnl_link_putp) struct rtnl_link *changes = rtnl_link_alloc();

        if (!changes)
                return -ENOMEM;
        rtnl_link_set_ifalias(changes, alias);
        return change_link(apply, name, changes);
}

/* One without its mark would be nobody's: it goes again. */
static int create_vlan(struct apply *apply, const struct action *action) {
        _cleanup_(rtnl_link_putp) struct rtnl_link *link = rtnl_link_vlan_alloc();
        int parent = index_of(action->parent);

        if (!link)
                return -ENOMEM;
        if (parent < 0)
                return parent;
        rtnl_link_set_name(link, action->link);
        rtnl_link_set_link(link, parent);
        rtnl_link_vlan_set_id(link, action->vlan);
        int r = result(apply, rtnl_link_add(apply->sock, link, NLM_F_CREATE | NLM_F_EXCL));
        if (r < 0)
                return r;
        if ((r = set_alias(apply, action->link, action->alias)) < 0)
                delete_link(apply, action->link);
        return r;
}

static int set_mtu(struct apply *apply, const struct action *action) {
        _cleanup_(rtnl_link_putp) struct rtnl_link *changes = rtnl_link_alloc();

        if (!changes)
                return -ENOMEM;
        rtnl_link_set_mtu(changes, action->mtu);
        return change_link(apply, action->link, changes);
}

static int set_up(struct apply *apply, const struct action *action) {
        _cleanup_(rtnl_link_putp) struct rtnl_link *changes = rtnl_link_alloc();

        if (!changes)
                return -ENOMEM;
        rtnl_link_set_flags(changes, IFF_UP);
        return change_link(apply, action->link, changes);
}

/* libnl does not know IFA_PROTO. A kernel that does not know it either passes over it. */
static int change_address(struct apply *apply, const struct action *action, int type, int flags) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(type, flags);
        const struct ip *ip = &action->address.address;
        const void *bytes = ip->family == AF_INET ? (const void *) &ip->v4 : &ip->v6;
        int size = ip->family == AF_INET ? (int) sizeof(ip->v4) : (int) sizeof(ip->v6), index = index_of(action->link);

        if (index < 0)
                return index;
        const struct ifaddrmsg message = {
                .ifa_family = (uint8_t) ip->family,
                .ifa_prefixlen = (uint8_t) action->address.length,
                .ifa_index = (uint32_t) index,
        };
        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0 ||
            nla_put(request, IFA_LOCAL, size, bytes) < 0 || nla_put(request, IFA_ADDRESS, size, bytes) < 0 ||
            nla_put_u8(request, IFA_PROTO, ADDRESS_ORIGIN_PXED) < 0)
                return -ENOMEM;
        return result(apply, nl_send_sync(apply->sock, TAKE_POINTER(request)));
}

static int raise_neighbours(struct apply *apply, const struct action *action) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_SETNEIGHTBL, 0);
        const struct ndtmsg message = { .ndtm_family = (uint8_t) action->family };

        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0 ||
            nla_put_string(request, NDTA_NAME, action->family == AF_INET ? "arp_cache" : "ndisc_cache") < 0 ||
            nla_put_u32(request, NDTA_THRESH2, action->limits.soft) < 0 || nla_put_u32(request, NDTA_THRESH3, action->limits.hard) < 0)
                return -ENOMEM;
        return result(apply, nl_send_sync(apply->sock, TAKE_POINTER(request)));
}

static int request(struct apply *apply, const struct action *action) {
        int r;

        switch (action->kind) {
        case ACTION_CREATE_VLAN:
                return create_vlan(apply, action);
        case ACTION_DELETE_LINK:
                r = delete_link(apply, action->link);
                return r == -ENODEV ? 0 : r;
        case ACTION_SET_ALIAS:
                return set_alias(apply, action->link, action->alias);
        case ACTION_SET_MTU:
                return set_mtu(apply, action);
        case ACTION_SET_UP:
                return set_up(apply, action);
        case ACTION_ADD_ADDRESS:
                r = change_address(apply, action, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
                return r == -EEXIST ? 0 : r;
        case ACTION_DELETE_ADDRESS:
                r = change_address(apply, action, RTM_DELADDR, 0);
                return r == -EADDRNOTAVAIL || r == -ENODEV ? 0 : r;
        case ACTION_RAISE_NEIGHBOURS:
                return raise_neighbours(apply, action);
        }
        return -EINVAL;
}

/* ---- words */

static const char *advise(const struct action *action, int error) {
        if (error == -EPERM)
                return action->kind == ACTION_RAISE_NEIGHBOURS ? "the kernel lets only the host itself do this, not a container"
                                                               : "pxed-netcfg needs the capability CAP_NET_ADMIN (its unit gives it)";
        if (action->kind == ACTION_RAISE_NEIGHBOURS && error == -ENOENT)
                return "the kernel lets only the host itself do this, not a network namespace";
        if (action->kind == ACTION_CREATE_VLAN && error == -EOPNOTSUPP)
                return "this kernel has no VLAN interfaces: modprobe 8021q";
        if (action->kind == ACTION_ADD_ADDRESS && action->address.address.family == AF_INET6 && (error == -EACCES || error == -ENOBUFS))
                return "IPv6 is switched off there (sysctl disable_ipv6), or the MTU is under 1280";
        return NULL;
}

int apply_action(struct apply *apply, const struct action *action, char *reason, size_t size) {
        begin(apply);
        int r = request(apply, action);
        if (r == 0)
                return 0;
        const char *advice = advise(action, r);
        snprintf(reason, size, "%s%s%s%s%s", strerror(-r), apply->said[0] ? ", " : "", apply->said, advice ? ": " : "", advice ?: "");
        return r;
}
