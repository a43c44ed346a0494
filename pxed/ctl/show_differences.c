#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"

static void show_one(const json_t *difference, const struct look *look, FILE *out) {
        const char *change = json_get_string(difference, "change") ?: "", *text = json_get_string(difference, "text");
        bool added = strcmp(change, "added") == 0, removed = strcmp(change, "removed") == 0, hardware = json_get_bool(difference, "hardware", false);
        /* What comes and goes anyway steps back. */
        enum style style = !hardware ? STYLE_FAINT : added ? STYLE_GOOD : removed ? STYLE_BAD : STYLE_WARN;

        fprintf(out, "%s%c ", look_on(look, style), added ? '+' : removed ? '-' : '~');
        field_put(out, text ? text : "-");
        fprintf(out, "%s\n", look_off(look, style));
}

void show_differences(const json_t *reply, const struct look *look, FILE *out) {
        const json_t *differences = json_get_array(reply, "differences");
        size_t i;
        json_t *difference;

        fprintf(out, "%sInventory %" PRId64 " from %" PRId64 "%s\n", look_on(look, STYLE_TITLE), json_get_int(reply, "to", 0), json_get_int(reply, "from", 0),
                look_off(look, STYLE_TITLE));
        for (int hardware = 1; hardware >= 0; hardware--)
                json_array_foreach((json_t *) differences, i, difference)
                        if (json_get_bool(difference, "hardware", false) == hardware)
                                show_one(difference, look, out);
        if (json_array_size(differences) == 0)
                fputs("Nothing differs.\n", out);
}

int show_matches(const json_t *matches, const struct look *look, FILE *out) {
        static const struct table_column columns[] = { { .title = "NODE" }, { .title = "POINTER" }, { .title = "VALUE", .shrinks = true }, {} };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *match;
        json_array_foreach((json_t *) matches, i, match) {
                const char *encoded = json_get_string(match, "value");
                _cleanup_json_ json_t *value = json_loads(encoded ? encoded : "null", JSON_DECODE_ANY, NULL);
                _cleanup_free_ char *text = show_value(value);
                table_add(table, STYLE_NONE, json_get_string(match, "name"));
                table_add(table, STYLE_NONE, json_get_string(match, "pointer"));
                table_add(table, STYLE_NONE, text);
        }
        return table_print(table, look, 0, out);
}
