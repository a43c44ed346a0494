/* What the tests of how pxectl shows things share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

/* 2026-11-21 00:30:05 UTC */
#define NOW 1795221005000000

static const struct look plain = { .now = NOW };

/* JSON with ' for " and @N for N microseconds after the start of the test's boots, 30 s before NOW. */
static inline json_t *json(const char *text) {
        char *copy = NULL;
        size_t size;
        FILE *out = open_memstream(&copy, &size);
        for (const char *p = text; *p; p++) {
                if (*p == '@') {
                        char *end;
                        long offset = strtol(p + 1, &end, 10);
                        fprintf(out, "%lld", (long long) NOW - 30000000 + offset);
                        p = end - 1;
                } else
                        fputc(*p == '\'' ? '"' : *p, out);
        }
        fclose(out);
        json_t *value = json_loads(copy, 0, NULL);
        free(copy);
        assert_non_null(value);
        return value;
}

typedef int (*show_function)(const json_t *value, const struct look *look, FILE *out);

static inline void expect_shown(show_function show, const json_t *value, const struct look *look, const char *expected) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(show(value, look, out), 0);
        fclose(out);
        if (strcmp(text, expected) != 0)
                fprintf(stderr, "--- shown\n%s--- expected\n%s", text, expected);
        assert_string_equal(text, expected);
        free(text);
}

static inline void expect(show_function show, const char *input, const struct look *look, const char *expected) {
        _cleanup_json_ json_t *value = json(input);
        expect_shown(show, value, look, expected);
}
