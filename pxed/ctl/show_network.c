#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/neighbour.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

static const char *link_words(const json_t *link, enum style *ret_style) {
        static const struct {
                const char *key, *words;
                enum style style;
        } needs[] = { { "exists", "missing", STYLE_BAD }, { "up", "down", STYLE_BAD }, { "carrier", "no carrier", STYLE_WARN } };
        if (!link) {
                *ret_style = STYLE_FAINT;
                return "not known";
        }
        for (size_t i = 0; i < ELEMENTS(needs); i++)
                if (!json_get_bool(link, needs[i].key, false)) {
                        *ret_style = needs[i].style;
                        return needs[i].words;
                }
        *ret_style = STYLE_GOOD;
        return "up";
}

static void add_link(struct table *table, const json_t *link) {
        enum style style;
        const char *words = link_words(link, &style);
        table_add(table, style, words);
}

/* "192.0.2.100 - 192.0.2.199"; NULL: none. The caller's to free. */
static char *pool_words(const json_t *network) {
        const char *start = json_get_string(network, "poolStart"), *end = json_get_string(network, "poolEnd");
        char *words;
        if (!start)
                return NULL;
        return asprintf(&words, "%s%s%s", start, end ? " - " : "", end ? end : "") < 0 ? NULL : words;
}

/* The switch and port of the first, and how many more there are. */
static void add_neighbour(struct table *table, const json_t *neighbours) {
        const json_t *first = NULL;
        json_t *neighbour;
        size_t i, more = 0;
        json_array_foreach(neighbours, i, neighbour) {
                if (!neighbour_counts(neighbour, neighbours))
                        continue;
                if (first)
                        more++;
                else
                        first = neighbour;
        }
        const char *name = neighbour_name(first), *port = json_get_string(first, "port") ?: "?";
        if (!first)
                table_add(table, STYLE_NONE, NULL);
        else if (more > 0)
                table_addf(table, STYLE_NONE, "%s %s +%zu", name, port, more);
        else
                table_addf(table, STYLE_NONE, "%s %s", name, port);
}

int show_networks(const json_t *networks, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NAME", .shrinks = true }, { .title = "INTERFACE" }, { .title = "LINK" }, { .title = "HANGS ON", .shrinks = true },
                { .title = "ADDRESS" },               { .title = "DHCP" },      { .title = "POOL", .shrinks = true },
                { .title = "LEASES", .right = true }, { .title = "UNKNOWN BOOT", .shrinks = true }, { .title = "KNOWN BOOT", .shrinks = true },
                { .title = "DROPPED", .right = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *network;
        json_array_foreach(networks, i, network) {
                const json_t *link = json_get_object(network, "link");
                _cleanup_free_ char *pool = pool_words(network);
                int64_t dropped = json_get_int(link, "dropped", 0);
                table_add(table, STYLE_NONE, json_get_string(network, "name"));
                table_add(table, STYLE_NONE, json_get_string(network, "interface"));
                add_link(table, link);
                add_neighbour(table, json_get_array(link, "neighbours"));
                table_add(table, STYLE_NONE, json_get_string(network, "address"));
                table_add(table, STYLE_NONE, json_get_string(network, "dhcp"));
                table_add(table, STYLE_NONE, pool);
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(network, "leases", 0));
                table_add(table, STYLE_NONE, json_get_string(network, "unknown"));
                table_add(table, STYLE_NONE, json_get_string(network, "known"));
                table_addf(table, dropped > 0 ? STYLE_WARN : STYLE_NONE, "%" PRId64, dropped);
        }
        return table_print(table, look, 0, out);
}

/* ---- one in full */

