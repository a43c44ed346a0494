/* Regular expressions of rules, by PCRE2, which can be told how much an expression may take: others write them, and machines send the texts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "pxed/inspection/rule_internal.h"

#define PATTERN_MAX 256
#define GROUPS_MAX 16
/* Compiled, in bytes: repetitions are written out. */
#define COMPILED_MAX (8 * 1024)
/* Steps that a match may take for each byte of its text, and besides; and KiB of memory. Nested repetitions need far more, ordinary expressions a few. */
#define STEPS_OF_BYTE 16
#define STEPS_MORE 256
#define HEAP_MAX 256

struct rule_regex {
        pcre2_code *code;
        pcre2_match_data *data;
        pcre2_match_context *context;
};

/* `place`: where in the expression, from 0. */
static int refuse(int error, size_t place, char *reason, size_t size) {
        char words[128];

        if (error == PCRE2_ERROR_NOMEMORY)
                return -ENOMEM;
        bool known = pcre2_get_error_message(error, (PCRE2_UCHAR *) words, sizeof words) >= 0;
        snprintf(reason, size, "%s (at byte %zu)", known ? words : "it cannot be understood", place);
        return -EINVAL;
}

/* Groups remember nothing, so that there is no "\1". */
static int compile(const char *pattern, bool whole, pcre2_code **ret, char *reason, size_t size) {
        const uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C |
                                 (whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0);
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        int error = PCRE2_ERROR_NOMEMORY;
        PCRE2_SIZE place = 0;

        if (!context)
                return -ENOMEM;
        pcre2_set_parens_nest_limit(context, GROUPS_MAX);
        pcre2_set_max_pattern_length(context, PATTERN_MAX);
        *ret = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED, options, &error, &place, context);
        pcre2_compile_context_free(context);
        return *ret ? 0 : refuse(error, place, reason, size);
}

int rule_regex_new(const char *pattern, bool whole, struct rule_regex **ret, char *reason, size_t size) {
        _cleanup_(rule_regex_freep) struct rule_regex *regex = calloc(1, sizeof *regex);
        size_t compiled = 0;

        if (!regex)
                return -ENOMEM;
        int r = compile(pattern, whole, &regex->code, reason, size);
        if (r < 0)
                return r;
        (void) pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &compiled);
        if (compiled > COMPILED_MAX) {
                snprintf(reason, size, "its repetitions, written out, take more than %d KiB", COMPILED_MAX / 1024);
                return -EINVAL;
        }
        regex->data = pcre2_match_data_create(1, NULL);
        regex->context = pcre2_match_context_create(NULL);
        if (!regex->data || !regex->context)
                return -ENOMEM;
        pcre2_set_heap_limit(regex->context, HEAP_MAX);
        *ret = TAKE_POINTER(regex);
        return 0;
}

struct rule_regex *rule_regex_free(struct rule_regex *regex) {
        if (!regex)
                return NULL;
        pcre2_match_context_free(regex->context);
        pcre2_match_data_free(regex->data);
        pcre2_code_free(regex->code);
        free(regex);
        return NULL;
}

int rule_regex_match(const struct rule_regex *regex, const char *text) {
        size_t length = strnlen(text, RULE_SUBJECT_MAX + 1);

        if (length > RULE_SUBJECT_MAX)
                return 0;
        pcre2_set_match_limit(regex->context, (uint32_t) (length * STEPS_OF_BYTE + STEPS_MORE));
        int r = pcre2_match(regex->code, (PCRE2_SPTR) text, length, 0, 0, regex->data, regex->context);
        if (r == PCRE2_ERROR_NOMEMORY)
                return -ENOMEM;
        if (r == PCRE2_ERROR_MATCHLIMIT || r == PCRE2_ERROR_DEPTHLIMIT || r == PCRE2_ERROR_HEAPLIMIT)
                return -EFBIG;
        return r >= 0;
}

size_t rule_regex_work(size_t length) {
        return length + STEPS_MORE / STEPS_OF_BYTE;
}
