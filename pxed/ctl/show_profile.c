#include <inttypes.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"

int show_profiles(const json_t *profiles, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NAME", .shrinks = true },      { .title = "KIND" }, { .title = "KERNEL", .shrinks = true }, { .title = "INITRDS", .shrinks = true },
                { .title = "PARAMETERS", .shrinks = true }, { .title = "DESCRIPTION", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *profile;
        json_array_foreach(profiles, i, profile) {
                _cleanup_free_ char *initrds = show_list(json_get_array(profile, "initrds"));
                _cleanup_free_ char *parameters = show_map(json_get_object(profile, "parameters"));
                const char *description = json_get_string(profile, "description");
                bool builtin = json_get_bool(profile, "builtin", false);
                table_add(table, STYLE_NONE, json_get_string(profile, "name"));
                table_add(table, STYLE_NONE, json_get_string(profile, "kind"));
                table_add(table, STYLE_NONE, json_get_string(profile, "kernel"));
                table_add(table, STYLE_NONE, initrds);
                table_add(table, STYLE_NONE, parameters);
                table_add(table, STYLE_FAINT, description ? description : builtin ? "part of pxed" : NULL);
        }
        return table_print(table, look, 0, out);
}

void show_profile(const json_t *profile, const struct look *look, FILE *out) {
        size_t i;
        json_t *initrd;
        field_text(out, look, "Name", STYLE_TITLE, json_get_string(profile, "name"));
        field_text(out, look, "Kind", STYLE_NONE, json_get_string(profile, "kind"));
        field_text(out, look, "Description", STYLE_NONE, json_get_string(profile, "description"));
        field_text(out, look, "Kernel", STYLE_NONE, json_get_string(profile, "kernel"));
        json_array_foreach(json_get_array(profile, "initrds"), i, initrd)
                field_text(out, look, i == 0 ? "Initrds" : "", STYLE_NONE, json_string_value(initrd));
        field_text(out, look, "Arguments", STYLE_NONE, json_get_string(profile, "arguments"));
        _cleanup_free_ char *parameters = show_map(json_get_object(profile, "parameters"));
        field_text(out, look, "Parameters", STYLE_NONE, parameters);
        field_text(out, look, "Part of pxed", STYLE_NONE, json_get_bool(profile, "builtin", false) ? "yes" : "no");
        field_format(out, look, "Revision", STYLE_NONE, "%" PRId64, json_get_int(profile, "revision", 0));
}
