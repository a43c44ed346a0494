#include <arpa/inet.h>

#include "netcfg/print_internal.h"

json_t *print_address6(const struct in6_addr *address) {
        char text[INET6_ADDRSTRLEN];

        return IN6_IS_ADDR_UNSPECIFIED(address) ? json_null() : json_string(inet_ntop(AF_INET6, address, text, sizeof(text)));
}

json_t *print_ipv6(const struct ipv6 *ip) {
        return json_pack("{s:o, s:o, s:i, s:i}", "source", print_address6(&ip->source), "destination", print_address6(&ip->destination),
                         "protocol", ip->protocol, "hopLimit", ip->hop_limit);
}

static json_t *print_prefix(const struct nd_prefix *prefix) {
        return json_pack("{s:o, s:i, s:b, s:b, s:I, s:I}",
                         "prefix", print_address6(&prefix->prefix),
                         "length", prefix->length,
                         "onLink", prefix->on_link,
                         "autonomous", prefix->autonomous,
                         "validLifetime", (json_int_t) prefix->valid_lifetime,
                         "preferredLifetime", (json_int_t) prefix->preferred_lifetime);
}

static json_t *print_router(const struct nd *nd) {
        json_t *prefixes = json_array(), *dns = json_array();

        for (unsigned i = 0; i < nd->prefix_count; i++)
                json_array_append_new(prefixes, print_prefix(&nd->prefixes[i]));
        for (unsigned i = 0; i < nd->dns_count; i++)
                json_array_append_new(dns, print_address6(&nd->dns[i]));
        return json_pack("{s:i, s:b, s:b, s:i, s:I, s:I, s:o, s:o, s:o, s:o}",
                         "hopLimit", nd->hop_limit,
                         "managed", nd->managed,
                         "other", nd->other,
                         "lifetime", nd->router_lifetime,
                         "reachableTime", (json_int_t) nd->reachable_time,
                         "retransmitTime", (json_int_t) nd->retransmit_time,
                         "prefixes", prefixes,
                         "mtu", json_int_or_null(nd->has_mtu, nd->mtu),
                         "dns", dns,
                         "dnsLifetime", json_int_or_null(nd->dns_count > 0, nd->dns_lifetime));
}

json_t *print_nd(const struct nd *nd) {
        bool neighbour = nd->type == ND_NEIGHBOUR_SOLICITATION || nd->type == ND_NEIGHBOUR_ADVERTISEMENT;
        json_t *object = json_pack("{s:i, s:o, s:o}",
                                   "type", nd->type,
                                   "sourceMac", nd->has_source_mac ? print_mac(&nd->source_mac) : json_null(),
                                   "targetMac", nd->has_target_mac ? print_mac(&nd->target_mac) : json_null());

        if (neighbour)
                json_object_set_new(object, "target", print_address6(&nd->target));
        if (nd->type == ND_NEIGHBOUR_ADVERTISEMENT)
                json_object_set_new(object, "flags", json_pack("{s:b, s:b, s:b}", "router", nd->router, "solicited", nd->solicited,
                                                               "override", nd->override));
        if (nd->type == ND_ROUTER_ADVERTISEMENT)
                json_object_set_new(object, "router", print_router(nd));
        return object;
}
