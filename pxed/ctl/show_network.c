#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

static void add_link(struct table *table, const json_t *link) {
        if (!link)
                table_add(table, STYLE_FAINT, "not known");
        else if (!json_get_bool(link, "exists", false))
                table_add(table, STYLE_BAD, "missing");
        else if (!json_get_bool(link, "up", false))
                table_add(table, STYLE_BAD, "down");
        else if (!json_get_bool(link, "carrier", false))
                table_add(table, STYLE_WARN, "no carrier");
        else
                table_add(table, STYLE_GOOD, "up");
}

static void add_pool(struct table *table, const json_t *network) {
        const char *start = json_get_string(network, "poolStart"), *end = json_get_string(network, "poolEnd");
        if (start && end)
                table_addf(table, STYLE_NONE, "%s - %s", start, end);
        else
                table_add(table, STYLE_NONE, start);
}

int show_networks(const json_t *networks, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NAME", .shrinks = true }, { .title = "INTERFACE" }, { .title = "LINK" },
                { .title = "ADDRESS" },               { .title = "DHCP" },      { .title = "POOL", .shrinks = true },
                { .title = "LEASES", .right = true }, { .title = "UNKNOWN BOOT", .shrinks = true }, { .title = "KNOWN BOOT", .shrinks = true },
                { .title = "DROPPED", .right = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *network;
        json_array_foreach(networks, i, network) {
                const json_t *link = json_get_object(network, "link");
                int64_t dropped = json_get_int(link, "dropped", 0);
                table_add(table, STYLE_NONE, json_get_string(network, "name"));
                table_add(table, STYLE_NONE, json_get_string(network, "interface"));
                add_link(table, link);
                table_add(table, STYLE_NONE, json_get_string(network, "address"));
                table_add(table, STYLE_NONE, json_get_string(network, "dhcp"));
                add_pool(table, network);
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(network, "leases", 0));
                table_add(table, STYLE_NONE, json_get_string(network, "unknown"));
                table_add(table, STYLE_NONE, json_get_string(network, "known"));
                table_addf(table, dropped > 0 ? STYLE_WARN : STYLE_NONE, "%" PRId64, dropped);
        }
        return table_print(table, look, 0, out);
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

int show_sightings(const json_t *sightings, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "MAC" }, { .title = "NETWORK", .shrinks = true }, { .title = "ADDRESSES", .shrinks = true }, { .title = "SEEN", .right = true },
                { .title = "FIRST SEEN" }, { .title = "BY", .shrinks = true }, { .title = "NODE", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *sighting;
        json_array_foreach(sightings, i, sighting) {
                char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE];
                _cleanup_free_ char *addresses = show_list(json_get_array(sighting, "addresses"));
                _cleanup_free_ char *protocols = show_list(json_get_array(sighting, "protocols"));
                const char *physical = json_get_string(sighting, "physicalNetwork"), *network = json_get_string(sighting, "network");
                table_add(table, STYLE_NONE, json_get_string(sighting, "mac"));
                if (physical && network && strcmp(physical, network) != 0)
                        table_addf(table, STYLE_NONE, "%s (%s)", network, physical);
                else
                        table_add(table, STYLE_NONE, network);
                table_add(table, STYLE_NONE, addresses);
                table_add(table, STYLE_NONE, text_age((uint64_t) json_get_int(sighting, "lastSeen", 0), look->now, last));
                table_add(table, STYLE_NONE, text_time((uint64_t) json_get_int(sighting, "firstSeen", 0), first));
                table_add(table, STYLE_NONE, protocols);
                table_add(table, STYLE_NONE, json_get_string(sighting, "name"));
        }
        return table_print(table, look, 0, out);
}
