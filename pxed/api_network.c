/* org.pxed.Network */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/network_seen.h"

#define INTERFACE "org.pxed.Network"

static json_t *ip_or_null(bool known, const struct ip *ip) {
        char text[IP_TEXT_SIZE];
        return json_text(known ? ip_format(ip, text) : NULL);
}

static bool has_ended(const struct lease *lease, uint64_t now) {
        return lease->expires != 0 && lease->expires <= now;
}

static int64_t count_leases(struct state *s, const char *network) {
        uint64_t now = realtime_us();
        size_t count;
        int64_t leases = 0;
        struct lease *const *list = leases_sorted(&s->leases, &count);
        for (size_t i = 0; i < count; i++)
                leases += strcmp(list[i]->network, network) == 0 && !has_ended(list[i], now);
        return leases;
}

static json_t *network_to_json(struct state *s, const struct network *n) {
        char address[IP_PREFIX_TEXT_SIZE], address6[IP_PREFIX_TEXT_SIZE];
        const json_t *seen = json_object_get(s->seen, n->name);
        json_t *link = json_object_get(seen, "link");
        return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:s, s:s, s:I, s:O, s:o, s:o, s:o, s:o, s:s, s:o}",
                         "name", n->name,
                         "interface", n->interface,
                         "address", ip_prefix_format(&n->address, address),
                         "physicalNetwork", json_text(n->physical_network),
                         "dhcp", dhcp_mode_names[n->dhcp],
                         "poolStart", ip_or_null(n->has_pool, &n->pool_start),
                         "poolEnd", ip_or_null(n->has_pool, &n->pool_end),
                         "leaseTime", (json_int_t) n->lease_time,
                         "unknown", n->unknown ? n->unknown : "ignore",
                         "known", n->known,
                         "leases", (json_int_t) count_leases(s, n->name),
                         "link", link ? link : json_null(),
                         "parent", json_text(n->parent),
                         "vlan", json_int_or_null(n->vlan > 0, (int64_t) n->vlan),
                         "mtu", json_int_or_null(n->mtu > 0, (int64_t) n->mtu),
                         "address6", json_text(n->has_address6 ? ip_prefix_format(&n->address6, address6) : NULL),
                         "manage", manage_names[n->manage],
                         "foreignServers", network_seen_foreign(seen, realtime_us()));
}

int api_network_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        json_t *list = json_array();
        for (size_t i = 0; i < m->state->settings->n_networks; i++)
                json_array_append_new(list, network_to_json(m->state, &m->state->settings->networks[i]));
        return varlink_reply(call, json_pack("{s:o}", "networks", list));
}

/* False: the call has been answered. */
static bool check_network(struct varlink_call *call, const struct state *s, const char *network) {
        if (!network || settings_network(s->settings, network))
                return true;
        api_not_found(call, INTERFACE, "network", network);
        return false;
}

static json_t *lease_to_json(const struct state *s, const struct lease *l) {
        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        json_t *lease = json_pack("{s:s, s:s, s:s, s:o, s:o}", "network", l->network, "mac", mac_format(&l->mac, mac), "address",
                                  ip_format(&l->address, address), "hostname", json_text(l->hostname), "expires",
                                  json_int_or_null(l->expires != 0, (int64_t) l->expires));
        return api_with_node_of_mac(lease, s, &l->mac);
}

/* Where a page ended: "NETWORK MAC ADDRESS", in the order of the list. */
static void lease_position(const struct lease *l, char *buffer, size_t size) {
        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        snprintf(buffer, size, "%s %s %s", l->network, mac_format(&l->mac, mac), ip_format(&l->address, address));
}

