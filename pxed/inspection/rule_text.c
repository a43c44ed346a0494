/* "{POINTER}" in the texts of a rule: what it names is put there when the rule runs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/json_pointer.h"
#include "lib/text.h"
#include "pxed/inspection/rule_internal.h"

/* The next "{/...}" of a text: its pointer, copied. NULL: there is none, or (with *ret_problem) it does not end or is too long. */
static const char *next_reference(const char *text, char pointer[static JSON_POINTER_MAX + 1], const char **ret_end, const char **ret_problem) {
        const char *begin = strstr(text, "{/"), *end = begin ? strchr(begin, '}') : NULL;

        *ret_problem = NULL;
        if (!begin)
                return NULL;
        if (!end)
                *ret_problem = "\"{/\" begins a pointer, which has to end with '}'";
        else if (end - begin - 1 > JSON_POINTER_MAX)
                *ret_problem = "a pointer has at most 512 bytes";
        if (*ret_problem)
                return NULL;
        snprintf(pointer, JSON_POINTER_MAX + 1, "%.*s", (int) (end - begin - 1), begin + 1);
        *ret_end = end + 1;
        return begin;
}

static int references_of_text(const char *text, char *reason, size_t size) {
        char pointer[JSON_POINTER_MAX + 1], buffer[200];
        const char *problem;
        int count = 0;

        while (next_reference(text, pointer, &text, &problem)) {
                const char *wrong = rule_field_problem(pointer, buffer, sizeof buffer);
                if (wrong) {
                        snprintf(reason, size, "{%.60s}: %s", pointer, wrong);
                        return -EINVAL;
                }
                count++;
        }
        if (!problem)
                return count;
        snprintf(reason, size, "%s", problem);
        return -EINVAL;
}

int rule_references(const json_t *value, char *reason, size_t size) {
        const char *key;
        json_t *child;
        size_t i;
        int count = 0, r = 0;

        if (json_is_string(value))
                return references_of_text(json_string_value(value), reason, size);
        json_object_foreach((json_t *) value, key, child) {
                r = rule_references(child, reason, size);
                if (r < 0)
                        return r;
                count += r;
        }
        json_array_foreach((json_t *) value, i, child) {
                r = rule_references(child, reason, size);
                if (r < 0)
                        return r;
                count += r;
        }
        return count;
}

/* Takes bytes from what is left; false: there are not so many. */
static bool take(size_t *left, size_t bytes) {
        if (bytes > *left)
                return false;
        *left -= bytes;
        return true;
}

static bool measure(const json_t *value, unsigned depth, size_t *left) {
        const char *key;
        json_t *child;
        size_t i;

        if (json_is_string(value))
                return take(left, json_string_length(value) + 2);
        if (!json_is_object(value) && !json_is_array(value))
                return take(left, 8);
        if (depth == 0 || !take(left, 2))
                return false;
        json_object_foreach((json_t *) value, key, child)
                if (!take(left, strlen(key) + 4) || !measure(child, depth - 1, left))
                        return false;
        json_array_foreach((json_t *) value, i, child)
                if (!take(left, 1) || !measure(child, depth - 1, left))
                        return false;
        return true;
}

size_t rule_value_size(const json_t *value, size_t max, unsigned depth) {
        size_t left = max;

        return measure(value, depth, &left) ? max - left : SIZE_MAX;
}

static int append_value(const char *pointer, json_t *value, void *userdata) {
        json_t *list = userdata;

        if (json_array_size(list) >= RULE_VALUE_MAX)
                return -EFBIG;
        return json_array_append(list, value) < 0 ? -ENOMEM : 0;
}

/* What a pointer names: the value itself, or a list of what a pattern names (new reference, its values borrowed from the document). */
static int look_up(const json_t *document, const char *pointer, size_t *work, json_t **ret) {
        if (!json_pointer_is_pattern(pointer)) {
                json_t *value = json_pointer_get(document, pointer);
                if (!value || json_is_null(value))
                        return -ENOENT;
                *ret = json_incref(value);
                return 0;
        }
        _cleanup_json_ json_t *list = json_array();
        int r = list ? json_pointer_each_within(document, pointer, work, append_value, list) : -ENOMEM;
        if (r < 0)
                return r == -ENOMEM || r == -E2BIG ? r : -EFBIG;
        *ret = TAKE_POINTER(list);
        return 0;
}

/* What is being filled in, and how much it may still take. */
struct filling {
        const json_t *document;
        enum rule_fill_mode mode;
        const char *none; /* put into a text where nothing is there; NULL: that is an error */
        size_t left;
        size_t *work; /* of RULE_WORK_MAX */
        char *reason;
        size_t size;
};

/* Says which pointer it was. Returns the error, for which all that is too much is -EFBIG. */
static int say(struct filling *filling, int error, const char *pointer) {
        if (error == -ENOENT)
                snprintf(filling->reason, filling->size, "there is no %.100s", pointer);
        else if (error == -EFBIG)
                snprintf(filling->reason, filling->size, "with %.100s it is too large: a text has at most %d bytes, a value %d", pointer,
                         RULE_TEXT_MAX, RULE_VALUE_MAX);
        else if (error == -E2BIG)
                snprintf(filling->reason, filling->size, "with %.100s the rules look at more than %d values", pointer, RULE_WORK_MAX);
        return error == -E2BIG ? -EFBIG : error;
}

struct filled {
        char text[RULE_TEXT_MAX + 1];
        size_t length;
};

static int append(struct filled *filled, const char *text, size_t length) {
        if (length > RULE_TEXT_MAX - filled->length)
                return -EFBIG;
        memcpy(filled->text + filled->length, text, length);
        filled->length += length;
        filled->text[filled->length] = '\0';
        return 0;
}

