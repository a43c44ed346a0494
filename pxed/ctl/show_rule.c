/* Inspection rules, and what they would do. */
#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"

/* The ops of its actions. */
static char *list_actions(const json_t *rule) {
        _cleanup_json_ json_t *ops = json_array();
        json_t *action;
        size_t i;

        json_array_foreach(json_get_array(rule, "actions"), i, action)
                json_array_append(ops, json_object_get(action, "op"));
        return show_list(ops);
}

int show_rules(const json_t *rules, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NAME" }, { .title = "PRIORITY", .right = true }, { .title = "CONDITIONS", .right = true }, { .title = "ACTIONS", .shrinks = true },
                { .title = "DESCRIPTION", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        json_t *rule;
        size_t i;

        json_array_foreach(rules, i, rule) {
                _cleanup_free_ char *actions = list_actions(rule);
                table_add(table, STYLE_NONE, json_get_string(rule, "name"));
                table_addf(table, STYLE_NONE, "%" PRId64, json_get_int(rule, "priority", 0));
                table_addf(table, STYLE_NONE, "%zu", json_array_size(json_get_array(rule, "conditions")));
                table_add(table, STYLE_NONE, actions);
                table_add(table, STYLE_FAINT, json_get_string(rule, "description"));
        }
        return table_print(table, look, 0, out);
}

static void put_part(FILE *out, const char *text) {
        fputs("  ", out);
        field_put(out, text ? text : "?");
}

/* "/inventory/cpus  lt  8  (all)" */
static void show_condition(const json_t *condition, bool told, FILE *out) {
        const json_t *args = json_get_object(condition, "args");
        _cleanup_free_ char *value = show_value(json_object_get(args, "value"));
        const char *multiple = json_get_string(condition, "multiple");

        if (told)
                put_part(out, json_get_string(args, "field"));
        put_part(out, json_get_string(condition, "op"));
        if (json_object_get(args, "value"))
                put_part(out, value);
        if (multiple)
                fprintf(out, "  (%s)", multiple);
        fputc('\n', out);
}

/* "set-attribute  path: /tags  value: ["x"]" */
static void show_action(const json_t *action, FILE *out) {
        const char *name;
        json_t *value;

        put_part(out, json_get_string(action, "op"));
        json_object_foreach(json_object_get(action, "args"), name, value) {
                _cleanup_free_ char *text = show_value(value);
                put_part(out, name);
                fputs(": ", out);
                field_put(out, text ? text : "?");
        }
        fputc('\n', out);
}

int show_rule(const json_t *rule, const struct look *look, FILE *out) {
        const json_t *conditions = json_get_array(rule, "conditions"), *actions = json_get_array(rule, "actions");
        bool sensitive = json_get_bool(rule, "sensitive", false);
        json_t *part;
        size_t i;

        field_text(out, look, "Name", STYLE_TITLE, json_get_string(rule, "name"));
        field_text(out, look, "Description", STYLE_NONE, json_get_string(rule, "description"));
        field_format(out, look, "Priority", STYLE_NONE, "%" PRId64, json_get_int(rule, "priority", 0));
        field_format(out, look, "Revision", STYLE_NONE, "%" PRId64, json_get_int(rule, "revision", 0));
        field_text(out, look, "Sensitive", STYLE_NONE, sensitive ? "yes: its values are shown to nobody" : "no");
        field_heading(out, look, json_array_size(conditions) > 0 ? "When" : "Always");
        json_array_foreach(conditions, i, part)
                show_condition(part, !sensitive, out);
        field_heading(out, look, "Then");
        json_array_foreach(actions, i, part)
                show_action(part, out);
        return 0;
}

struct counts {
        size_t looked_at, matched, changed, failed;
};

static void count(struct counts *counts, const json_t *result) {
        counts->looked_at++;
        counts->matched += json_array_size(json_get_array(result, "rules")) > 0;
        counts->changed += json_array_size(json_get_array(result, "changes")) > 0;
        counts->failed += json_get_string(result, "failure") != NULL;
}

static void add_row(struct table *table, const json_t *result, const char *rules, const char *what, const json_t *change, enum style style) {
        table_add(table, STYLE_NONE, json_get_string(result, "name"));
        table_add(table, STYLE_NONE, rules);
        table_add(table, style, what);
        table_add(table, STYLE_NONE, json_get_string(change, "before"));
        table_add(table, STYLE_NONE, json_get_string(change, "after"));
}

/* A row for each change; of those that are not concerned, none. */
static void add_result(struct table *table, const json_t *result) {
        _cleanup_free_ char *rules = show_list(json_get_array(result, "rules"));
        const json_t *changes = json_get_array(result, "changes");
        const char *failure = json_get_string(result, "failure");
        json_t *change;
        size_t i;

        if (failure) {
                _cleanup_json_ json_t *reason = json_pack("{s:s}", "after", failure);
                add_row(table, result, rules, "fails", reason, STYLE_BAD);
        } else if (json_array_size(changes) == 0 && json_array_size(json_get_array(result, "rules")) > 0)
                add_row(table, result, rules, "nothing", NULL, STYLE_FAINT);
        json_array_foreach(changes, i, change)
                add_row(table, result, rules, json_get_string(change, "pointer"), change, STYLE_NONE);
}

int show_rule_results(const json_t *results, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "NODE" }, { .title = "RULES", .shrinks = true }, { .title = "CHANGES" }, { .title = "BEFORE", .shrinks = true }, { .title = "AFTER", .shrinks = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        struct counts counts = { 0 };
        json_t *result;
        size_t i;
        int r = 0;

        json_array_foreach(results, i, result) {
                count(&counts, result);
                add_result(table, result);
        }
        if (table_rows(table) > 0)
                r = table_print(table, look, 0, out);
        fprintf(out, "%s%zu node%s with an inventory: %zu matched, %zu would change, %zu would fail\n", table_rows(table) > 0 ? "\n" : "", counts.looked_at,
                counts.looked_at == 1 ? "" : "s", counts.matched, counts.changed, counts.failed);
        return r;
}
