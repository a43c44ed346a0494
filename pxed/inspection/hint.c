#include "pxed/inspection/hint.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define GIB ((int64_t) 1 << 30)
/* More GiB than any disk has: what is larger need not be computed with. */
#define SIZE_GIB_MAX ((int64_t) 1 << 32)
#define BLANKS " \t\n\v\f\r"
/* What is told of a disk's text. */
#define SHOWN_SIZE 100

enum hint_type { HINT_TEXT, HINT_NUMBER, HINT_BOOL };

/* By Ironic's name. */
static const struct hint_kind {
        const char *name;
        const char *member; /* of type Disk */
        enum hint_type type;
} kinds[] = {
        { "size", "size", HINT_NUMBER },
        { "model", "model", HINT_TEXT },
        { "vendor", "vendor", HINT_TEXT },
        { "serial", "serial", HINT_TEXT },
        { "wwn", "wwn", HINT_TEXT },
        { "wwn_with_extension", "wwnWithExtension", HINT_TEXT },
        { "wwn_vendor_extension", "wwnVendorExtension", HINT_TEXT },
        { "hctl", "hctl", HINT_TEXT },
        { "name", "name", HINT_TEXT },
        { "by_path", "byPath", HINT_TEXT },
        { "tran", "transport", HINT_TEXT },
        { "rotational", "rotational", HINT_BOOL },
};

enum operator { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_OR, OP_ALL_IN, OP_RANGE };

/* One that begins like another stands before it. */
static const struct {
        const char *text;
        enum operator operator;
        bool numbers, texts;
} operators[] = {
        { "<all-in>", OP_ALL_IN, false, true },
        { "<in>", OP_IN, false, true },
        { "<or>", OP_OR, true, true },
        { "<range-in>", OP_RANGE, true, false },
        { "s==", OP_EQ, false, true },
        { "s!=", OP_NE, false, true },
        { "s<=", OP_LE, false, true },
        { "s<", OP_LT, false, true },
        { "s>=", OP_GE, false, true },
        { "s>", OP_GT, false, true },
        { "==", OP_EQ, true, false },
        { "!=", OP_NE, true, false },
        { "<=", OP_LE, true, false },
        { "<", OP_LT, true, false },
        { ">=", OP_GE, true, false },
        { ">", OP_GT, true, false },
        { "=", OP_GE, true, false },
};

struct hint {
        const struct hint_kind *kind;
        enum operator operator;
        size_t n_values;
        char values[HINT_VALUES_MAX][HINT_TEXT_MAX + 1];
        int64_t numbers[HINT_VALUES_MAX];
        bool truth;
        bool without_first, without_last; /* of a range: its ends are not in it */
        char text[HINT_TEXT_MAX + 1]; /* as it was written */
};

struct hints {
        size_t count;
        struct hint list[ELEMENTS(kinds)];
};

#define REFUSE(...) (snprintf(reason, HINT_REASON_SIZE, __VA_ARGS__), -EINVAL)

static const struct hint_kind *find_kind(const char *name) {
        for (size_t i = 0; i < ELEMENTS(kinds); i++)
                if (strcmp(kinds[i].name, name) == 0)
                        return &kinds[i];
        return NULL;
}

static int refuse_name(char reason[static HINT_REASON_SIZE]) {
        int size = snprintf(reason, HINT_REASON_SIZE, "there is no hint of this name: ");
        for (size_t i = 0; i < ELEMENTS(kinds) && size < HINT_REASON_SIZE; i++)
                size += snprintf(reason + size, (size_t) (HINT_REASON_SIZE - size), "%s%s", i ? ", " : "", kinds[i].name);
        return -EINVAL;
}

static int parse_number(struct hint *hint, const char *text, char reason[static HINT_REASON_SIZE]) {
        char *end;
        errno = 0;
        long long number = isdigit((unsigned char) *text) ? strtoll(text, &end, 10) : 0;
        if (number <= 0 || errno || *end || number > SIZE_GIB_MAX)
                return REFUSE("\"%.64s\" is no size: give GiB, a whole number from 1", text);
        hint->numbers[hint->n_values - 1] = number;
        return 0;
}

/* A value between blanks that do not count. */
static int add_value(struct hint *hint, const char *text, size_t length, char reason[static HINT_REASON_SIZE]) {
        while (length > 0 && isspace((unsigned char) *text)) {
                text++;
                length--;
        }
        while (length > 0 && isspace((unsigned char) text[length - 1]))
                length--;
        if (length == 0)
                return REFUSE("a value is missing");
        if (hint->n_values == HINT_VALUES_MAX)
                return REFUSE("more than %d values", HINT_VALUES_MAX);
        char *value = hint->values[hint->n_values++];
        memcpy(value, text, length);
        value[length] = '\0';
        return hint->kind->type == HINT_NUMBER ? parse_number(hint, value, reason) : 0;
}

