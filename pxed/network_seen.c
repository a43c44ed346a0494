#include "pxed/network_seen.h"

#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

#define HOUR (3600 * USEC_PER_SEC)
/* A server that nobody heard for so long is none that is expected. */
#define FORGOTTEN (24 * HOUR)

/* The array or object of that name, made where it is missing; NULL without memory. */
static json_t *member(json_t *object, const char *key, json_t *(*make)(void)) {
        json_t *value = json_object_get(object, key);
        if (value)
                return value;
        value = make();
        return value && json_object_set_new(object, key, value) == 0 ? value : NULL;
}

/* Whether two links differ in more than the packets counted and when their neighbours were heard. */
static bool link_differs(const json_t *a, const json_t *b) {
        _cleanup_json_ json_t *x = json_deep_copy(a), *y = json_deep_copy(b);
        json_t *links[] = { x, y }, *neighbour;
        size_t i;
        if (!x || !y)
                return true;
        for (size_t k = 0; k < ELEMENTS(links); k++) {
                json_object_del(links[k], "captured");
                json_object_del(links[k], "dropped");
                json_array_foreach(json_get_array(links[k], "neighbours"), i, neighbour)
                        json_object_del(neighbour, "lastSeen");
        }
        return !json_equal(x, y);
}

static bool same_member(const json_t *a, const json_t *b, const char *key) {
        return text_equal(json_get_string(a, key), json_get_string(b, key));
}

static bool same_place(const json_t *a, const json_t *b) {
        return same_member(a, b, "interface") && same_member(a, b, "protocol") && same_member(a, b, "chassis") &&
               same_member(a, b, "port");
}

/* LLDP goes before CDP, then who was heard last. */
static bool goes_before(const json_t *a, const json_t *b) {
        bool lldp = strcmp(json_get_string(a, "protocol"), "lldp") == 0;
        if (!same_member(a, b, "protocol"))
                return lldp;
        return json_get_int(a, "lastSeen", 0) > json_get_int(b, "lastSeen", 0);
}

/* What the interface hangs on, given what it hung on (NULL: not known). */
static const json_t *choose(const json_t *neighbours, const char *interface, const json_t *before) {
        const json_t *chosen = NULL;
        json_t *neighbour;
        size_t i;
        json_array_foreach(neighbours, i, neighbour) {
                if (strcmp(json_get_string(neighbour, "interface"), interface) != 0)
                        continue;
                if (before && same_place(before, neighbour))
                        return neighbour;
                if (!chosen || goes_before(neighbour, chosen))
                        chosen = neighbour;
        }
        return chosen;
}

static int follow(json_t *hangs, const json_t *neighbours, neighbour_changed *changed, void *userdata) {
        json_t *neighbour;
        size_t i;
        json_array_foreach(neighbours, i, neighbour) {
                const char *interface = json_get_string(neighbour, "interface");
                const json_t *before = json_get_object(hangs, interface);
                const json_t *after = choose(neighbours, interface, before);
                /* The same switch by its other protocol is no other place. */
                bool moved = before && same_member(before, after, "protocol") && !same_place(before, after);
                int r = moved ? changed(interface, before, after, userdata) : 0;
                if (r < 0)
                        return r;
                if (json_object_set(hangs, interface, (json_t *) after) < 0)
                        return -ENOMEM;
        }
        return 0;
}

int network_seen_set_link(json_t *seen, json_t *link, neighbour_changed *changed, void *userdata, bool *ret_differs) {
        json_t *hangs = member(seen, "hangsOn", json_object);
        const json_t *before = json_get_object(seen, "link");
        *ret_differs = !before || link_differs(before, link);
        int r = hangs ? follow(hangs, json_get_array(link, "neighbours"), changed, userdata) : -ENOMEM;
        if (r < 0)
                return r;
        return json_object_set(seen, "link", link) < 0 ? -ENOMEM : 0;
}

static uint64_t last_seen(const json_t *server) {
        return (uint64_t) json_get_int(server, "lastSeen", 0);
}

