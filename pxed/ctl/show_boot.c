#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/bar.h"
#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

#define BAR_COLUMNS 20

int show_boots(const json_t *boots, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "ID", .right = true }, { .title = "STARTED" }, { .title = "MAC" }, { .title = "NODE", .shrinks = true }, { .title = "NETWORK", .shrinks = true },
                { .title = "OUTCOME" }, { .title = "TOOK", .right = true }, { .title = "DIAGNOSIS" }, { .title = "REASON", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *boot;
        json_array_foreach(boots, i, boot) {
                char when[TEXT_NUMBER_SIZE], took[TEXT_NUMBER_SIZE];
                const char *outcome = json_get_string(boot, "outcome");
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(boot, "id", 0));
                table_add(table, STYLE_NONE, text_time((uint64_t) json_get_int(boot, "started", 0), when));
                table_add(table, STYLE_NONE, json_get_string(boot, "mac"));
                table_add(table, STYLE_NONE, json_get_string(boot, "name"));
                table_add(table, STYLE_NONE, json_get_string(boot, "network"));
                table_add(table, boot_outcome_style(outcome), outcome);
                table_add(table, STYLE_NONE, text_duration(boot_elapsed(boot, look->now), took));
                const json_t *diagnosis = json_get_object(boot, "diagnosis");
                const char *reason = json_get_string(boot, "reason");
                table_add(table, boot_outcome_style(outcome), json_get_string(diagnosis, "signature"));
                table_add(table, STYLE_NONE, reason ? reason : json_get_string(diagnosis, "reason"));
        }
        return table_print(table, look, 0, out);
}

static void show_head(const json_t *boot, const struct look *look, FILE *out) {
        const char *mac = json_get_string(boot, "mac"), *network = json_get_string(boot, "network"), *outcome = json_get_string(boot, "outcome");
        const char *reason = json_get_string(boot, "reason");
        char when[TEXT_NUMBER_SIZE], took[TEXT_NUMBER_SIZE];
        enum style style = boot_outcome_style(outcome);

        fprintf(out, "%sBoot %" PRId64 "%s of ", look_on(look, STYLE_TITLE), json_get_int(boot, "id", 0), look_off(look, STYLE_TITLE));
        field_put(out, boot_machine(boot));
        if (json_get_string(boot, "name") && mac) {
                fputs(" (", out);
                field_put(out, mac);
                fputc(')', out);
        }
        if (network) {
                fputs(" on ", out);
                field_put(out, network);
        }
        fprintf(out, ", started %s: %s", text_time((uint64_t) json_get_int(boot, "started", 0), when), look_on(look, style));
        field_put(out, outcome ? outcome : "?");
        fprintf(out, "%s %s %s\n", look_off(look, style), outcome && strcmp(outcome, "running") == 0 ? "for" : "after",
                text_duration(boot_elapsed(boot, look->now), took));
        if (reason) {
                fprintf(out, "%s", look_on(look, style));
                field_put(out, reason);
                fprintf(out, "%s\n", look_off(look, style));
        }
}

/* When the step gave way to the next one, or to the boot's end. */
static uint64_t step_end(const json_t *boot, const json_t *steps, size_t i, uint64_t now) {
        const json_t *next = json_array_get(steps, i + 1);
        if (next)
                return (uint64_t) json_get_int(next, "time", 0);
        return (uint64_t) json_get_int(boot, "ended", (json_int_t) now);
}

static int compare_options(const void *a, const void *b) {
        const char *const *x = a, *const *y = b;
        return strverscmp(*x, *y);
}

/* A line for each, by number, below their step. */
static void add_options(struct table *table, const json_t *step) {
        json_t *options = json_get_object(step, "options"), *value;
        const char *names[64], *name;
        size_t n = 0;

        json_object_foreach(options, name, value)
                if (n < ELEMENTS(names))
                        names[n++] = name;
        qsort(names, n, sizeof *names, compare_options);
        for (size_t i = 0; i < n; i++) {
                for (unsigned blank = 0; blank < 5; blank++)
                        table_add(table, STYLE_NONE, " ");
                table_addf(table, STYLE_FAINT, "%s = %s", names[i], json_string_value(json_object_get(options, names[i])));
        }
}

