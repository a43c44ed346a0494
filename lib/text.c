#include "lib/text.h"

#include <ctype.h>
#include <errno.h>

int text_set(char **field, const char *value) {
        char *copy = NULL;
        if (value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*field);
        *field = copy;
        return 0;
}

int text_set_max(char **field, const char *value, size_t max) {
        if (!value || strlen(value) <= max)
                return text_set(field, value);
        while (max > 0 && ((unsigned char) value[max] & 0xc0) == 0x80)
                max--;
        _cleanup_free_ char *cut = strndup(value, max);
        if (!cut)
                return -ENOMEM;
        free(*field);
        *field = TAKE_POINTER(cut);
        return 0;
}

bool text_equal(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

bool name_is_valid(const char *name) {
        size_t length = strlen(name);
        if (length < 1 || length > 63 || !isalnum((unsigned char) name[0]))
                return false;
        for (size_t i = 0; i < length; i++)
                if (!isascii(name[i]) || !(isalnum((unsigned char) name[i]) || strchr("._-", name[i])))
                        return false;
        return true;
}

int name_to_enum(const char *const *names, size_t count, const char *name) {
        for (size_t i = 0; i < count; i++)
                if (name && strcmp(names[i], name) == 0)
                        return (int) i;
        return -EINVAL;
}

size_t utf8_length(const char *text, size_t size) {
        const unsigned char *s = (const unsigned char *) text;
        unsigned char low = 0x80, high = 0xbf;
        size_t length;

        if (size == 0)
                return 0;
        if (s[0] < 0x80)
                return 1;
        if (s[0] < 0xc2 || s[0] > 0xf4)
                return 0;
        length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
        if (s[0] == 0xe0)
                low = 0xa0; /* overlong */
        else if (s[0] == 0xed)
                high = 0x9f; /* surrogates */
        else if (s[0] == 0xf0)
                low = 0x90; /* overlong */
        else if (s[0] == 0xf4)
                high = 0x8f; /* past U+10FFFF */
        if (size < length || s[1] < low || s[1] > high)
                return 0;
        for (size_t i = 2; i < length; i++)
                if (s[i] < 0x80 || s[i] > 0xbf)
                        return 0;
        return length;
}

char *utf8_cut(char *text) {
        size_t length = strlen(text), last = length;

        /* Back to the byte that begins the last character: those that go on begin with the bits 10. */
        while (last > 0 && length - last < 4 && ((unsigned char) text[last - 1] & 0xc0) == 0x80)
                last--;
        if (last > 0 && (unsigned char) text[last - 1] >= 0xc0 && utf8_length(text + last - 1, length - last + 1) == 0)
                text[last - 1] = '\0';
        return text;
}

bool utf8_is_valid(const char *text, size_t size) {
        for (size_t at = 0, length; at < size; at += length)
                if ((length = utf8_length(text + at, size - at)) == 0)
                        return false;
        return true;
}

static bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What a terminal would act on: C0, DEL, and C1 (U+0080 to U+009F). */
static bool is_control(const char *character) {
        unsigned char c = (unsigned char) character[0];

        return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char) character[1] < 0xa0);
}

size_t text_clean(char *buffer, size_t size, const char *text, size_t length) {
        size_t n = 0;

        while (length > 0 && is_space(text[0]))
                text++, length--;
        while (length > 0 && is_space(text[length - 1]))
                length--;
        for (size_t at = 0, part; at < length; at += part) {
                part = utf8_length(text + at, length - at);
                bool bad = part == 0;
                if (bad)
                        part = 1;
                if (n + part >= size)
                        break;
                if (is_space(text[at]))
                        buffer[n] = ' ';
                else if (bad || is_control(text + at))
                        memset(buffer + n, '?', part);
                else
                        memcpy(buffer + n, text + at, part);
                n += part;
        }
        buffer[n] = 0;
        return n;
}

int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

char *text_hex(char *buffer, size_t size, const uint8_t *bytes, size_t length) {
        static const char digits[] = "0123456789abcdef";
        size_t n = 0;

        for (size_t i = 0; i < length && n + 2 < size; i++) {
                buffer[n++] = digits[bytes[i] >> 4];
                buffer[n++] = digits[bytes[i] & 15];
        }
        buffer[n] = 0;
        return buffer;
}

size_t text_without_nuls(const uint8_t *bytes, size_t length) {
        while (length > 0 && bytes[length - 1] == 0)
                length--;
        return length;
}

bool text_id(char *buffer, size_t size, const uint8_t *bytes, size_t length) {
        size_t words = text_without_nuls(bytes, length);

        if (utf8_is_valid((const char *) bytes, words) && text_clean(buffer, size, (const char *) bytes, words) > 0)
                return true;
        text_hex(buffer, size, bytes, length);
        return false;
}
