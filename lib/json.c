#include "lib/json.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

/*
 * What a message costs in memory is decided by how many values it holds, not by its bytes: "{}," makes an object of some
 * 280 bytes out of three. These bounds keep what any message becomes under about 30 MB and 100 ms; the largest true ones, inventories, have
 * some ten thousand values.
 */
#define CONTAINERS_MAX (64u * 1024)
#define VALUES_MAX (256u * 1024)
/* "\uXXXX" */
#define ESCAPE_SIZE 6
/* An integer of more digits is none that a machine counts. */
#define INTEGER_DIGITS_MAX 64

/* What is written on the stack first: a page of a list fits (pxed/node_page.h). */
#define SHORT_TEXT (72u * 1024)

/* Counts nesting and values without recursion. Whether the text is JSON at all is left to the parser. */
static const char *prescan(const char *text, size_t size, unsigned depth) {
        unsigned level = 0, containers = 0, values = 1;
        bool in_string = false;

        for (size_t i = 0; i < size; i++) {
                char c = text[i];
                if (c == '\0')
                        return "NUL byte";
                if (in_string) {
                        if (c == '\\' && i + 1 < size && text[i + 1] != '\0')
                                i++;
                        else if (c == '"')
                                in_string = false;
                        continue;
                }
                switch (c) {
                case '"':
                        in_string = true;
                        break;
                case '{':
                case '[':
                        if (++level > depth)
                                return "nested too deep";
                        if (++containers > CONTAINERS_MAX)
                                return "too many objects and arrays";
                        break;
                case '}':
                case ']':
                        /* unbalanced: the parser says so */
                        if (level > 0)
                                level--;
                        break;
                case ',':
                        if (++values > VALUES_MAX)
                                return "too many values";
                        break;
                }
        }
        return NULL;
}

static const char *reason_of(const json_error_t *error) {
        switch (json_error_code(error)) {
        case json_error_out_of_memory:
                return "out of memory";
        case json_error_invalid_utf8:
                return "invalid UTF-8";
        case json_error_premature_end_of_input:
                return "ends too early";
        case json_error_end_of_input_expected:
                return "bytes after the value";
        case json_error_null_character:
                return "NUL in a string";
        case json_error_null_byte_in_key:
                return "NUL in the name of a member";
        case json_error_duplicate_key:
                return "duplicate key";
        case json_error_numeric_overflow:
                return "number out of range";
        case json_error_stack_overflow:
                return "nested too deep";
        default:
                return "not JSON";
        }
}

static json_t *parse(const char *text, size_t size, unsigned depth, size_t flags, const char **ret_reason) {
        json_error_t error;
        const char *reason = prescan(text, size, depth);
        json_t *value = NULL;

        if (!reason) {
                value = json_loadb(text, size, JSON_REJECT_DUPLICATES | flags, &error);
                if (!value)
                        reason = reason_of(&error);
        }
        if (!value && ret_reason)
                *ret_reason = reason;
        return value;
}

json_t *json_parse(const char *text, size_t size, unsigned depth, const char **ret_reason) {
        return parse(text, size, depth, 0, ret_reason);
}

json_t *json_parse_with_nuls(const char *text, size_t size, unsigned depth, const char **ret_reason) {
        return parse(text, size, depth, JSON_ALLOW_NUL, ret_reason);
}

/* The UTF-16 code unit that `text` starts with as "\\uXXXX"; -1: it does not. */
static int escaped_unit(const char *text, size_t size) {
        int unit = 0;

        if (size < ESCAPE_SIZE || text[0] != '\\' || text[1] != 'u')
                return -1;
        for (size_t i = 2; i < ESCAPE_SIZE; i++) {
                int digit = hex_digit(text[i]);
                if (digit < 0)
                        return -1;
                unit = unit << 4 | digit;
        }
        return unit;
}

void json_mend_escapes(char *text, size_t size) {
        char *end = text + size;

        for (char *at = text; (at = memchr(at, '\\', (size_t) (end - at)));) {
                size_t left = (size_t) (end - at);
                int unit = escaped_unit(at, left);
                if (unit < 0) {
                        at += left < 2 ? left : 2;
                        continue;
                }
                bool surrogate = (unit & 0xf800) == 0xd800;
                if (surrogate && unit < 0xdc00 && (escaped_unit(at + ESCAPE_SIZE, left - ESCAPE_SIZE) & ~0x3ff) == 0xdc00)
                        at += ESCAPE_SIZE;
                else if (surrogate)
                        memcpy(at + 2, "fffd", 4);
                at += ESCAPE_SIZE;
        }
}

