#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/text.h"

static enum style kind_style(const char *kind) {
        static const char *const bad[] = { "fail", "crash", "refused", "error", "silent", "conflict", "foreign", "stuck" };
        static const char *const good[] = { "inspected", "booted" };
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                if (strstr(kind, bad[i]))
                        return STYLE_BAD;
        for (size_t i = 0; i < ELEMENTS(good); i++)
                if (strstr(kind, good[i]))
                        return STYLE_GOOD;
        return STYLE_ACTIVE;
}

void show_event(const json_t *event, const struct look *look, FILE *out) {
        char when[TEXT_NUMBER_SIZE];
        const char *kind = json_get_string(event, "kind"), *message = json_get_string(event, "message");
        kind = kind ? kind : "?";
        _cleanup_free_ char *safe = text_escape(kind);
        enum style style = kind_style(kind);
        fprintf(out, "%6" PRId64 "  %s%s%s  %s%-24s%s  ", json_get_int(event, "number", 0), look_on(look, STYLE_FAINT),
                text_time((uint64_t) json_get_int(event, "time", 0), when), look_off(look, STYLE_FAINT), look_on(look, style), safe ? safe : "?",
                look_off(look, style));
        field_put(out, message ? message : "");
        fputc('\n', out);
}
