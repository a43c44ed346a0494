#include "netcfg/links.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon.h"
#include "lib/log.h"
#include "netcfg/netlink.h"

/* Room for events that come in a burst; when it does not suffice all is read again. */
#define EVENT_BUFFER (256 * 1024)

struct links {
        struct links_handlers handlers;
        struct nl_sock *events; /* what the kernel tells by itself */
        struct nl_sock *asks;   /* requests and their answers */
        sd_event_source *source;
};

static bool take_mac(const struct nlattr *attribute, struct mac *ret) {
        if (!attribute || nla_len(attribute) != sizeof(ret->bytes))
                return false;
        memcpy(ret->bytes, nla_data(attribute), sizeof(ret->bytes));
        return true;
}

static void tell_neighbour(const struct links *links, struct nlmsghdr *header) {
        struct nlattr *attributes[NDA_MAX + 1];
        const struct ndmsg *neighbour = nlmsg_data(header);
        struct ip address;
        struct mac mac;

        if (nlmsg_parse(header, sizeof(*neighbour), attributes, NDA_MAX, NULL) < 0)
                return;
        /* NUD_NOARP are the kernel's own: multicast and loopback. */
        if (!(neighbour->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)) ||
            !take_mac(attributes[NDA_LLADDR], &mac) || !netlink_take_ip(attributes[NDA_DST], neighbour->ndm_family, &address))
                return;
        links->handlers.neighbour(neighbour->ndm_ifindex, &mac, &address, neighbour->ndm_state & NUD_REACHABLE, links->handlers.userdata);
}

static void tell_link(const struct links *links, struct nlmsghdr *header) {
        struct nlattr *attributes[IFLA_MAX + 1];
        const struct ifinfomsg *link = nlmsg_data(header);
        struct mac mac;

        if (nlmsg_parse(header, sizeof(*link), attributes, IFLA_MAX, NULL) < 0)
                return;
        links->handlers.changed(link->ifi_index, attributes[IFLA_IFNAME] ? nla_get_string(attributes[IFLA_IFNAME]) : NULL,
                                attributes[IFLA_MASTER] ? (int) nla_get_u32(attributes[IFLA_MASTER]) : 0,
                                take_mac(attributes[IFLA_ADDRESS], &mac) ? &mac : NULL, links->handlers.userdata);
}

static int on_message(struct nl_msg *msg, void *userdata) {
        const struct links *links = userdata;
        struct nlmsghdr *header = nlmsg_hdr(msg);

        switch (header->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
                tell_link(links, header);
                break;
        case RTM_NEWADDR:
        case RTM_DELADDR:
                if (nlmsg_valid_hdr(header, sizeof(struct ifaddrmsg)))
                        links->handlers.changed((int) ((const struct ifaddrmsg *) nlmsg_data(header))->ifa_index, NULL, 0, NULL,
                                                links->handlers.userdata);
                break;
        case RTM_NEWNEIGH:
                if (nlmsg_valid_hdr(header, sizeof(struct ndmsg)))
                        tell_neighbour(links, header);
                break;
        }
        return NL_OK;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        struct links *links = userdata;

        int r = nl_recvmsgs_default(links->events);
        if (r < 0 && r != -NLE_AGAIN) {
                log_debug("Events of the kernel's interfaces were lost (%s); reading them all again.", nl_geterror(r));
                links->handlers.changed(0, NULL, 0, NULL, links->handlers.userdata);
        }
        return 0;
}

static int open_events(struct links *links, sd_event *event) {
        int r = netlink_open(&links->events);

        if (r < 0)
                return r;
        nl_socket_disable_seq_check(links->events);
        if ((r = nl_socket_set_buffer_size(links->events, EVENT_BUFFER, 0)) < 0 ||
            (r = nl_socket_set_nonblocking(links->events)) < 0 ||
            (r = nl_socket_modify_cb(links->events, NL_CB_VALID, NL_CB_CUSTOM, on_message, links)) < 0 ||
            (r = nl_socket_add_memberships(links->events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NEIGH, 0)) < 0)
                return netlink_errno(r);
        r = sd_event_add_io(event, &links->source, nl_socket_get_fd(links->events), EPOLLIN, on_events, links);
        return r < 0 ? r : sd_event_source_set_priority(links->source, PRIORITY_NORMAL - 1);
}

int links_new(sd_event *event, const struct links_handlers *handlers, struct links **ret) {
        _cleanup_(links_freep) struct links *links = calloc(1, sizeof(*links));

        if (!links)
                return -ENOMEM;
        links->handlers = *handlers;
        int r = open_events(links, event);
        if (r < 0 || (r = netlink_open(&links->asks)) < 0)
                return r;
        *ret = TAKE_POINTER(links);
        return 0;
}

struct links *links_free(struct links *links) {
        if (!links)
                return NULL;
        sd_event_source_disable_unref(links->source);
        nl_socket_free(links->events);
        nl_socket_free(links->asks);
        free(links);
        return NULL;
}