/* Behind a string that begins at `at`. */
static char *skip_string(char *at, const char *end) {
        for (at++; at < end && *at != '"'; at++)
                if (*at == '\\')
                        at++;
        return at < end ? at + 1 : at;
}

/* How many characters there are at `at` of which numbers are made. */
static size_t number_length(const char *at, const char *end) {
        const char *start = at;

        while (at < end && *at && strchr("+-.0123456789eE", *at))
                at++;
        return (size_t) (at - start);
}

/* Whether it was an integer that no int64_t holds, and is a real now. */
static bool mend_integer(char *text, size_t length) {
        char copy[INTEGER_DIGITS_MAX + 1], real[2 * INTEGER_DIGITS_MAX];

        if (length > INTEGER_DIGITS_MAX)
                return false;
        *(char *) mempcpy(copy, text, length) = '\0';
        const char *digits = copy + (copy[0] == '-');
        errno = 0;
        (void) strtoll(copy, NULL, 10);
        if (errno != ERANGE || digits[strspn(digits, "0123456789")] != '\0')
                return false;
        /* With the more decimals the more there is room for beside a sign, the point and an exponent. */
        double value = strtod(copy, NULL);
        int decimals = (int) length, written = 0;
        while (decimals > 0 && (written = snprintf(real, sizeof(real), "%.*e", decimals, value)) > (int) length)
                decimals--;
        if (written != (int) length)
                return false;
        memcpy(text, real, length);
        return true;
}

bool json_mend_integers(char *text, size_t size) {
        const char *end = text + size;
        bool mended = false;

        for (char *at = text; at < end;) {
                size_t length = number_length(at, end);
                if (*at == '"')
                        at = skip_string(at, end);
                else if (length == 0)
                        at++;
                else {
                        mended |= mend_integer(at, length);
                        at += length;
                }
        }
        return mended;
}

/* Not inlined: only who is in it has the space on its stack. */
static __attribute__((noinline)) char *write_short(const json_t *value, size_t flags, size_t *ret_size) {
        char text[SHORT_TEXT];
        size_t size = json_dumpb(value, text, sizeof(text), flags);
        char *copy = size > 0 && size <= sizeof(text) ? malloc(size + 1) : NULL;

        if (copy)
                *(char *) mempcpy(copy, text, size) = '\0';
        *ret_size = size;
        return copy;
}

char *json_write(const json_t *value, size_t flags, size_t *ret_size) {
        size_t size, again;
        char *text = write_short(value, flags, &size);

        if (!text && size > SHORT_TEXT && (text = malloc(size + 1)) != NULL) {
                again = json_dumpb(value, text, size, flags);
                text[again] = '\0';
        }
        if (text && ret_size)
                *ret_size = size;
        return text;
}

const char *json_get_string(const json_t *object, const char *key) {
        return json_string_value(json_object_get(object, key));
}

int64_t json_get_int(const json_t *object, const char *key, int64_t fallback) {
        const json_t *value = json_object_get(object, key);
        return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_bool(const json_t *object, const char *key, bool fallback) {
        const json_t *value = json_object_get(object, key);
        return json_is_boolean(value) ? json_is_true(value) : fallback;
}

json_t *json_get_array(const json_t *object, const char *key) {
        json_t *value = json_object_get(object, key);
        return json_is_array(value) ? value : NULL;
}

json_t *json_get_object(const json_t *object, const char *key) {
        json_t *value = json_object_get(object, key);
        return json_is_object(value) ? value : NULL;
}

json_t *json_text(const char *text) {
        _cleanup_free_ char *clean = NULL;

        if (!text)
                return json_null();
        clean = strdup(text);
        if (!clean)
                return NULL;
        for (char *p = clean, *end = p + strlen(p); p < end;) {
                size_t length = utf8_length(p, (size_t) (end - p));
                if (length == 0) {
                        *p = '?';
                        length = 1;
                }
                p += length;
        }
        return json_string_nocheck(clean);
}

json_t *json_int_or_null(bool known, int64_t value) {
        return known ? json_integer(value) : json_null();
}
