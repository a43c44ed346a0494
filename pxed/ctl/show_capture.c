#include <inttypes.h>

#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

int show_captures(const json_t *reply, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "MAC" },
                { .title = "PACKETS", .right = true },
                { .title = "SIZE", .right = true },
                { .title = "OVERWRITTEN", .right = true },
                { .title = "SINCE", .right = true },
                { .title = "NEWEST", .right = true },
                {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        char text[TEXT_NUMBER_SIZE];
        json_t *machine;
        size_t i;

        json_array_foreach(json_get_array(reply, "machines"), i, machine) {
                table_add(table, STYLE_NONE, json_get_string(machine, "mac"));
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(machine, "packets", 0));
                table_add(table, STYLE_NONE, text_size((uint64_t) json_get_int(machine, "bytes", 0), text));
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(machine, "overwritten", 0));
                table_add(table, STYLE_NONE, text_age((uint64_t) json_get_int(machine, "firstSeen", 0), look->now, text));
                table_add(table, STYLE_NONE, text_age((uint64_t) json_get_int(machine, "lastSeen", 0), look->now, text));
        }
        return table_print(table, look, 0, out);
}

void show_capture_files(const json_t *files, const struct look *look, FILE *out) {
        json_t *file;
        size_t i;

        json_array_foreach(files, i, file) {
                const json_t *machine = json_get_object(file, "machine");
                int64_t overwritten = json_get_int(machine, "overwritten", 0);
                char size[TEXT_NUMBER_SIZE], newest[TEXT_NUMBER_SIZE];
                _cleanup_free_ char *name = text_escape(json_get_string(file, "file") ?: "");

                fprintf(out, "%s: %" PRId64 " packets, %s, the newest of %s", name ? name : "?", json_get_int(machine, "packets", 0),
                        text_size((uint64_t) json_get_int(machine, "bytes", 0), size),
                        text_time((uint64_t) json_get_int(machine, "lastSeen", 0), newest));
                if (overwritten > 0)
                        fprintf(out, " (%" PRId64 " older ones gave way)", overwritten);
                fputc('\n', out);
        }
}