/* Its place in the list; the size of the list where it is not there. */
static size_t find(const json_t *servers, const json_t *wanted) {
        size_t i;
        json_t *server;
        json_array_foreach(servers, i, server)
                if (same_member(server, wanted, "address") &&
                    json_get_int(server, "vlan", -1) == json_get_int(wanted, "vlan", -1))
                        break;
        return i;
}

static size_t longest_silent(const json_t *servers) {
        size_t i, oldest = 0;
        json_t *server;
        json_array_foreach(servers, i, server)
                if (last_seen(server) < last_seen(json_array_get(servers, oldest)))
                        oldest = i;
        return oldest;
}

static void forget(json_t *servers, uint64_t now) {
        for (size_t i = json_array_size(servers); i-- > 0;)
                if (last_seen(json_array_get(servers, i)) + FORGOTTEN <= now)
                        json_array_remove(servers, i);
}

/* On the network itself, and there for longest. */
static bool is_expected(const json_t *servers, const json_t *server) {
        json_t *other;
        size_t i;
        json_array_foreach(servers, i, other)
                if (json_get_int(other, "vlan", -1) < 0 && other != server &&
                    json_get_int(other, "firstSeen", 0) < json_get_int(server, "firstSeen", 0))
                        return false;
        return json_get_int(server, "vlan", -1) < 0;
}

/* The members of ForeignServer. */
static json_t *copy_server(const json_t *report, const json_t *before) {
        json_t *server = json_copy((json_t *) report);
        int64_t first = json_get_int(before, "firstSeen", INT64_MAX), told = json_get_int(report, "firstSeen", 0);
        json_object_del(server, "network");
        if (server && first < told)
                json_object_set_new(server, "firstSeen", json_integer(first));
        return server;
}

static bool server_differs(const json_t *a, const json_t *b) {
        _cleanup_json_ json_t *x = json_copy((json_t *) a), *y = json_copy((json_t *) b);
        json_object_del(x, "lastSeen");
        json_object_del(y, "lastSeen");
        return !x || !y || !json_equal(x, y) || last_seen(a) / (60 * USEC_PER_SEC) != last_seen(b) / (60 * USEC_PER_SEC);
}

int network_seen_add_foreign(json_t *seen, const json_t *report, bool proxy, enum foreign_news *ret_news, bool *ret_durable) {
        json_t *servers = member(seen, "foreignServers", json_array);
        if (!servers)
                return -ENOMEM;
        forget(servers, last_seen(report));
        size_t at = find(servers, report);
        const json_t *before = json_array_get(servers, at);
        _cleanup_json_ json_t *server = copy_server(report, before);
        enum foreign_news news = !before                                                ? FOREIGN_NEW
                                 : last_seen(before) + HOUR <= last_seen(report) ? FOREIGN_AGAIN
                                                                                 : FOREIGN_KNOWN;
        if (!server)
                return -ENOMEM;
        *ret_durable = !before || server_differs(before, server);
        if (!before && json_array_size(servers) >= FOREIGN_SERVERS_MAX)
                json_array_remove(servers, longest_silent(servers));
        int r = before ? json_array_set(servers, at, server) : json_array_append(servers, server);
        if (r < 0)
                return -ENOMEM;
        *ret_news = news != FOREIGN_KNOWN && proxy && is_expected(servers, server) ? FOREIGN_EXPECTED : news;
        return 0;
}

json_t *network_seen_foreign(const json_t *seen, uint64_t now) {
        json_t *list = json_array(), *server;
        size_t i;
        json_array_foreach(json_get_array(seen, "foreignServers"), i, server)
                if (last_seen(server) + HOUR > now)
                        json_array_append(list, server);
        return list;
}

const json_t *network_seen_other_foreign(const json_t *seen, const char *address, uint64_t now) {
        json_t *server;
        size_t i;
        json_array_foreach(json_get_array(seen, "foreignServers"), i, server)
                if (json_get_int(server, "vlan", -1) < 0 && last_seen(server) + HOUR > now &&
                    !text_equal(json_get_string(server, "address"), address))
                        return server;
        return NULL;
}
