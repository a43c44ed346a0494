#include "pxed/ctl/field.h"

#include <stdarg.h>
#include <stdlib.h>

#include "pxed/ctl/text.h"

#define NAME_WIDTH 16

void field_put(FILE *out, const char *text) {
        _cleanup_free_ char *safe = text_escape(text);
        fputs(safe ? safe : "?", out);
}

void field_text(FILE *out, const struct look *look, const char *name, enum style style, const char *value) {
        fprintf(out, "%s%*s%c%s ", look_on(look, STYLE_FAINT), NAME_WIDTH - 1, name, *name ? ':' : ' ', look_off(look, STYLE_FAINT));
        fputs(look_on(look, style), out);
        field_put(out, value && *value ? value : "-");
        fprintf(out, "%s\n", look_off(look, style));
}

void field_format(FILE *out, const struct look *look, const char *name, enum style style, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        field_text(out, look, name, style, text);
}

void field_heading(FILE *out, const struct look *look, const char *title) {
        fprintf(out, "\n%s%s%s\n", look_on(look, STYLE_TITLE), title, look_off(look, STYLE_TITLE));
}