static void show_network_interface(const json_t *network, const struct look *look, FILE *out) {
        const char *interface = json_get_string(network, "interface") ?: "?", *parent = json_get_string(network, "parent");
        const char *address6 = json_get_string(network, "address6"), *manage = json_get_string(network, "manage");
        int64_t mtu = json_get_int(network, "mtu", 0);
        if (parent)
                field_format(out, look, "Interface", STYLE_NONE, "%s, VLAN %" PRId64 " of %s", interface, json_get_int(network, "vlan", 0), parent);
        else
                field_text(out, look, "Interface", STYLE_NONE, interface);
        field_format(out, look, "Address", STYLE_NONE, "%s%s%s", json_get_string(network, "address") ?: "?", address6 ? ", " : "", address6 ? address6 : "");
        if (mtu > 0)
                field_format(out, look, "MTU", STYLE_NONE, "%" PRId64, mtu);
        if (manage)
                field_text(out, look, "Managed", STYLE_NONE,
                           strcmp(manage, "repair") == 0 ? "the interface is made and kept as configured" : "what is wrong with the interface is only told");
}

static void show_network_dhcp(const json_t *network, const struct look *look, FILE *out) {
        _cleanup_free_ char *pool = pool_words(network);
        char lease[TEXT_NUMBER_SIZE];
        field_text(out, look, "DHCP", STYLE_NONE, json_get_string(network, "dhcp"));
        field_text(out, look, "Pool", STYLE_NONE, pool);
        field_text(out, look, "Lease time", STYLE_NONE, text_duration((uint64_t) json_get_int(network, "leaseTime", 0) * USEC_PER_SEC, lease));
        field_format(out, look, "Leases", STYLE_NONE, "%" PRId64, json_get_int(network, "leases", 0));
        field_text(out, look, "Unknown boot", STYLE_NONE, json_get_string(network, "unknown"));
        field_text(out, look, "Known boot", STYLE_NONE, json_get_string(network, "known"));
}

static void show_link(const json_t *link, const struct look *look, FILE *out) {
        enum style style;
        const char *words = link_words(link, &style), *mac = json_get_string(link, "mac");
        int64_t mtu = json_get_int(link, "mtu", 0), dropped = json_get_int(link, "dropped", 0);
        _cleanup_free_ char *addresses = show_list(json_get_array(link, "addresses"));
        if (mac && mtu > 0)
                field_format(out, look, "Link", style, "%s, %s, MTU %" PRId64, words, mac, mtu);
        else
                field_text(out, look, "Link", style, words);
        if (!link)
                return;
        field_text(out, look, "Has addresses", STYLE_NONE, addresses);
        field_format(out, look, "Packets", dropped > 0 ? STYLE_WARN : STYLE_NONE, "%" PRId64 " captured, %" PRId64 " lost",
                     json_get_int(link, "captured", 0), dropped);
}

static int show_neighbours(const json_t *neighbours, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "INTERFACE" }, { .title = "BY" }, { .title = "SWITCH", .shrinks = true }, { .title = "CHASSIS", .shrinks = true }, { .title = "PORT" },
                { .title = "DESCRIPTION", .shrinks = true }, { .title = "VLAN", .right = true }, { .title = "ADDRESSES", .shrinks = true },
                { .title = "HEARD", .right = true }, { .title = "SINCE" }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        json_t *neighbour;
        size_t i;
        if (json_array_size(neighbours) == 0)
                return 0;
        field_heading(out, look, "Hangs on");
        json_array_foreach(neighbours, i, neighbour) {
                char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE];
                _cleanup_free_ char *addresses = show_list(json_get_array(neighbour, "managementAddresses"));
                int64_t vlan = json_get_int(neighbour, "vlan", 0);
                table_add(table, STYLE_NONE, json_get_string(neighbour, "interface"));
                table_add(table, STYLE_NONE, json_get_string(neighbour, "protocol"));
                table_add(table, STYLE_NONE, json_get_string(neighbour, "systemName"));
                table_add(table, STYLE_NONE, json_get_string(neighbour, "chassis"));
                table_add(table, STYLE_NONE, json_get_string(neighbour, "port"));
                table_add(table, STYLE_NONE, json_get_string(neighbour, "portDescription"));
                if (vlan > 0)
                        table_addf(table, STYLE_NONE, "%" PRId64, vlan);
                else
                        table_add(table, STYLE_NONE, NULL);
                table_add(table, STYLE_NONE, addresses);
                table_add(table, STYLE_NONE, text_age((uint64_t) json_get_int(neighbour, "lastSeen", 0), look->now, last));
                table_add(table, STYLE_NONE, text_time((uint64_t) json_get_int(neighbour, "firstSeen", 0), first));
        }
        int r = table_print(table, look, 2, out);
        json_array_foreach(neighbours, i, neighbour) {
                const char *system = json_get_string(neighbour, "systemDescription");
                if (system)
                        field_format(out, look, "System", STYLE_FAINT, "%s: %s", neighbour_name(neighbour), system);
        }
        return r;
}

