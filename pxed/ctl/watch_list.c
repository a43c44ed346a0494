#include "pxed/ctl/watch_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/boot_words.h"
#include "pxed/ctl/field.h"
#include "pxed/ctl/text.h"

/* Ended boots are forgotten, oldest first, beyond this many in all, so that a watch may run for weeks. */
#define BOOTS_MAX 2000

#define KIND_WIDTH 11 /* "acknowledge" */

struct watch_list {
        json_t *boots; /* array, by growing id */
};

struct watch_list *watch_list_new(void) {
        struct watch_list *list = calloc(1, sizeof *list);
        if (list && !(list->boots = json_array()))
                list = watch_list_free(list);
        return list;
}

struct watch_list *watch_list_free(struct watch_list *list) {
        if (!list)
                return NULL;
        json_decref(list->boots);
        free(list);
        return NULL;
}

static bool has_ended(const json_t *boot) {
        return json_is_integer(json_object_get(boot, "ended"));
}

/* Where the boot with this id is, or should be put. */
static size_t place_of(const struct watch_list *list, json_int_t id) {
        size_t i = json_array_size(list->boots);
        while (i > 0 && json_get_int(json_array_get(list->boots, i - 1), "id", 0) >= id)
                i--;
        return i;
}

static json_t *find(const struct watch_list *list, json_int_t id) {
        json_t *boot = json_array_get(list->boots, place_of(list, id));
        return boot && json_get_int(boot, "id", 0) == id ? boot : NULL;
}

/* The same step goes on under the same time, kind and file. */
static const json_t *same_step(const json_t *steps, const json_t *step) {
        static const char *const keys[] = { "time", "kind", "file" };
        size_t i;
        json_t *other;
        json_array_foreach(steps, i, other) {
                bool same = true;
                for (size_t k = 0; k < ELEMENTS(keys) && same; k++) {
                        const json_t *a = json_object_get(other, keys[k]), *b = json_object_get(step, keys[k]);
                        same = json_equal((json_t *) a, (json_t *) b) || ((!a || json_is_null(a)) && (!b || json_is_null(b)));
                }
                if (same)
                        return other;
        }
        return NULL;
}

static void put_start(const json_t *boot, uint64_t time, FILE *out) {
        char clock[TEXT_NUMBER_SIZE], offset[TEXT_NUMBER_SIZE];
        int64_t at = (int64_t) (time - (uint64_t) json_get_int(boot, "started", 0));
        fprintf(out, "%s %9s  ", text_clock(time, clock), text_offset(at, offset));
        field_put(out, boot_machine(boot));
        fputs("  ", out);
}

static void put_step(const json_t *boot, const json_t *step, FILE *out) {
        const char *kind = json_get_string(step, "kind");
        _cleanup_free_ char *words = boot_step_words(step);
        put_start(boot, (uint64_t) json_get_int(step, "time", 0), out);
        field_put(out, kind ? kind : "?");
        if (words && *words) {
                size_t width = text_width(kind ? kind : "?");
                fprintf(out, "%*s", width < KIND_WIDTH ? (int) (KIND_WIDTH - width) + 2 : 2, "");
                field_put(out, words);
        }
        fputc('\n', out);
}

static void put_end(const json_t *boot, const struct look *look, FILE *out) {
        const char *outcome = json_get_string(boot, "outcome"), *reason = json_get_string(boot, "reason");
        enum style style = boot_outcome_style(outcome);
        char took[TEXT_NUMBER_SIZE];
        put_start(boot, (uint64_t) json_get_int(boot, "ended", 0), out);
        fputs(look_on(look, style), out);
        field_put(out, outcome ? outcome : "?");
        fprintf(out, "%s after %s", look_off(look, style), text_duration(boot_elapsed(boot, look->now), took));
        if (reason) {
                fputs(": ", out);
                field_put(out, reason);
        }
        fputc('\n', out);
}

static const char *signature(const json_t *boot) {
        return json_get_string(json_get_object(boot, "diagnosis"), "signature");
}

/* In flight, for another reason than before. */
static bool gets_stuck(const json_t *old, const json_t *boot) {
        const char *before = signature(old), *now = signature(boot);
        return now && !has_ended(boot) && strcmp(before ? before : "", now) != 0;
}

static void put_stuck(const json_t *boot, const struct look *look, FILE *out) {
        const char *reason = json_get_string(json_get_object(boot, "diagnosis"), "reason");
        put_start(boot, look->now, out);
        fprintf(out, "%sstuck%s: ", look_on(look, STYLE_BAD), look_off(look, STYLE_BAD));
        field_put(out, reason ? reason : signature(boot));
        fputc('\n', out);
}

