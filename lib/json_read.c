#include "lib/json_read.h"

#include <string.h>

/* Digits of an integer that is in range whatever they are. */
#define DIGITS_MAX 18

struct reader {
        const char *at, *end;
        unsigned depth; /* left */
};

static json_t *read_value(struct reader *r);

static void skip_space(struct reader *r) {
        while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
                r->at++;
}

/* Takes `c` where it is next, spaces aside. */
static bool take(struct reader *r, char c) {
        skip_space(r);
        if (r->at == r->end || *r->at != c)
                return false;
        r->at++;
        return true;
}

static json_t *read_by_jansson(const char *start, const char *end) {
        return json_loadb(start, (size_t) (end - start), JSON_DECODE_ANY, NULL);
}

/* The content of a string after its quote, where it has nothing but printable ASCII and no escape: then the reader is behind it. */
static bool take_plain(struct reader *r, const char **ret, size_t *ret_size) {
        const char *at = r->at;

        /* those beyond ASCII are negative */
        while (at < r->end && (signed char) *at >= ' ' && *at != '"' && *at != '\\')
                at++;
        if (at == r->end || *at != '"')
                return false;
        *ret = r->at;
        *ret_size = (size_t) (at - r->at);
        r->at = at + 1;
        return true;
}

/* After its quote. */
static json_t *read_string(struct reader *r) {
        const char *start = r->at - 1, *text;
        size_t size;

        if (take_plain(r, &text, &size))
                return json_stringn_nocheck(text, size);
        for (; r->at < r->end && *r->at != '"'; r->at++)
                if (*r->at == '\\' && ++r->at == r->end)
                        return NULL;
        if (r->at == r->end)
                return NULL;
        return read_by_jansson(start, ++r->at);
}

static bool is_of_number(char c) {
        return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static json_t *read_number(struct reader *r) {
        const char *start = r->at, *digits = start + (*start == '-');
        json_int_t value = 0;

        while (r->at < r->end && is_of_number(*r->at))
                r->at++;
        const char *at = digits;
        while (at < r->at && *at >= '0' && *at <= '9' && at - digits < DIGITS_MAX)
                value = value * 10 + (*at++ - '0');
        if (at < r->at || at == digits || (*digits == '0' && at - digits > 1))
                return read_by_jansson(start, r->at);
        return json_integer(*start == '-' ? -value : value);
}

static json_t *read_word(struct reader *r, const char *word, json_t *value) {
        size_t length = strlen(word);

        if ((size_t) (r->end - r->at) < length || memcmp(r->at, word, length) != 0)
                return NULL;
        r->at += length;
        return value;
}

/* After its bracket. */
static json_t *read_array(struct reader *r) {
        _cleanup_json_ json_t *array = json_array();

        if (take(r, ']'))
                return TAKE_POINTER(array);
        do
                if (json_array_append_new(array, read_value(r)) < 0)
                        return NULL;
        while (take(r, ','));
        return take(r, ']') ? TAKE_POINTER(array) : NULL;
}

/* A member of an object; false: it is none, or there is one of this name. */
static bool read_member(struct reader *r, json_t *object) {
        _cleanup_json_ json_t *key = NULL;
        const char *name;
        size_t size;

        if (!take(r, '"'))
                return false;
        if (!take_plain(r, &name, &size)) {
                key = read_string(r);
                name = json_string_value(key);
                size = json_string_length(key);
        }
        if (!name || !take(r, ':') || json_object_getn(object, name, size))
                return false;
        return json_object_setn_new_nocheck(object, name, size, read_value(r)) == 0;
}

static json_t *read_object(struct reader *r) {
        _cleanup_json_ json_t *object = json_object();

        if (take(r, '}'))
                return TAKE_POINTER(object);
        do
                if (!read_member(r, object))
                        return NULL;
        while (take(r, ','));
        return take(r, '}') ? TAKE_POINTER(object) : NULL;
}

static json_t *read_container(struct reader *r, bool object) {
        if (r->depth == 0)
                return NULL;
        r->depth--;
        json_t *value = object ? read_object(r) : read_array(r);
        r->depth++;
        return value;
}

static json_t *read_value(struct reader *r) {
        skip_space(r);
        if (r->at == r->end)
                return NULL;
        switch (*r->at) {
        case '{':
        case '[':
                return read_container(r, *r->at++ == '{');
        case '"':
                r->at++;
                return read_string(r);
        case 't':
                return read_word(r, "true", json_true());
        case 'f':
                return read_word(r, "false", json_false());
        case 'n':
                return read_word(r, "null", json_null());
        default:
                return is_of_number(*r->at) ? read_number(r) : NULL;
        }
}

json_t *json_read(const char *text, size_t size, unsigned depth) {
        struct reader reader = { text, text + size, depth };

        skip_space(&reader);
        if (reader.at == reader.end || (*reader.at != '{' && *reader.at != '['))
                return NULL;
        _cleanup_json_ json_t *value = read_value(&reader);
        skip_space(&reader);
        return reader.at == reader.end ? TAKE_POINTER(value) : NULL;
}
