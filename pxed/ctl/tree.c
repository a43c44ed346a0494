#include "pxed/ctl/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/field.h"

#define DEPTH_MAX 8

json_t *tree_new(enum style style, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        return json_pack("{s:o, s:i, s:[]}", "text", json_text(text), "style", style, "branches");
}

json_t *tree_add(json_t *tree, json_t *branch) {
        json_array_append_new(json_object_get(tree, "branches"), branch);
        return branch;
}

static void print_text(const json_t *branch, const struct look *look, FILE *out) {
        enum style style = (enum style) json_get_int(branch, "style", STYLE_NONE);
        const char *text = json_get_string(branch, "text");
        fputs(look_on(look, style), out);
        field_put(out, text ? text : "?");
        fprintf(out, "%s\n", look_off(look, style));
}

/* `lasts`: whether the branches on the way here are the last of theirs. */
static void print_branches(const json_t *tree, const struct look *look, bool lasts[static DEPTH_MAX], unsigned depth, FILE *out) {
        const json_t *branches = json_get_array(tree, "branches");
        json_t *branch;
        size_t i;
        if (depth == DEPTH_MAX)
                return;
        json_array_foreach(branches, i, branch) {
                lasts[depth] = i + 1 == json_array_size(branches);
                fputs(look_on(look, STYLE_FAINT), out);
                for (unsigned k = 0; k < depth; k++)
                        fputs(lasts[k] ? "    " : look->unicode ? "\u2502   " : "|   ", out);
                if (look->unicode)
                        fputs(lasts[depth] ? "\u2514\u2500\u2500 " : "\u251c\u2500\u2500 ", out);
                else
                        fputs(lasts[depth] ? "`-- " : "|-- ", out);
                fputs(look_off(look, STYLE_FAINT), out);
                print_text(branch, look, out);
                print_branches(branch, look, lasts, depth + 1, out);
        }
}

void tree_print(const json_t *tree, const struct look *look, FILE *out) {
        bool lasts[DEPTH_MAX];
        print_text(tree, look, out);
        print_branches(tree, look, lasts, 0, out);
}
