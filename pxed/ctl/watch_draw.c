#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/bar.h"
#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"
#include "pxed/ctl/watch_list.h"

#define BAR_COLUMNS 24
#define BAR_COLUMNS_NARROW 10 /* where the terminal has less than ROOMY, the step needs the room more */
#define ROOMY 100

static void add_boot(struct table *table, const json_t *boot, const struct look *look) {
        char bar[BAR_SIZE(BAR_COLUMNS)], took[TEXT_NUMBER_SIZE];
        const json_t *steps = json_get_array(boot, "steps");
        const json_t *last = json_array_get(steps, json_array_size(steps) - 1);
        const char *outcome = json_get_string(boot, "outcome"), *kind = json_get_string(last, "kind"), *reason = json_get_string(boot, "reason");
        bool ended = json_is_integer(json_object_get(boot, "ended"));
        double fraction = boot_fraction(boot);
        enum style style = boot_outcome_style(outcome);

        table_add(table, STYLE_NONE, boot_machine(boot));
        table_add(table, STYLE_NONE, json_get_string(boot, "network"));
        table_add(table, STYLE_NONE, boot_firmware(boot));
        table_add(table, style, bar_progress(fraction, look->width == 0 || look->width >= ROOMY ? BAR_COLUMNS : BAR_COLUMNS_NARROW, look->unicode, bar));
        table_addf(table, STYLE_NONE, "%d%%", (int) (fraction * 100));
        table_add(table, STYLE_NONE, text_duration(boot_elapsed(boot, look->now), took));
        if (ended) {
                table_addf(table, style, "%s%s%s", outcome ? outcome : "?", reason ? ": " : "", reason ? reason : "");
                return;
        }
        const json_t *diagnosis = json_get_object(boot, "diagnosis");
        if (diagnosis) {
                table_addf(table, STYLE_BAD, "stuck: %s", json_get_string(diagnosis, "reason"));
                return;
        }
        _cleanup_free_ char *words = last ? boot_step_words(last) : NULL;
        table_addf(table, STYLE_NONE, "%s%s%s", kind ? kind : "-", words && *words ? "  " : "", words ? words : "");
}

/* Which boots the lines go to: those in flight first, then the latest that ended; `chosen` gets a flag for each. */
static size_t choose(const json_t *boots, size_t lines, bool *chosen) {
        size_t n = 0;
        for (int ended = 0; ended < 2; ended++)
                for (size_t i = json_array_size(boots); i > 0 && n < lines; i--)
                        if (json_is_integer(json_object_get(json_array_get(boots, i - 1), "ended")) == ended) {
                                chosen[i - 1] = true;
                                n++;
                        }
        return n;
}

static void draw_title(const struct watch_list *list, size_t hidden, const char *banner, const struct look *look, FILE *out) {
        char line[256], more[64] = "";
        size_t failed = watch_list_machines(list, "failed") + watch_list_machines(list, "silent");
        if (hidden > 0)
                snprintf(more, sizeof more, ", %zu more not shown", hidden);
        snprintf(line, sizeof line, "%zu in flight, %zu inspected, %zu booted, %zu failed%s   %s", watch_list_running(list),
                 watch_list_machines(list, "inspected"), watch_list_machines(list, "booted"), failed, more, banner ? banner : "(q: quit)");
        size_t bytes = look->width > 0 ? text_fit(line, look->width, NULL) : strlen(line);
        fprintf(out, "%s%.*s%s\n", look_on(look, STYLE_TITLE), (int) bytes, line, look_off(look, STYLE_TITLE));
}

int watch_list_draw(const struct watch_list *list, unsigned height, const char *banner, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "MACHINE" }, { .title = "NETWORK", .shrinks = true }, { .title = "FIRMWARE", .shrinks = true }, { .title = "PROGRESS" },
                { .title = "", .right = true }, { .title = "TIME", .right = true }, { .title = "STEP", .shrinks = true }, {},
        };
        const json_t *boots = watch_list_boots(list);
        size_t total = json_array_size(boots), lines = height > 2 ? height - 2 : 1;
        _cleanup_free_ bool *chosen = calloc(total + 1, sizeof *chosen);
        _cleanup_(table_freep) struct table *table = table_new(columns);
        if (!chosen || !table)
                return -ENOMEM;

        size_t shown = choose(boots, lines, chosen);
        for (size_t i = 0; i < total; i++)
                if (chosen[i])
                        add_boot(table, json_array_get(boots, i), look);
        draw_title(list, total - shown, banner, look, out);
        if (shown == 0)
                return 1;
        int r = table_print(table, look, 0, out);
        return r < 0 ? r : (int) shown + 2;
}