static int show_foreign_servers(const json_t *servers, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "ADDRESS" }, { .title = "MAC" }, { .title = "ON" }, { .title = "OFFERED" }, { .title = "TO" }, { .title = "NEXT SERVER" },
                { .title = "FILE", .shrinks = true }, { .title = "GATEWAY" }, { .title = "HEARD", .right = true }, { .title = "SINCE" }, {},
        };
        static const char *const texts[] = { "offered", "client", "nextServer", "file", "gateway" };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        json_t *server;
        size_t i;
        if (json_array_size(servers) == 0)
                return 0;
        field_heading(out, look, "DHCP servers that are not pxed's");
        json_array_foreach(servers, i, server) {
                char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE], on[VLAN_WORDS_SIZE];
                table_add(table, STYLE_WARN, json_get_string(server, "address"));
                table_add(table, STYLE_NONE, json_get_string(server, "mac"));
                table_add(table, STYLE_NONE, vlan_words(server, on));
                for (size_t k = 0; k < ELEMENTS(texts); k++)
                        table_add(table, STYLE_NONE, json_get_string(server, texts[k]));
                table_add(table, STYLE_NONE, text_age((uint64_t) json_get_int(server, "lastSeen", 0), look->now, last));
                table_add(table, STYLE_NONE, text_time((uint64_t) json_get_int(server, "firstSeen", 0), first));
        }
        return table_print(table, look, 2, out);
}

int show_network(const json_t *network, const struct look *look, FILE *out) {
        const json_t *link = json_get_object(network, "link");
        field_text(out, look, "Name", STYLE_TITLE, json_get_string(network, "name"));
        field_text(out, look, "Physical net", STYLE_NONE, json_get_string(network, "physicalNetwork"));
        show_network_interface(network, look, out);
        show_link(link, look, out);
        show_network_dhcp(network, look, out);
        int r = show_neighbours(json_get_array(link, "neighbours"), look, out);
        return r < 0 ? r : show_foreign_servers(json_get_array(network, "foreignServers"), look, out);
}

int show_leases(const json_t *leases, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NETWORK", .shrinks = true }, { .title = "MAC" }, { .title = "ADDRESS" }, { .title = "HOSTNAME", .shrinks = true },
                { .title = "EXPIRES", .right = true }, { .title = "NODE", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *lease;
        json_array_foreach(leases, i, lease) {
                char left[TEXT_NUMBER_SIZE];
                int64_t expires = json_get_int(lease, "expires", -1);
                table_add(table, STYLE_NONE, json_get_string(lease, "network"));
                table_add(table, STYLE_NONE, json_get_string(lease, "mac"));
                table_add(table, STYLE_NONE, json_get_string(lease, "address"));
                table_add(table, STYLE_NONE, json_get_string(lease, "hostname"));
                if (expires < 0)
                        table_add(table, STYLE_NONE, "never");
                else if ((uint64_t) expires <= look->now)
                        table_add(table, STYLE_FAINT, "ended");
                else
                        table_addf(table, STYLE_NONE, "in %s", text_duration((uint64_t) expires - look->now, left));
                table_add(table, STYLE_NONE, json_get_string(lease, "name"));
        }
        return table_print(table, look, 0, out);
}
