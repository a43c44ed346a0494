/* A run of chosen hooks over documents that are written as JSON with ' in the place of ". */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pxed/inspection/options.h"
#include "pxed/inspection/run.h"

static inline json_t *quoted(const char *text) {
        _cleanup_free_ char *copy = strdup(text);
        json_error_t error;
        for (char *at = copy; *at; at++)
                if (*at == '\'')
                        *at = '"';
        json_t *json = json_loads(copy, JSON_DECODE_ANY, &error);
        if (!json)
                fail_msg("%s: %s", error.text, copy);
        return json;
}

static inline void use_hooks(struct inspection_options *options, const char *names) {
        char reason[OPTIONS_REASON_SIZE] = "";
        if (inspection_set_hooks(options, names, reason) < 0)
                fail_msg("%s", reason);
}

/* What a run takes and what came out of it. */
struct run_test {
        struct inspection_options options;
        const char *node, *inventory, *raw, *previous, *failure; /* NULL: an empty object; of `previous` and `failure` none */
        struct run_outcome outcome;
};

/* Runs, and sees that what went in is as it was, and that a failed run gives nothing. */
static inline void run_hooks(struct run_test *t) {
        _cleanup_json_ json_t *node = quoted(t->node ?: "{'ports': []}"), *inventory = quoted(t->inventory ?: "{}");
        _cleanup_json_ json_t *raw = quoted(t->raw ?: "{}"), *previous = t->previous ? quoted(t->previous) : NULL;
        _cleanup_json_ json_t *before = json_pack("[o, o, o]", json_deep_copy(node), json_deep_copy(inventory), json_deep_copy(raw));
        _cleanup_json_ json_t *after = json_pack("[O, O, O]", node, inventory, raw);
        struct run_input input = { .node = node, .inventory = inventory, .raw = raw, .previous = previous, .failure = t->failure, .options = &t->options };
        run_outcome_clear(&t->outcome);
        assert_int_equal(inspection_run(&input, &t->outcome), 0);
        assert_true(json_equal(before, after));
        assert_int_equal(t->outcome.node == NULL, *t->outcome.failed != '\0');
        assert_int_equal(t->outcome.plugin_data == NULL, *t->outcome.failed != '\0');
}

static inline void assert_failed(struct run_test *t, const char *hook, const char *part) {
        run_hooks(t);
        assert_string_equal(t->outcome.failed, hook);
        if (!strstr(t->outcome.reason, part))
                fail_msg("\"%s\" does not say \"%s\"", t->outcome.reason, part);
}

static inline void assert_json(const json_t *json, const char *expected) {
        _cleanup_json_ json_t *other = quoted(expected);
        _cleanup_free_ char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        if (!json_equal(json, other))
                fail_msg("%s is not %s", text, expected);
}

static inline void assert_node(struct run_test *t, const char *expected) {
        run_hooks(t);
        assert_string_equal(t->outcome.reason, "");
        assert_json(t->outcome.node, expected);
}