/* What stands between one "<or>" and the next. */
static int add_alternatives(struct hint *hint, const char *text, char reason[static HINT_REASON_SIZE]) {
        int r = 0;
        while (r == 0 && text) {
                const char *next = strstr(text, "<or>");
                r = add_value(hint, text, next ? (size_t) (next - text) : strlen(text), reason);
                text = next ? next + strlen("<or>") : NULL;
        }
        return r;
}

static int add_words(struct hint *hint, const char *text, char reason[static HINT_REASON_SIZE]) {
        int r = 0;
        for (text += strspn(text, BLANKS); r == 0 && *text; text += strspn(text, BLANKS)) {
                size_t length = strcspn(text, BLANKS);
                r = add_value(hint, text, length, reason);
                text += length;
        }
        return r == 0 && hint->n_values == 0 ? REFUSE("a value is missing") : r;
}

/* "[ 10 20 ]": both in it; '(' and ')' leave an end out. */
static int add_range(struct hint *hint, const char *text, char reason[static HINT_REASON_SIZE]) {
        char words[HINT_TEXT_MAX + 1];

        text += strspn(text, BLANKS);
        size_t length = strlen(text);
        while (length > 0 && strchr(BLANKS, text[length - 1]))
                length--;
        if (length < 2 || !strchr("[(", text[0]) || !strchr("])", text[length - 1]))
                return REFUSE("a range is two sizes in brackets: [ 100 200 ], and with ( or ) without that end");
        hint->without_first = text[0] == '(';
        hint->without_last = text[length - 1] == ')';
        snprintf(words, sizeof words, "%.*s", (int) length - 2, text + 1);
        int r = add_words(hint, words, reason);
        if (r < 0 && hint->n_values > 0)
                return r;
        if (hint->n_values != 2)
                return REFUSE("a range is two sizes in brackets: [ 100 200 ], and with ( or ) without that end");
        return hint->numbers[0] <= hint->numbers[1] ? 0 : REFUSE("the first size of a range is the smaller one");
}

static int parse_expression(struct hint *hint, const char *text, char reason[static HINT_REASON_SIZE]) {
        text += strspn(text, BLANKS);
        hint->operator = OP_EQ;
        for (size_t i = 0; i < ELEMENTS(operators); i++) {
                size_t length = strlen(operators[i].text);
                if (strncasecmp(text, operators[i].text, length) != 0)
                        continue;
                if (hint->kind->type == HINT_NUMBER ? !operators[i].numbers : !operators[i].texts)
                        return hint->kind->type == HINT_NUMBER
                                       ? REFUSE("%s compares texts, and this is a number: give =, ==, !=, <=, <, >=, >, <range-in> or <or>", operators[i].text)
                                       : REFUSE("%s compares numbers, and this is a text: give s==, s!=, s<=, s<, s>=, s>, <in>, <all-in> or <or>",
                                                operators[i].text);
                hint->operator = operators[i].operator;
                text += length;
                break;
        }
        if (hint->operator == OP_OR)
                return add_alternatives(hint, text, reason);
        if (hint->operator == OP_ALL_IN)
                return add_words(hint, text, reason);
        if (hint->operator == OP_RANGE)
                return add_range(hint, text, reason);
        return add_value(hint, text, strlen(text), reason);
}

/* The words that Ironic takes. */
static int parse_bool(struct hint *hint, const char *text, char reason[static HINT_REASON_SIZE]) {
        static const char *const words[] = { "false", "true", "no", "yes", "0", "1", "off", "on", "f", "t", "n", "y" };
        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcasecmp(words[i], text) == 0) {
                        hint->truth = i % 2 == 1;
                        return 0;
                }
        return REFUSE("\"%.64s\" is neither true nor false", text);
}

/* A value as text, in hint->text: numbers and booleans may be such in JSON too. */
static int read_text(struct hint *hint, const json_t *value, char reason[static HINT_REASON_SIZE]) {
        if (json_is_integer(value) && hint->kind->type == HINT_NUMBER)
                snprintf(hint->text, sizeof hint->text, "%lld", (long long) json_integer_value(value));
        else if (json_is_boolean(value) && hint->kind->type == HINT_BOOL)
                snprintf(hint->text, sizeof hint->text, "%s", json_is_true(value) ? "true" : "false");
        else if (!json_is_string(value))
                return REFUSE("it has to be %s", hint->kind->type == HINT_NUMBER ? "a whole number, or a text with an operator"
                                                 : hint->kind->type == HINT_BOOL ? "true or false" : "a text");
        else if (json_string_length(value) > HINT_TEXT_MAX)
                return REFUSE("more than %d bytes", HINT_TEXT_MAX);
        else
                strcpy(hint->text, json_string_value(value));
        for (const char *at = hint->text; *at; at++)
                if (iscntrl((unsigned char) *at))
                        return REFUSE("it has a control character");
        return 0;
}

static int parse_hint(struct hint *hint, const json_t *value, char reason[static HINT_REASON_SIZE]) {
        int r = read_text(hint, value, reason);
        if (r < 0)
                return r;
        return hint->kind->type == HINT_BOOL ? parse_bool(hint, hint->text, reason) : parse_expression(hint, hint->text, reason);
}

