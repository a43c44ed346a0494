/* What is seen of a network as a whole: its interface, foreign DHCP servers, addresses that two machines claim, repairs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/network_seen.h"
#include "pxed/observe.h"

#define CLAIMANTS_MAX 4
#define VLAN_TEXT_SIZE 24

/* What was seen of the network, to be edited: memory takes it over after the commit. NULL without memory. */
static json_t *edit(struct observe *o, const char *network) {
        json_t *seen = json_object_get(o->networks, network);
        if (seen)
                return seen;
        const json_t *before = json_object_get(o->state->seen, network);
        seen = before ? json_deep_copy(before) : json_object();
        return seen && json_object_set_new(o->networks, network, seen) == 0 ? seen : NULL;
}

static int put(struct observe *o, const char *network, const json_t *seen) {
        _cleanup_free_ char *text = json_dumps(seen, JSON_COMPACT);
        struct store *store = change_store(o->change);
        if (!text)
                return -ENOMEM;
        return store ? store_put_seen(store, network, text) : -EIO;
}

struct link_of {
        struct observe *observe;
        const char *network;
};

/* As "port Gi1/0/1 of leaf1 (00:11:22:33:44:55)". */
static char *describe_place(const json_t *neighbour, char *buffer, size_t size) {
        const char *name = json_get_string(neighbour, "systemName"), *chassis = json_get_string(neighbour, "chassis");
        const char *port = json_get_string(neighbour, "port");
        if (name)
                snprintf(buffer, size, "port %.64s of %.64s (%.64s)", port, name, chassis);
        else
                snprintf(buffer, size, "port %.64s of %.64s", port, chassis);
        return buffer;
}

static int tell_neighbour(const char *interface, const json_t *before, const json_t *after, void *userdata) {
        const struct link_of *link = userdata;
        char was[240], is[240];
        return change_event(link->observe->change, "network.neighbour", NULL, NULL, link->network, NULL,
                            "%s of network %s hangs on %s now; before it was %s", interface, link->network,
                            describe_place(after, is, sizeof is), describe_place(before, was, sizeof was));
}

static int tell_carrier(struct observe *o, const char *network, const json_t *before, const json_t *link) {
        bool carrier = json_get_bool(link, "carrier", false);
        if (!before || json_get_bool(before, "carrier", false) == carrier)
                return 0;
        return change_event(o->change, carrier ? "network.carrier" : "network.no-carrier", NULL, NULL, network, NULL,
                            "The interface of network %s %s", network,
                            carrier                                 ? "has a carrier"
                            : !json_get_bool(link, "exists", false) ? "has gone"
                            : !json_get_bool(link, "up", false)     ? "was taken down"
                                                                    : "has lost its carrier: look at the cable and the switch");
}

int observe_link(struct observe *o, const json_t *json) {
        const char *network = observe_network(o, json);
        struct link_of of = { o, network };
        bool differs;
        if (!network)
                return 0;
        _cleanup_json_ json_t *link = json_deep_copy(json);
        json_t *seen = edit(o, network);
        if (!link || !seen)
                return -ENOMEM;
        json_object_del(link, "network");
        int r = tell_carrier(o, network, json_get_object(seen, "link"), link);
        if (r == 0)
                r = network_seen_set_link(seen, link, tell_neighbour, &of, &differs);
        return r < 0 || !differs ? r : put(o, network, seen);
}

/* As ", it offered 192.0.2.50 to 52:54:00:00:00:01, next server 192.0.2.9, file pxelinux.0". */
static char *describe_offer(const json_t *server, char *buffer, size_t size) {
        const char *offered = json_get_string(server, "offered"), *client = json_get_string(server, "client");
        const char *next = json_get_string(server, "nextServer"), *file = json_get_string(server, "file");
        snprintf(buffer, size, "%s%.46s%s%.18s%s%.46s%s%.64s", offered ? ", it offered " : "", offered ? offered : "",
                 offered && client ? " to " : "", offered && client ? client : "", next ? ", next server " : "", next ? next : "",
                 file ? ", file " : "", file ? file : "");
        return buffer;
}

/* As " (on VLAN 30)"; empty on the network itself. */
static char *describe_vlan(const json_t *object, char buffer[static VLAN_TEXT_SIZE]) {
        int64_t vlan = json_get_int(object, "vlan", -1);
        *buffer = '\0';
        if (vlan >= 0)
                snprintf(buffer, VLAN_TEXT_SIZE, " (on VLAN %d)", (int) (vlan & 0xfff));
        return buffer;
}

