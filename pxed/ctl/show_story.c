#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/field.h"
#include "pxed/ctl/story.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

static void put_styled(FILE *out, const struct look *look, enum style style, const char *text) {
        fputs(look_on(look, style), out);
        field_put(out, text);
        fputs(look_off(look, style), out);
}

static void put_line(FILE *out, const char *indent, const char *text) {
        fputs(indent, out);
        field_put(out, text);
        fputc('\n', out);
}

/* ---- the machine ---- */

static void show_machine(const json_t *story, const struct look *look, FILE *out) {
        int64_t architecture = json_get_int(story, "architecture", 0);
        const char *name = architecture_name(architecture), *source = json_get_string(story, "source");

        field_text(out, look, "Machine", STYLE_TITLE, json_get_string(story, "mac"));
        field_text(out, look, "Node", STYLE_NONE, json_get_string(story, "node"));
        field_text(out, look, "UUID", STYLE_NONE, json_get_string(story, "uuid"));
        field_text(out, look, "Network", STYLE_NONE, json_get_string(story, "network"));
        field_format(out, look, "Architecture", STYLE_NONE, "%" PRId64 "%s%s%s%s%s", architecture, name ? " (" : "", name ? name : "", name ? ")" : "",
                     source ? ", " : "", source ? source : "");
}

static void show_decision(const json_t *decision, const struct look *look, FILE *out) {
        const char *profile = json_get_string(decision, "profile");
        size_t i;
        json_t *reason;

        if (!decision)
                return;
        field_heading(out, look, "Decision of pxed");
        json_array_foreach(json_get_array(decision, "reasons"), i, reason)
                put_line(out, "    ", json_string_value(reason));
        fputs("    boots: ", out);
        put_styled(out, look, profile ? STYLE_GOOD : STYLE_WARN, profile ? profile : "nothing");
        fputc('\n', out);
}

/* ---- an answer ---- */

static void show_outcome(const json_t *answer, const struct look *look, FILE *out) {
        bool answered = json_get_bool(answer, "answered", false);
        int64_t status = json_get_int(answer, "status", -1), size = json_get_int(answer, "size", -1);
        const char *protocol = json_get_string(answer, "protocol");
        bool is_tftp = protocol && strcmp(protocol, "tftp") == 0;

        fputs(look_on(look, answered ? STYLE_GOOD : STYLE_BAD), out);
        fputs(answered ? "  answered" : "  NOT ANSWERED", out);
        if (status >= 0)
                fprintf(out, "%s%s %" PRId64, answered ? "," : " WITH WHAT WAS ASKED FOR,", is_tftp ? " error" : " status", status);
        if (size >= 0)
                fprintf(out, ", %" PRId64 " bytes", size);
        fprintf(out, "%s\n", look_off(look, answered ? STYLE_GOOD : STYLE_BAD));
}

static bool is_message_type(const json_t *field) {
        return json_get_int(field, "code", -1) == 53;
}

/* Whether they carry the same, but for what kind of message it is. */
static bool carry_the_same(const json_t *a, const json_t *b) {
        size_t i;
        json_t *field;

        if (json_array_size(a) == 0 || json_array_size(a) != json_array_size(b))
                return false;
        json_array_foreach(a, i, field)
                if (!is_message_type(field) && !json_equal(field, json_array_get(b, i)))
                        return false;
        return true;
}

static int show_fields(const json_t *fields, const struct story_look *what, const struct look *look, FILE *out) {
        const struct table_column columns[] = { { .title = "OPTION", .right = true }, { .title = "NAME" }, { .title = "VALUE", .shrinks = true },
                                                { .title = what->bytes ? "BYTES" : NULL }, {} };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *field;

        json_array_foreach(fields, i, field) {
                int64_t code = json_get_int(field, "code", -1);
                if (code >= 0)
                        table_addf(table, STYLE_NONE, "%" PRId64, code);
                else
                        table_add(table, STYLE_NONE, "header");
                table_add(table, STYLE_NONE, json_get_string(field, "name"));
                table_add(table, STYLE_NONE, json_get_string(field, "value"));
                if (what->bytes)
                        table_add(table, STYLE_FAINT, json_get_string(field, "bytes"));
        }
        return json_array_size(fields) > 0 ? table_print(table, look, 4, out) : 0;
}

static void show_text(const char *text, FILE *out) {
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy;

        for (char *line; rest && (line = strsep(&rest, "\n"));)
                if (*line || rest)
                        put_line(out, "    | ", line);
}

static int show_answer(const json_t *answer, const json_t *before, const struct story_look *what, const struct look *look, FILE *out) {
        const char *text = json_get_string(answer, "text");
        const json_t *fields = json_get_array(answer, "fields");
        size_t i;
        json_t *rule;

        put_styled(out, look, STYLE_TITLE, json_get_string(answer, "request"));
        show_outcome(answer, look, out);
        if (text && what->script)
                show_text(text, out);
        if (before && carry_the_same(fields, json_get_array(before, "fields"))) {
                put_line(out, "    ", "acknowledged, with what was offered");
                return 0;
        }
        json_array_foreach(json_get_array(answer, "rules"), i, rule)
                put_line(out, "    ", json_string_value(rule));
        return show_fields(fields, what, look, out);
}

static int show_part(const json_t *story, const char *part, const char *title, const struct story_look *what, const struct look *look, FILE *out) {
        const json_t *answers = json_get_array(json_get_object(story, part), "answers");
        size_t i;
        json_t *answer;
        int r = 0;

        if (!answers)
                return 0;
        field_heading(out, look, title);
        json_array_foreach(answers, i, answer)
                if (r == 0)
                        r = show_answer(answer, i > 0 ? json_array_get(answers, i - 1) : NULL, what, look, out);
        return r;
}

int story_show(const json_t *story, const struct story_look *what, const struct look *look, FILE *out) {
        const json_t *boots = json_object_get(story, "boots");
        size_t i;
        json_t *entry;

        show_machine(story, look, out);
        show_decision(json_get_object(story, "decision"), look, out);
        int r = show_part(story, "dhcp", "DHCP, by pxed-dhcp", what, look, out);
        if (r == 0)
                r = show_part(story, "boot", "TFTP and HTTP, by pxed-tftp", what, look, out);
        fputc('\n', out);
        json_array_foreach(json_get_array(story, "failures"), i, entry) {
                put_styled(out, look, STYLE_BAD, json_get_string(entry, "part"));
                fputs(" could not be asked: ", out);
                put_line(out, "", json_get_string(entry, "message"));
        }
        json_array_foreach(json_get_array(story, "notes"), i, entry)
                put_line(out, "", json_string_value(entry));
        put_styled(out, look, json_is_true(boots) ? STYLE_GOOD : json_is_false(boots) ? STYLE_BAD : STYLE_WARN, json_get_string(story, "conclusion"));
        fputc('\n', out);
        return r;
}