/* An end is news once, unless the boot went on and ended otherwise. */
static bool ends_anew(const json_t *old, const json_t *boot) {
        const char *before = json_get_string(old, "outcome"), *now = json_get_string(boot, "outcome");
        return has_ended(boot) && (!has_ended(old) || strcmp(before ? before : "", now ? now : "") != 0);
}

static void put_changes(const json_t *old, const json_t *boot, const struct look *look, FILE *out) {
        const json_t *before = json_get_array(old, "steps");
        size_t i;
        json_t *step;
        json_array_foreach(json_get_array(boot, "steps"), i, step) {
                const json_t *known = same_step(before, step);
                if (!known || (boot_step_goes_on(known) && !boot_step_goes_on(step)))
                        put_step(boot, step, out);
        }
        if (gets_stuck(old, boot))
                put_stuck(boot, look, out);
        if (ends_anew(old, boot))
                put_end(boot, look, out);
}

static void forget_oldest(struct watch_list *list) {
        for (size_t i = 0; json_array_size(list->boots) > BOOTS_MAX && i < json_array_size(list->boots);) {
                if (has_ended(json_array_get(list->boots, i)))
                        json_array_remove(list->boots, i);
                else
                        i++;
        }
}

int watch_list_update(struct watch_list *list, const json_t *boot, const struct look *look, FILE *out) {
        json_int_t id = json_get_int(boot, "id", -1);
        if (id < 0)
                return -EINVAL;
        const json_t *old = find(list, id);
        if (old && json_equal((json_t *) old, (json_t *) boot))
                return 0;
        if (out)
                put_changes(old, boot, look, out);

        json_t *copy = json_deep_copy(boot);
        int r = !copy ? -1 : old ? json_array_set_new(list->boots, place_of(list, id), copy) : json_array_insert_new(list->boots, place_of(list, id), copy);
        forget_oldest(list);
        return r < 0 ? -ENOMEM : 1;
}

bool watch_list_runs(const struct watch_list *list, json_int_t id) {
        const json_t *boot = find(list, id);
        return boot && !has_ended(boot);
}

size_t watch_list_running(const struct watch_list *list) {
        size_t i, n = 0;
        json_t *boot;
        json_array_foreach(list->boots, i, boot)
                n += !has_ended(boot);
        return n;
}

size_t watch_list_machines(const struct watch_list *list, const char *outcome) {
        _cleanup_json_ json_t *macs = json_object();
        bool any = strcmp(outcome, "ended") == 0;
        size_t i;
        json_t *boot;
        json_array_foreach(list->boots, i, boot) {
                const char *is = json_get_string(boot, "outcome"), *mac = json_get_string(boot, "mac");
                if (has_ended(boot) && is && mac && (any || strcmp(is, outcome) == 0))
                        json_object_set_new(macs, mac, json_true());
        }
        return json_object_size(macs);
}

static const char *const countable[] = { "inspected", "booted", "failed", "silent", "ended" };

/* The next part of a condition: its outcome's number in `countable` and its count. Returns what follows, NULL after the last or -
 * with *ret_outcome SIZE_MAX - where it is wrong. */
static const char *next_part(const char *part, size_t *ret_outcome, size_t *ret_count) {
        char *end;
        *ret_outcome = SIZE_MAX;
        size_t length = strcspn(part, "=");
        if (part[length] != '=' || part[length + 1] < '0' || part[length + 1] > '9')
                return NULL;
        *ret_count = strtoul(part + length + 1, &end, 10);
        if ((*end != '\0' && *end != ',') || *ret_count > BOOTS_MAX / 2)
                return NULL;
        for (size_t i = 0; i < ELEMENTS(countable); i++)
                if (strlen(countable[i]) == length && strncmp(countable[i], part, length) == 0)
                        *ret_outcome = i;
        return *end == ',' ? end + 1 : NULL;
}

int watch_condition_check(const char *condition, const char **ret_problem) {
        size_t outcome, count;
        for (const char *part = condition; part;) {
                part = next_part(part, &outcome, &count);
                if (outcome == SIZE_MAX) {
                        *ret_problem = "it is OUTCOME=NUMBER[,OUTCOME=NUMBER...] with outcome inspected, booted, failed, silent or ended (any of them) "
                                       "and a number up to 1000";
                        return -EINVAL;
                }
        }
        return 0;
}

bool watch_condition_holds(const char *condition, const struct watch_list *list) {
        size_t outcome, count;
        for (const char *part = condition; part;) {
                part = next_part(part, &outcome, &count);
                if (outcome == SIZE_MAX || watch_list_machines(list, countable[outcome]) < count)
                        return false;
        }
        return true;
}

const json_t *watch_list_boots(const struct watch_list *list) {
        return list->boots;
}