static bool parse_lease_position(const char *text, struct lease *ret, char network[static 64]) {
        char mac[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        if (sscanf(text, "%63s %17s %45s", network, mac, address) != 3)
                return false;
        ret->network = network;
        return mac_parse(mac, &ret->mac) == 0 && ip_parse(address, &ret->address) == 0;
}

int api_network_list_leases(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *network = json_get_string(in, "network"), *after = json_get_string(in, "after");
        char name[64], next[192] = "", last[192] = "";
        struct lease position = { 0 };
        uint64_t now = realtime_us();
        int64_t limit;
        size_t count;

        if (!check_network(call, m->state, network) || !api_bounded(call, INTERFACE, in, "limit", 1, 1000, 500, &limit))
                return 0;
        if (after && !parse_lease_position(after, &position, name))
                return api_refuse(call, INTERFACE, "after", "is not the `next` of a call before");
        struct lease *const *list = leases_sorted(&m->state->leases, &count);
        json_t *leases = json_array();
        for (size_t i = 0; i < count && !*next; i++) {
                if ((after && lease_compare(list[i], &position) <= 0) || has_ended(list[i], now) ||
                    (network && strcmp(list[i]->network, network) != 0))
                        continue;
                if (json_array_size(leases) == (size_t) limit)
                        memcpy(next, last, sizeof next);
                else
                        json_array_append_new(leases, lease_to_json(m->state, list[i]));
                lease_position(list[i], last, sizeof last);
        }
        return varlink_reply(call, json_pack("{s:o, s:o}", "leases", leases, "next", json_text(*next ? next : NULL)));
}

static json_t *sighting_to_json(const struct state *s, const struct sighting *seen) {
        char mac[MAC_TEXT_SIZE];
        const struct network *network = settings_network(s->settings, seen->network);
        json_t *addresses = json_array(), *protocols = json_array();
        for (size_t i = 0; i < seen->n_addresses; i++)
                json_array_append_new(addresses, ip_or_null(true, &seen->addresses[i]));
        for (size_t i = 0; i < PROTOCOLS; i++)
                if (seen->protocols & 1 << i)
                        json_array_append_new(protocols, json_string(protocol_names[i]));
        json_t *sighting = json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:o}", "mac", mac_format(&seen->mac, mac), "network", seen->network,
                                     "physicalNetwork", json_text(network ? network->physical_network : NULL), "addresses", addresses,
                                     "firstSeen", (json_int_t) seen->first, "lastSeen", (json_int_t) seen->last, "protocols", protocols);
        _cleanup_json_ json_t *facts = seen->facts ? json_loads(seen->facts, 0, NULL) : NULL;
        if (facts)
                json_object_update(sighting, facts);
        if (seen->vlan != VLAN_NONE)
                json_object_set_new(sighting, "vlan", json_integer(seen->vlan));
        return api_with_node_of_mac(sighting, s, &seen->mac);
}

/* Where a page ended: "MAC NETWORK VLAN", in the order of the list. */
static void sighting_position(const struct sighting *seen, char *buffer, size_t size) {
        char mac[MAC_TEXT_SIZE];
        snprintf(buffer, size, "%s %s %d", mac_format(&seen->mac, mac), seen->network, seen->vlan);
}

static bool parse_sighting_position(const char *text, struct sighting *ret, char network[static 64]) {
        char mac[MAC_TEXT_SIZE];
        int vlan;
        if (sscanf(text, "%17s %63s %d", mac, network, &vlan) != 3 || vlan < VLAN_NONE || vlan > 4095)
                return false;
        ret->network = network;
        ret->vlan = (int16_t) vlan;
        return mac_parse(mac, &ret->mac) == 0;
}

int api_network_list_sightings(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *network = json_get_string(in, "network"), *after = json_get_string(in, "after");
        const char *mac_text = json_get_string(in, "mac");
        char name[64] = "", next[96] = "", last[96] = "";
        struct sighting position = { 0 };
        struct mac mac;
        int64_t limit;
        size_t count;

        if (!check_network(call, m->state, network) || !api_bounded(call, INTERFACE, in, "limit", 1, 1000, 500, &limit))
                return 0;
        if (mac_text && mac_parse(mac_text, &mac) < 0)
                return api_refuse(call, INTERFACE, "mac", "\"%.64s\" is no MAC address", mac_text);
        if (after && !parse_sighting_position(after, &position, name))
                return api_refuse(call, INTERFACE, "after", "is not the `next` of a call before");
        struct sighting *const *list = sightings_sorted(&m->state->sightings, &count);
        json_t *sightings = json_array();
        for (size_t i = 0; i < count && !*next; i++) {
                const struct sighting *seen = list[i];
                if ((after && sighting_compare(seen, &position) <= 0) || (network && strcmp(seen->network, network) != 0) ||
                    (mac_text && mac_to_u64(&seen->mac) != mac_to_u64(&mac)))
                        continue;
                if (json_array_size(sightings) == (size_t) limit)
                        memcpy(next, last, sizeof next);
                else
                        json_array_append_new(sightings, sighting_to_json(m->state, seen));
                sighting_position(seen, last, sizeof last);
        }
        return varlink_reply(call, json_pack("{s:o, s:o}", "sightings", sightings, "next", json_text(*next ? next : NULL)));
}
