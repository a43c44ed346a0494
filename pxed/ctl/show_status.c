#include <inttypes.h>
#include <string.h>

#include "pxed/ctl/field.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/table.h"
#include "pxed/ctl/text.h"

static enum style state_style(const char *state) {
        if (!state)
                return STYLE_FAINT;
        if (strcmp(state, "ready") == 0)
                return STYLE_GOOD;
        return strcmp(state, "absent") == 0 || strcmp(state, "waiting") == 0 ? STYLE_BAD : strcmp(state, "stopped") == 0 ? STYLE_FAINT : STYLE_WARN;
}

static void add_number(struct table *table, enum style style, const json_t *object, const char *key) {
        int64_t value = json_get_int(object, key, -1);
        if (value >= 0)
                table_addf(table, style, "%" PRId64, value);
        else
                table_add(table, STYLE_NONE, NULL);
}

static void add_since(struct table *table, const json_t *object, const char *key, const struct look *look) {
        char age[TEXT_NUMBER_SIZE];
        int64_t since = json_get_int(object, key, 0);
        table_add(table, STYLE_NONE, since > 0 ? text_age((uint64_t) since, look->now, age) : NULL);
}

/* What it said last of its process and its children is no longer so. */
static bool is_absent(const json_t *daemon) {
        const char *state = json_get_string(daemon, "state");
        return state && strcmp(state, "absent") == 0;
}

static void add_daemon(struct table *table, const json_t *daemon, int64_t revision, const struct look *look) {
        const char *state = json_get_string(daemon, "state");
        const json_t *connected = json_object_get(daemon, "connected");
        bool behind = revision >= 0 && json_get_int(daemon, "applied", revision) < revision;
        table_add(table, STYLE_NONE, json_get_string(daemon, "name"));
        table_add(table, state_style(state), state);
        add_number(table, STYLE_NONE, is_absent(daemon) ? NULL : daemon, "pid");
        add_since(table, is_absent(daemon) ? NULL : daemon, "started", look);
        if (json_is_boolean(connected))
                table_add(table, json_is_true(connected) ? STYLE_NONE : STYLE_BAD, json_is_true(connected) ? "connected" : "not connected");
        else
                table_add(table, STYLE_NONE, NULL);
        add_number(table, behind ? STYLE_WARN : STYLE_NONE, daemon, "applied");
        add_number(table, json_get_int(daemon, "queued", 0) > 0 ? STYLE_WARN : STYLE_NONE, daemon, "queued");
        add_number(table, json_get_int(daemon, "dropped", 0) > 0 ? STYLE_BAD : STYLE_NONE, daemon, "dropped");
}

static void add_child(struct table *table, const json_t *child, const struct look *look) {
        const char *state = json_get_string(child, "state"), *reason = json_get_string(child, "reason");
        bool loop = json_get_bool(child, "crashLoop", false);
        table_add(table, STYLE_NONE, json_get_string(child, "name"));
        table_add(table, loop ? STYLE_BAD : state_style(state), loop ? "crash loop" : state);
        add_number(table, STYLE_NONE, child, "pid");
        add_since(table, child, "since", look);
        add_number(table, json_get_int(child, "restarts", 0) > 0 ? STYLE_WARN : STYLE_NONE, child, "restarts");
        table_add(table, STYLE_NONE, reason);
}

static const struct table_column child_columns[] = {
        { .title = "CHILD", .shrinks = true }, { .title = "STATE" }, { .title = "PID", .right = true }, { .title = "SINCE", .right = true },
        { .title = "RESTARTS", .right = true }, { .title = "ENDED LAST BY", .shrinks = true }, {},
};

static int show_children(const json_t *daemons, const struct look *look, FILE *out) {
        _cleanup_(table_freep) struct table *table = table_new(child_columns);
        size_t i, j;
        json_t *daemon, *child;
        json_array_foreach(daemons, i, daemon)
                json_array_foreach(is_absent(daemon) ? NULL : json_get_array(daemon, "children"), j, child)
                        add_child(table, child, look);
        if (table && table_rows(table) == 0)
                return 0;
        fputc('\n', out);
        return table_print(table, look, 0, out);
}

static void show_absence(const char *daemon, const struct look *look, FILE *out) {
        fprintf(out, "%s%s%s: does not run, or cannot reach the bus: 'systemctl status %s' and 'journalctl -u %s' tell why\n",
                look_on(look, STYLE_BAD), daemon, look_off(look, STYLE_BAD), daemon, daemon);
}

