#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/field.h"
#include "pxed/ctl/neighbour.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

/* "lab", "lab (rack1)", "lab, VLAN 7": the caller's to free. */
static char *place_words(const json_t *sighting) {
        const char *physical = json_get_string(sighting, "physicalNetwork"), *network = json_get_string(sighting, "network");
        char on[VLAN_WORDS_SIZE], *words;
        const char *vlan = vlan_words(sighting, on);
        bool labelled = physical && network && strcmp(physical, network) != 0;
        int n = asprintf(&words, "%s%s%s%s%s%s", network ? network : "-", labelled ? " (" : "", labelled ? physical : "", labelled ? ")" : "",
                         vlan ? ", " : "", vlan ? vlan : "");
        return n < 0 ? NULL : words;
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
                char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE], on[VLAN_WORDS_SIZE];
                _cleanup_free_ char *addresses = show_list(json_get_array(sighting, "addresses"));
                _cleanup_free_ char *protocols = show_list(json_get_array(sighting, "protocols"));
                _cleanup_free_ char *place = place_words(sighting);
                table_add(table, STYLE_NONE, json_get_string(sighting, "mac"));
                table_add(table, vlan_words(sighting, on) ? STYLE_WARN : STYLE_NONE, place);
                table_add(table, STYLE_NONE, addresses);
                table_add(table, STYLE_NONE, text_age((uint64_t) json_get_int(sighting, "lastSeen", 0), look->now, last));
                table_add(table, STYLE_NONE, text_time((uint64_t) json_get_int(sighting, "firstSeen", 0), first));
                table_add(table, STYLE_NONE, protocols);
                table_add(table, STYLE_NONE, json_get_string(sighting, "name"));
        }
        return table_print(table, look, 0, out);
}

static void show_details(const json_t *sighting, const struct look *look, FILE *out) {
        static const struct {
                const char *title, *key;
        } texts[] = {
                { "Hostname", "hostname" }, { "Vendor class", "vendorClass" }, { "UUID", "uuid" },          { "Client id", "clientId" },
                { "Relay", "relay" },       { "Circuit id", "circuitId" },     { "Remote id", "remoteId" },
        };
        int64_t architecture = json_get_int(sighting, "architecture", -1);
        const char *name = architecture_name(architecture);
        if (architecture >= 0)
                field_format(out, look, "Architecture", STYLE_NONE, "%" PRId64 "%s%s%s", architecture, name ? " (" : "", name ? name : "", name ? ")" : "");
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                if (json_get_string(sighting, texts[i].key))
                        field_text(out, look, texts[i].title, STYLE_NONE, json_get_string(sighting, texts[i].key));
}

int show_sightings_in_full(const json_t *sightings, const struct look *look, FILE *out) {
        size_t i;
        json_t *sighting;
        json_array_foreach(sightings, i, sighting) {
                char first[TEXT_NUMBER_SIZE], last[TEXT_NUMBER_SIZE], on[VLAN_WORDS_SIZE];
                _cleanup_free_ char *addresses = show_list(json_get_array(sighting, "addresses"));
                _cleanup_free_ char *protocols = show_list(json_get_array(sighting, "protocols"));
                _cleanup_free_ char *place = place_words(sighting);
                if (i > 0)
                        fputc('\n', out);
                field_text(out, look, "MAC", STYLE_TITLE, json_get_string(sighting, "mac"));
                field_text(out, look, "Node", STYLE_NONE, json_get_string(sighting, "name"));
                field_text(out, look, "Network", vlan_words(sighting, on) ? STYLE_WARN : STYLE_NONE, place);
                field_text(out, look, "Addresses", STYLE_NONE, addresses);
                field_text(out, look, "Seen by", STYLE_NONE, protocols);
                field_text(out, look, "First seen", STYLE_NONE, text_time((uint64_t) json_get_int(sighting, "firstSeen", 0), first));
                field_format(out, look, "Last seen", STYLE_NONE, "%s (%s)", text_time((uint64_t) json_get_int(sighting, "lastSeen", 0), first),
                             text_age((uint64_t) json_get_int(sighting, "lastSeen", 0), look->now, last));
                show_details(sighting, look, out);
        }
        return 0;
}