static int take_address(struct nl_msg *msg, void *userdata) {
        struct link_state *link = userdata;
        struct nlattr *attributes[IFA_MAX + 1];
        const struct ifaddrmsg *message = nlmsg_data(nlmsg_hdr(msg));

        if (nlmsg_parse(nlmsg_hdr(msg), sizeof(*message), attributes, IFA_MAX, NULL) < 0 || (int) message->ifa_index != link->index ||
            link->address_count == LINK_ADDRESSES_MAX)
                return NL_OK;
        struct ip_prefix *prefix = &link->addresses[link->address_count];
        /* IFA_ADDRESS is the peer's where there is one. */
        if (netlink_take_ip(attributes[IFA_LOCAL] ?: attributes[IFA_ADDRESS], message->ifa_family, &prefix->address)) {
                prefix->length = message->ifa_prefixlen;
                link->address_count++;
        }
        return NL_OK;
}

static void forget_addresses(void *userdata) {
        struct link_state *link = userdata;

        link->address_count = 0;
}

static int read_addresses(struct links *links, struct link_state *link) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP);
        const struct ifaddrmsg message = { .ifa_family = AF_UNSPEC };

        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0)
                return -ENOMEM;
        return netlink_dump(links->asks, request, take_address, forget_addresses, link);
}

static void take_link(struct rtnl_link *object, struct link_state *ret) {
        unsigned flags = rtnl_link_get_flags(object);
        struct nl_addr *mac = rtnl_link_get_addr(object);
        const char *type = rtnl_link_get_type(object);

        *ret = (struct link_state) {
                .exists = true,
                .up = flags & IFF_UP,
                .carrier = flags & IFF_LOWER_UP,
                .index = rtnl_link_get_ifindex(object),
                .mtu = rtnl_link_get_mtu(object),
                .bridge = type && strcmp(type, "bridge") == 0,
        };
        if (mac && nl_addr_get_len(mac) == sizeof(ret->mac.bytes)) {
                ret->has_mac = true;
                memcpy(ret->mac.bytes, nl_addr_get_binary_addr(mac), sizeof(ret->mac.bytes));
        }
}

int links_read(struct links *links, const char *name, struct link_state *ret) {
        struct link_state link = {};
        struct rtnl_link *object = NULL;
        int r = -NLE_NODEV;

        /* The kernel would refuse a longer name as a bad request. */
        if (strlen(name) < IFNAMSIZ)
                r = rtnl_link_get_kernel(links->asks, 0, name, &object);
        if (r < 0 && netlink_errno(r) != -ENODEV)
                return netlink_errno(r);
        if (r == 0) {
                take_link(object, &link);
                rtnl_link_put(object);
                r = read_addresses(links, &link);
                if (r < 0)
                        return r;
        }
        *ret = link;
        return 0;
}

struct port_list {
        int master;
        struct link_port *ports;
        size_t max, count;
};

static int take_port(struct nl_msg *msg, void *userdata) {
        struct port_list *list = userdata;
        struct nlattr *attributes[IFLA_MAX + 1];
        const struct ifinfomsg *link = nlmsg_data(nlmsg_hdr(msg));

        if (nlmsg_parse(nlmsg_hdr(msg), sizeof(*link), attributes, IFLA_MAX, NULL) < 0 || list->count == list->max || !attributes[IFLA_IFNAME] ||
            !attributes[IFLA_MASTER] || (int) nla_get_u32(attributes[IFLA_MASTER]) != list->master)
                return NL_OK;
        struct link_port *port = &list->ports[list->count++];
        *port = (struct link_port) { .index = link->ifi_index, .up = link->ifi_flags & IFF_UP,
                                     .carrier = link->ifi_flags & IFF_LOWER_UP };
        snprintf(port->name, sizeof(port->name), "%s", nla_get_string(attributes[IFLA_IFNAME]));
        return NL_OK;
}

static void forget_ports(void *userdata) {
        struct port_list *list = userdata;

        list->count = 0;
}

static int compare_ports(const void *a, const void *b) {
        return ((const struct link_port *) a)->index - ((const struct link_port *) b)->index;
}

int links_read_ports(struct links *links, int master, struct link_port *ret, size_t max, size_t *ret_count) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP);
        const struct ifinfomsg message = { .ifi_family = AF_UNSPEC };
        struct port_list list = { .master = master, .ports = ret, .max = max };

        /* The kernel then gives only the ports of that bridge. */
        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0 ||
            nla_put_u32(request, IFLA_MASTER, (uint32_t) master) < 0)
                return -ENOMEM;
        int r = netlink_dump(links->asks, request, take_port, forget_ports, &list);
        if (r < 0)
                return r;
        qsort(ret, list.count, sizeof(*ret), compare_ports);
        *ret_count = list.count;
        return 0;
}

int links_read_neighbours(struct links *links, int index) {
        _cleanup_(nlmsg_freep) struct nl_msg *request = nlmsg_alloc_simple(RTM_GETNEIGH, NLM_F_DUMP);
        const struct ndmsg message = { .ndm_family = AF_UNSPEC };

        /* The kernel then gives only those of the interface. */
        if (!request || nlmsg_append(request, (void *) &message, sizeof(message), NLMSG_ALIGNTO) < 0 ||
            nla_put_u32(request, NDA_IFINDEX, (uint32_t) index) < 0)
                return -ENOMEM;
        return netlink_dump(links->asks, request, on_message, NULL, links);
}