/* Whether it differs from the step before in its times at most. */
static bool is_said_again(const json_t *before, const json_t *step) {
        _cleanup_json_ json_t *a = json_copy((json_t *) before), *b = json_copy((json_t *) step);
        static const char *const times[] = { "time", "last" };
        for (size_t i = 0; i < ELEMENTS(times); i++) {
                json_object_del(a, times[i]);
                json_object_del(b, times[i]);
        }
        return json_equal(a, b);
}

/* A step and the next ones that say the same, `times` in all. */
static void add_step(struct table *table, const json_t *boot, const json_t *steps, size_t i, size_t times, const struct look *look) {
        char offset[TEXT_NUMBER_SIZE], took[TEXT_NUMBER_SIZE], bar[BAR_SIZE(BAR_COLUMNS)];
        const json_t *step = json_array_get(steps, i);
        uint64_t started = (uint64_t) json_get_int(boot, "started", 0);
        uint64_t time = (uint64_t) json_get_int(step, "time", 0), end = step_end(boot, steps, i + times - 1, look->now);
        int64_t from = (int64_t) (time - started), to = (int64_t) (end - started);
        double whole = (double) boot_elapsed(boot, look->now);
        const char *kind = json_get_string(step, "kind");
        _cleanup_free_ char *words = boot_step_words(step);

        table_add(table, STYLE_NONE, text_offset(from, offset));
        table_add(table, STYLE_FAINT, end > time ? text_duration(end - time, took) : NULL);
        table_add(table, STYLE_ACTIVE, whole > 0 ? bar_span((double) from / whole, (double) to / whole, BAR_COLUMNS, look->unicode, bar) : NULL);
        table_add(table, kind && (strcmp(kind, "refused") == 0 || strcmp(kind, "nak") == 0) ? STYLE_BAD : STYLE_NONE, kind);
        table_add(table, json_get_bool(step, "foreign", false) ? STYLE_WARN : STYLE_NONE, boot_step_by(step));
        if (times > 1)
                table_addf(table, STYLE_NONE, "%s%s%zu times", words ?: "", words && words[0] ? ", " : "", times);
        else
                table_add(table, STYLE_NONE, words);
}

void show_diagnosis(const json_t *diagnosis, const struct look *look, FILE *out) {
        size_t i;
        json_t *evidence;

        field_heading(out, look, "Diagnosis");
        field_text(out, look, "Signature", STYLE_BAD, json_get_string(diagnosis, "signature"));
        field_text(out, look, "Reason", STYLE_NONE, json_get_string(diagnosis, "reason"));
        json_array_foreach(json_get_array(diagnosis, "evidence"), i, evidence)
                field_text(out, look, i == 0 ? "Evidence" : "", STYLE_NONE, json_string_value(evidence));
        field_text(out, look, "Confirm", STYLE_NONE, json_get_string(diagnosis, "confirm"));
        field_text(out, look, "Fix", STYLE_NONE, json_get_string(diagnosis, "fix"));
}

static int show(const json_t *boot, bool all, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "AT", .right = true }, { .title = "TOOK", .right = true }, { .title = "" }, { .title = "STEP" }, { .title = "BY" },
                { .title = "WHAT", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        const json_t *steps = json_get_array(boot, "steps"), *diagnosis = json_get_object(boot, "diagnosis");
        const char *capture = json_get_string(boot, "capture");

        show_head(boot, look, out);
        for (size_t i = 0, times; i < json_array_size(steps); i += times) {
                for (times = 1; !all && i + times < json_array_size(steps); times++)
                        if (!is_said_again(json_array_get(steps, i), json_array_get(steps, i + times)))
                                break;
                add_step(table, boot, steps, i, times, look);
                if (all)
                        add_options(table, json_array_get(steps, i));
        }
        int r = table && table_rows(table) == 0 ? 0 : table_print(table, look, 2, out);
        if (diagnosis)
                show_diagnosis(diagnosis, look, out);
        if (capture) {
                fputs("\nIts packets are kept in ", out);
                field_put(out, capture);
                fputc('\n', out);
        }
        return r;
}

int show_boot(const json_t *boot, const struct look *look, FILE *out) {
        return show(boot, false, look, out);
}

int show_boot_all(const json_t *boot, const struct look *look, FILE *out) {
        return show(boot, true, look, out);
}