int hints_parse(const json_t *json, struct hints **ret, const char **ret_name, char reason[static HINT_REASON_SIZE]) {
        _cleanup_(hints_freep) struct hints *hints = calloc(1, sizeof *hints);
        const char *name;
        json_t *value;

        if (!hints)
                return -ENOMEM;
        json_object_foreach((json_t *) json, name, value) {
                const struct hint_kind *kind = find_kind(name);
                if (ret_name)
                        *ret_name = name;
                /* Before there is a place for it: the list has one for each that there is. */
                if (!kind)
                        return refuse_name(reason);
                struct hint *hint = &hints->list[hints->count];
                hint->kind = kind;
                int r = parse_hint(hint, value, reason);
                if (r < 0)
                        return r;
                hints->count++;
        }
        *ret = TAKE_POINTER(hints);
        return 0;
}

struct hints *hints_free(struct hints *hints) {
        free(hints);
        return NULL;
}

/* `order`: of the disk's value to the hint's. */
static bool is_fulfilled(enum operator operator, int order) {
        switch (operator) {
        case OP_NE:
                return order != 0;
        case OP_LT:
                return order < 0;
        case OP_LE:
                return order <= 0;
        case OP_GT:
                return order > 0;
        case OP_GE:
                return order >= 0;
        default:
                return order == 0;
        }
}

static bool match_text(const struct hint *hint, const char *value) {
        bool all = hint->operator != OP_OR;
        for (size_t i = 0; i < hint->n_values; i++) {
                bool part = hint->operator == OP_IN || hint->operator == OP_ALL_IN;
                bool fulfilled = part ? strcasestr(value, hint->values[i]) != NULL
                                      : is_fulfilled(hint->operator, strcasecmp(value, hint->values[i]));
                if (fulfilled != all)
                        return fulfilled;
        }
        return all;
}

static int compare_sizes(int64_t bytes, int64_t gib) {
        int64_t wanted = gib * GIB;
        return bytes < wanted ? -1 : bytes > wanted;
}

/* In bytes, so that a disk of 10.5 GiB is neither 10 nor 11. */
static bool match_number(const struct hint *hint, int64_t bytes) {
        bool all = hint->operator != OP_OR;
        if (hint->operator == OP_RANGE)
                return is_fulfilled(hint->without_first ? OP_GT : OP_GE, compare_sizes(bytes, hint->numbers[0])) &&
                       is_fulfilled(hint->without_last ? OP_LT : OP_LE, compare_sizes(bytes, hint->numbers[1]));
        for (size_t i = 0; i < hint->n_values; i++) {
                bool fulfilled = is_fulfilled(hint->operator, compare_sizes(bytes, hint->numbers[i]));
                if (fulfilled != all)
                        return fulfilled;
        }
        return all;
}

static bool match_size(const struct hint *hint, const json_t *value, char why[static HINT_REASON_SIZE]) {
        int64_t bytes = json_integer_value(value);
        if (!json_is_integer(value) || bytes < 0) {
                snprintf(why, HINT_REASON_SIZE, "its size is not known");
                return false;
        }
        if (bytes % GIB == 0)
                snprintf(why, HINT_REASON_SIZE, "size is %" PRId64 " GiB", bytes / GIB);
        else
                snprintf(why, HINT_REASON_SIZE, "size is %" PRId64 ".%02" PRId64 " GiB", bytes / GIB, (bytes % GIB) * 100 / GIB);
        return match_number(hint, bytes);
}

static bool match(const struct hint *hint, const json_t *disk, char why[static HINT_REASON_SIZE]) {
        const json_t *value = json_object_get(disk, hint->kind->member);
        const char *text = json_string_value(value);
        char shown[SHOWN_SIZE];

        if (hint->kind->type == HINT_NUMBER)
                return match_size(hint, value, why);
        if (hint->kind->type == HINT_BOOL ? !json_is_boolean(value) : !text || !*text) {
                snprintf(why, HINT_REASON_SIZE, "its %s is not known", hint->kind->name);
                return false;
        }
        if (hint->kind->type == HINT_BOOL) {
                snprintf(why, HINT_REASON_SIZE, "rotational is %s", json_is_true(value) ? "true" : "false");
                return json_is_true(value) == hint->truth;
        }
        text_clean(shown, sizeof shown, text, strlen(text));
        snprintf(why, HINT_REASON_SIZE, "%s is %s", hint->kind->name, shown);
        return match_text(hint, text);
}

bool hints_match(const struct hints *hints, const json_t *disk, char why[static HINT_REASON_SIZE]) {
        for (size_t i = 0; i < hints->count; i++)
                if (!match(&hints->list[i], disk, why))
                        return false;
        return true;
}

char *hints_describe(const struct hints *hints, char *buffer, size_t size) {
        size_t used = 0;
        *buffer = '\0';
        for (size_t i = 0; i < hints->count && used < size; i++)
                used += (size_t) snprintf(buffer + used, size - used, "%s%s %s", i ? ", " : "", hints->list[i].kind->name, hints->list[i].text);
        return buffer;
}