static int append_json(struct filled *filled, const json_t *value) {
        if (rule_value_size(value, RULE_TEXT_MAX, RULE_VALUE_DEPTH) == SIZE_MAX)
                return -EFBIG;
        _cleanup_free_ char *json = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        return json ? append(filled, json, strlen(json)) : -ENOMEM;
}

static int append_scalar(struct filled *filled, const json_t *value) {
        return json_is_string(value) ? append(filled, json_string_value(value), json_string_length(value)) : append_json(filled, value);
}

/* A text as it is; those of a list with ", " between them; all else as JSON. */
static int append_words(struct filled *filled, const json_t *value) {
        const json_t *child;
        size_t i;
        int r = 0;

        if (!json_is_array(value))
                return append_scalar(filled, value);
        json_array_foreach((json_t *) value, i, child) {
                if (r == 0 && i > 0)
                        r = append(filled, ", ", 2);
                if (r == 0)
                        r = append_scalar(filled, child);
        }
        return r;
}

static int fill_text(struct filling *filling, const char *text, struct filled *filled) {
        char pointer[JSON_POINTER_MAX + 1] = "what is in it";
        const char *begin, *end, *problem;
        int r = 0;

        filled->text[0] = '\0';
        filled->length = 0;
        while (r == 0 && (begin = next_reference(text, pointer, &end, &problem))) {
                _cleanup_json_ json_t *value = NULL;
                r = append(filled, text, (size_t) (begin - text));
                if (r == 0)
                        r = look_up(filling->document, pointer, filling->work, &value);
                if (r == 0)
                        r = append_words(filled, value);
                else if (r == -ENOENT && filling->none)
                        r = append(filled, filling->none, strlen(filling->none));
                text = end;
        }
        if (r == 0)
                r = append(filled, text, strlen(text));
        if (r == 0 && !take(&filling->left, filled->length + 2))
                r = -EFBIG;
        return say(filling, r, pointer);
}

/* Of a text that is one reference and nothing else, the pointer. */
static bool is_one_reference(const char *text, char pointer[static JSON_POINTER_MAX + 1]) {
        const char *end, *problem;

        return next_reference(text, pointer, &end, &problem) == text && *end == '\0';
}

static int fill_whole(struct filling *filling, const char *pointer, json_t **ret) {
        _cleanup_json_ json_t *value = NULL;
        int r = look_up(filling->document, pointer, filling->work, &value);

        if (r == -ENOENT && filling->mode == FILL_LENIENT) {
                *ret = json_null();
                return 0;
        }
        if (r == 0 && !measure(value, RULE_VALUE_DEPTH, &filling->left))
                r = -EFBIG;
        if (r < 0)
                return say(filling, r, pointer);
        /* Copied, since what is edited may be within it. */
        *ret = json_deep_copy(value);
        return *ret ? 0 : -ENOMEM;
}

static int fill_string(struct filling *filling, const json_t *value, json_t **ret) {
        char pointer[JSON_POINTER_MAX + 1];
        struct filled filled;

        if (filling->mode != FILL_TEXT && is_one_reference(json_string_value(value), pointer))
                return fill_whole(filling, pointer, ret);
        int r = fill_text(filling, json_string_value(value), &filled);
        if (r < 0)
                return r;
        *ret = json_stringn(filled.text, filled.length);
        return *ret ? 0 : -ENOMEM;
}

static int fill(struct filling *filling, const json_t *value, json_t **ret);

static int fill_members(struct filling *filling, const json_t *value, json_t *into) {
        const char *key;
        json_t *child, *filled;
        size_t i;

        json_object_foreach((json_t *) value, key, child) {
                int r = fill(filling, child, &filled);
                if (r == 0 && json_object_set_new(into, key, filled) < 0)
                        r = -ENOMEM;
                if (r < 0)
                        return r;
        }
        json_array_foreach((json_t *) value, i, child) {
                int r = fill(filling, child, &filled);
                if (r == 0 && json_array_append_new(into, filled) < 0)
                        r = -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Recurses as deep as the rule's own value, whose depth is bounded when it is added. */
static int fill(struct filling *filling, const json_t *value, json_t **ret) {
        if (json_is_string(value))
                return fill_string(filling, value, ret);
        if (!json_is_object(value) && !json_is_array(value)) {
                *ret = json_incref((json_t *) value);
                return 0;
        }
        _cleanup_json_ json_t *into = json_is_object(value) ? json_object() : json_array();
        int r = into ? fill_members(filling, value, into) : -ENOMEM;
        if (r == 0)
                *ret = TAKE_POINTER(into);
        return r;
}

int rule_fill(const json_t *document, const json_t *value, enum rule_fill_mode mode, size_t *work, json_t **ret, char *reason, size_t size) {
        struct filling filling = {
                .document = document,
                .mode = mode,
                .none = mode == FILL_LENIENT ? "" : NULL,
                .left = RULE_VALUE_MAX,
                .work = work,
                .reason = reason,
                .size = size,
        };
        return fill(&filling, value, ret);
}

void rule_fill_line(const json_t *document, const char *text, size_t *work, char *buffer, size_t size) {
        char ignored[8];
        struct filling filling = {
                .document = document, .mode = FILL_TEXT, .none = "(none)", .left = RULE_VALUE_MAX, .work = work, .reason = ignored, .size = sizeof ignored,
        };
        struct filled filled;

        (void) fill_text(&filling, text, &filled);
        (void) text_clean(buffer, size, filled.text, filled.length);
}