static int tell_foreign(struct observe *o, const struct network *network, const json_t *seen, const json_t *server,
                        enum foreign_news news) {
        const char *address = json_get_string(server, "address"), *mac_text = json_get_string(server, "mac");
        const json_t *other = network_seen_other_foreign(seen, address, change_now(o->change));
        int64_t vlan = json_get_int(server, "vlan", -1);
        char offer[240], where[VLAN_TEXT_SIZE], advice[120] = "switch it off, or set dhcp = proxy";
        struct mac mac;
        bool has_mac = mac_text && mac_parse(mac_text, &mac) == 0;

        if (vlan >= 0)
                snprintf(advice, sizeof advice, "the switch lets another VLAN through to here");
        else if (network->dhcp == DHCP_PROXY)
                snprintf(advice, sizeof advice, "besides %.46s: machines take whichever is first",
                         other ? json_get_string(other, "address") : "the one known before");
        else if (network->dhcp == DHCP_OFF)
                snprintf(advice, sizeof advice, "pxed gives no addresses there: see whether that one is meant to");
        return change_event(o->change, "network.foreign-server", NULL, has_mac ? &mac : NULL, network->name, NULL,
                            "Network %s%s: DHCP server %s%s%s, which is not pxed's, answers%s%s; %s", network->name,
                            describe_vlan(server, where), address,
                            mac_text ? " at " : "", mac_text ? mac_text : "", news == FOREIGN_AGAIN ? " again" : "",
                            describe_offer(server, offer, sizeof offer), advice);
}

int observe_foreign_server(struct observe *o, const json_t *json) {
        const struct network *network = settings_network(o->state->settings, json_get_string(json, "network"));
        int64_t first = json_get_int(json, "firstSeen", 0), last = json_get_int(json, "lastSeen", 0);
        int64_t now = (int64_t) change_now(o->change);
        enum foreign_news news;
        struct ip address;
        bool durable;

        if (ip_parse(json_get_string(json, "address"), &address) < 0)
                return observe_refuse(o, "foreignServer.address", "is no IP address");
        if (first < 0 || last < first)
                return observe_refuse(o, "foreignServer.lastSeen", "is before firstSeen");
        if (!network)
                return 0;
        _cleanup_json_ json_t *server = json_copy((json_t *) json);
        json_t *seen = edit(o, network->name);
        if (!server || !seen)
                return -ENOMEM;
        /* Nothing has been heard in the future. */
        json_object_set_new(server, "lastSeen", json_integer(last < now ? last : now));
        json_object_set_new(server, "firstSeen", json_integer(first < now ? first : now));
        int r = network_seen_add_foreign(seen, server, network->dhcp == DHCP_PROXY, &news, &durable);
        if (r == 0 && (news == FOREIGN_NEW || news == FOREIGN_AGAIN))
                r = tell_foreign(o, network, seen, server, news);
        return r < 0 || !durable ? r : put(o, network->name, seen);
}

/* As "52:54:00:00:00:01 (node1) and 52:54:00:00:00:02". *ret_node is the first node that one of them belongs to. */
static int describe_claimants(struct observe *o, const json_t *macs, char *buffer, size_t size, const struct node **ret_node) {
        size_t i, at = 0, count = json_array_size(macs);
        char text[MAC_TEXT_SIZE];
        json_t *value;
        struct mac mac;

        *buffer = '\0';
        *ret_node = NULL;
        json_array_foreach(macs, i, value) {
                if (mac_parse(json_string_value(value), &mac) < 0)
                        return observe_refuse(o, "addressConflict.macs", "is no MAC address");
                if (i >= CLAIMANTS_MAX)
                        continue;
                const struct node *node = registry_by_mac(&o->state->nodes, &mac);
                at += (size_t) snprintf(buffer + at, size - at, "%s%s%s%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ",
                                        mac_format(&mac, text), node ? " (" : "", node ? node->name : "", node ? ")" : "");
                *ret_node = *ret_node ? *ret_node : node;
        }
        return 0;
}

int observe_address_conflict(struct observe *o, const json_t *json) {
        const char *network = observe_network(o, json), *address = json_get_string(json, "address");
        const json_t *macs = json_get_array(json, "macs");
        char who[CLAIMANTS_MAX * (MAC_TEXT_SIZE + 64 + 8)];
        char vlan[VLAN_TEXT_SIZE];
        const struct node *node;
        struct ip ip;

        if (ip_parse(address, &ip) < 0)
                return observe_refuse(o, "addressConflict.address", "is no IP address");
        if (json_array_size(macs) < 1)
                return observe_refuse(o, "addressConflict.macs", "is empty");
        int r = describe_claimants(o, macs, who, sizeof who, &node);
        if (r < 0 || !network)
                return r;
        describe_vlan(json, vlan);
        /* It was declined, and the other was not heard. */
        if (json_array_size(macs) == 1)
                return change_event(o->change, "network.address-conflict", node, NULL, network, NULL,
                                    "Network %s%s: %s was given to %s, which found it in use by a machine that was not heard: find that one, "
                                    "or take the address out of the pool", network, vlan, address, who);
        return change_event(o->change, "network.address-conflict", node, NULL, network, NULL,
                            "Network %s%s: %s is claimed at the same time by %s: give one of them another address", network, vlan,
                            address, who);
}

int observe_repair(struct observe *o, const json_t *json) {
        const char *network = observe_network(o, json);
        char done[320] = "";
        size_t i, at = 0;
        json_t *action;

        if (!network)
                return 0;
        json_array_foreach(json_get_array(json, "actions"), i, action)
                if (at < sizeof done)
                        at += (size_t) snprintf(done + at, sizeof done - at, "%s%s", i > 0 ? "; " : "", json_string_value(action));
        return change_event(o->change, "network.repaired", NULL, NULL, network, NULL, "The interface of network %s was mended: %s",
                            network, done);
}