static void show_problem(const json_t *problem, const char *daemon, const struct look *look, FILE *out) {
        char age[TEXT_NUMBER_SIZE];
        const char *subject = json_get_string(problem, "subject"), *reason = json_get_string(problem, "reason");
        fprintf(out, "%s%s%s: ", look_on(look, STYLE_BAD), daemon, look_off(look, STYLE_BAD));
        field_put(out, subject ? subject : "?");
        fputs(": ", out);
        field_put(out, reason ? reason : "?");
        text_age((uint64_t) json_get_int(problem, "since", 0), look->now, age);
        fprintf(out, " (%s%s)\n", strcmp(age, "now") == 0 ? "" : "for ", age);
}

static void show_problems_of(const json_t *daemon, const struct look *look, FILE *out, bool *any) {
        const char *name = json_get_string(daemon, "name");
        _cleanup_free_ char *safe = text_escape(name ? name : "?");
        const json_t *problems = is_absent(daemon) ? NULL : json_get_array(daemon, "problems");
        size_t i;
        json_t *problem;
        if (!*any && (is_absent(daemon) || json_array_size(problems) > 0)) {
                field_heading(out, look, "Problems");
                *any = true;
        }
        if (is_absent(daemon))
                show_absence(safe ? safe : "?", look, out);
        json_array_foreach(problems, i, problem)
                show_problem(problem, safe ? safe : "?", look, out);
}

static void show_problems(const json_t *daemons, const struct look *look, FILE *out) {
        size_t i;
        json_t *daemon;
        bool any = false;
        json_array_foreach(daemons, i, daemon)
                show_problems_of(daemon, look, out, &any);
}

int show_daemons(const json_t *daemons, int64_t revision, const struct look *look, FILE *out) {
        static const struct table_column columns[] = {
                { .title = "DAEMON" }, { .title = "STATE" }, { .title = "PID", .right = true }, { .title = "UP", .right = true }, { .title = "BUS" },
                { .title = "APPLIED", .right = true }, { .title = "QUEUED", .right = true }, { .title = "DROPPED", .right = true }, {},
        };
        _cleanup_(table_freep) struct table *table = table_new(columns);
        size_t i;
        json_t *daemon;
        json_array_foreach(daemons, i, daemon)
                add_daemon(table, daemon, revision, look);
        int r = table_print(table, look, 0, out);
        if (r >= 0)
                r = show_children(daemons, look, out);
        show_problems(daemons, look, out);
        return r;
}

static void count(FILE *out, const json_t *status, const char *key, const char *one, const char *many, const char *end) {
        int64_t n = json_get_int(status, key, 0);
        fprintf(out, "%" PRId64 " %s%s", n, n == 1 ? one : many, end);
}

int show_status(const json_t *status, const struct look *look, FILE *out) {
        const char *state = json_get_string(status, "state"), *version = json_get_string(status, "version");
        int64_t revision = json_get_int(status, "revision", -1);
        _cleanup_free_ char *safe = text_escape(version ? version : "?");
        fprintf(out, "pxed %s is %s%s%s, revision %" PRId64 "\n", safe ? safe : "?", look_on(look, state_style(state)),
                state && strcmp(state, "ready") == 0 ? "ready" : "degraded", look_off(look, state_style(state)), revision);
        count(out, status, "nodes", "node", "nodes", ", ");
        count(out, status, "networks", "network", "networks", ", ");
        count(out, status, "profiles", "profile", "profiles", ", ");
        count(out, status, "boots", "boot in flight", "boots in flight", "\n\n");
        return show_daemons(json_get_array(status, "daemons"), revision, look, out);
}

static void show_last_lines(const json_t *child, const struct look *look, FILE *out) {
        const json_t *lines = json_get_array(child, "lastLines");
        const char *name = json_get_string(child, "name");
        size_t i;
        json_t *line;
        if (json_array_size(lines) == 0)
                return;
        fprintf(out, "\n%sLast lines of ", look_on(look, STYLE_TITLE));
        field_put(out, name ? name : "?");
        fprintf(out, "%s\n", look_off(look, STYLE_TITLE));
        json_array_foreach(lines, i, line) {
                fputs("  ", out);
                field_put(out, json_is_string(line) ? json_string_value(line) : "?");
                fputc('\n', out);
        }
}

int show_daemon(const json_t *daemon, const struct look *look, FILE *out) {
        _cleanup_json_ json_t *one = json_pack("[O]", daemon);
        const char *version = json_get_string(daemon, "version");
        char when[TEXT_NUMBER_SIZE];
        int r = show_daemons(one, -1, look, out);
        fputc('\n', out);
        field_text(out, look, "Version", STYLE_NONE, version);
        field_text(out, look, "Started", STYLE_NONE, text_time((uint64_t) json_get_int(daemon, "started", 0), when));
        size_t i;
        json_t *child;
        json_array_foreach(json_get_array(daemon, "children"), i, child)
                show_last_lines(child, look, out);
        return r;
}
