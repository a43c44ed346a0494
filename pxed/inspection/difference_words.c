#include "pxed/inspection/difference_words.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

/* Of one value in a text. */
#define VALUE_MAX 96

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The members of a list as sorted JSON texts; NULL without memory. */
static char **sorted_texts(const json_t *list) {
        size_t count = json_array_size(list);
        char **texts = calloc(count + 1, sizeof *texts);
        for (size_t i = 0; texts && i < count; i++) {
                texts[i] = json_dumps(json_array_get(list, i), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
                if (!texts[i]) {
                        while (i > 0)
                                free(texts[--i]);
                        free(texts);
                        return NULL;
                }
        }
        if (texts)
                qsort(texts, count, sizeof *texts, compare_texts);
        return texts;
}

static void free_texts(char **texts) {
        for (size_t i = 0; texts && texts[i]; i++)
                free(texts[i]);
        free(texts);
}

bool words_equal(const json_t *a, const json_t *b) {
        if (json_equal(a, b))
                return true;
        if (!json_is_array(a) || !json_is_array(b) || json_array_size(a) != json_array_size(b))
                return false;
        char **one = sorted_texts(a), **other = sorted_texts(b);
        bool equal = one && other;
        for (size_t i = 0; equal && one[i]; i++)
                equal = strcmp(one[i], other[i]) == 0;
        free_texts(one);
        free_texts(other);
        return equal;
}

/* "480 GB" with factor 1000, as disks are sold; "48 GiB" with 1024, as memory is. */
static void size_text(int64_t bytes, int64_t factor, char *buffer, size_t size) {
        static const char *const units[][6] = { { "B", "kB", "MB", "GB", "TB", "PB" }, { "B", "KiB", "MiB", "GiB", "TiB", "PiB" } };
        int64_t whole = bytes, rest = 0;
        size_t unit = 0;
        for (; whole >= factor && unit < 5; unit++) {
                rest = whole % factor;
                whole /= factor;
        }
        int64_t tenths = rest * 10 / factor;
        if (tenths > 0 && whole < 100)
                snprintf(buffer, size, "%lld.%lld %s", (long long) whole, (long long) tenths, units[factor == 1024][unit]);
        else
                snprintf(buffer, size, "%lld %s", (long long) whole, units[factor == 1024][unit]);
}

/* A list of texts as words, anything else that is no text or number as JSON. */
static void value_text(const json_t *value, enum value_form form, char *buffer, size_t size) {
        if (json_is_integer(value) && form != VALUE_PLAIN) {
                size_text(json_integer_value(value), form == VALUE_MEMORY ? 1024 : 1000, buffer, size);
                return;
        }
        _cleanup_free_ char *encoded = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        const char *text = json_is_string(value) ? json_string_value(value) : encoded ?: "?";
        if (text_clean(buffer, size, text, strlen(text)) == 0)
                snprintf(buffer, size, "empty");
        else if (strlen(text) >= size && size > 4)
                /* What is not told is in the values themselves. */
                (void) words_append(buffer + text_clean(buffer, size - 3, text, strlen(text)), 4, "...", "");
}

/* "a, b": what one list has and the other has not, as far as there is room. */
static void members_only_in(const json_t *list, const json_t *other, char *buffer, size_t size) {
        _cleanup_json_ json_t *others = json_object();
        char text[VALUE_MAX];
        size_t i, length = 0;
        const json_t *member;

        buffer[0] = '\0';
        json_array_foreach((json_t *) other, i, member) {
                _cleanup_free_ char *key = json_dumps(member, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
                json_object_set_new_nocheck(others, key ?: "", json_null());
        }
        json_array_foreach((json_t *) list, i, member) {
                _cleanup_free_ char *key = json_dumps(member, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
                if (json_object_get(others, key ?: ""))
                        continue;
                value_text(member, VALUE_PLAIN, text, sizeof text);
                if (length > 0 && length + strlen(text) + sizeof ", ..." > size) {
                        (void) words_append(buffer + length, size - length, ", ...", "");
                        return;
                }
                length += words_append(buffer + length, size - length, length > 0 ? ", " : "", text);
        }
}

static const char *words_of_lists(char *buffer, size_t size, const char *title, const json_t *before, const json_t *after) {
        char gone[VALUE_MAX * 2], new[VALUE_MAX * 2];
        members_only_in(before, after, gone, sizeof gone);
        members_only_in(after, before, new, sizeof new);
        snprintf(buffer, size, "%s: %s%s%s%s%s", title, *new ? "now also " : "", new, *new && *gone ? "; " : "", *gone ? "no longer " : "",
                 *gone ? gone : *new ? "" : "another number of the same");
        return buffer;
}

const char *words_of_value(char buffer[static WORDS_SIZE], const char *subject, const char *title, enum value_form form, const json_t *before,
                           const json_t *after) {
        char old[VALUE_MAX] = "not told", new[VALUE_MAX] = "not told";
        size_t length = *subject ? words_append(buffer, WORDS_SIZE, subject, ": ") : 0;

        if (json_is_array(before) && json_is_array(after)) {
                words_of_lists(buffer + length, WORDS_SIZE - length, title, before, after);
                return buffer;
        }
        if (before)
                value_text(before, form, old, sizeof old);
        if (after)
                value_text(after, form, new, sizeof new);
        snprintf(buffer + length, WORDS_SIZE - length, "%s is %s, was %s", title, new, old);
        return buffer;
}

static size_t add_text(char *buffer, size_t length, size_t size, const char *separator, const char *text) {
        char cut[VALUE_MAX];
        if (!text || text_clean(cut, sizeof cut, text, strlen(text)) == 0)
                return length;
        return length + words_append(buffer + length, size - length, separator, cut);
}

void words_of_disk(char buffer[static WORDS_SIZE], const json_t *disk, bool in_full) {
        const char *id = json_get_string(disk, "serial") ?: json_get_string(disk, "wwn"), *name = json_get_string(disk, "name");
        int64_t bytes = json_get_int(disk, "size", -1);
        char size[32] = "";
        size_t length = words_append(buffer, WORDS_SIZE, "disk ", id ?: name ?: "without a name");

        if (bytes >= 0)
                size_text(bytes, 1000, size, sizeof size);
        if (!id && !in_full)
                return;
        const char *const details[] = { id ? name : NULL, in_full ? size : NULL, in_full ? json_get_string(disk, "model") : NULL };
        bool open = false;
        for (size_t i = 0; i < ELEMENTS(details); i++) {
                size_t before = length;
                length = add_text(buffer, length, WORDS_SIZE, open ? ", " : " (", details[i]);
                open = open || length > before;
        }
        if (open)
                (void) words_append(buffer + length, WORDS_SIZE - length, ")", "");
}

void words_of_interface(char buffer[static WORDS_SIZE], const json_t *interface, bool in_full) {
        const char *driver = json_get_string(interface, "driver");
        size_t length = words_append(buffer, WORDS_SIZE, "interface", "");
        length = add_text(buffer, length, WORDS_SIZE, " ", json_get_string(interface, "mac"));
        length = add_text(buffer, length, WORDS_SIZE, " (", json_get_string(interface, "name") ?: "no name");
        if (in_full)
                length = add_text(buffer, length, WORDS_SIZE, ", ", driver);
        (void) words_append(buffer + length, WORDS_SIZE - length, ")", "");
}

void words_of_error(char buffer[static WORDS_SIZE], const char *error, bool gone) {
        char cut[WORDS_SIZE - 64];
        (void) text_clean(cut, sizeof cut, error, strlen(error));
        snprintf(buffer, WORDS_SIZE, "%s: %s", gone ? "no longer told" : "not collected", cut);
}

void words_join(char *buffer, size_t size, const char *outer, const char *inner) {
        size_t length = words_append(buffer, size, outer, *outer && *inner ? " " : "");
        (void) words_append(buffer + length, size - length, inner, "");
}

size_t words_append(char *end, size_t room, const char *first, const char *second) {
        size_t length = strnlen(first, room > 0 ? room - 1 : 0);
        if (room == 0)
                return 0;
        memcpy(end, first, length);
        for (size_t left = room - 1 - length, step; *second && (step = utf8_length(second, strlen(second)) ?: 1) <= left; second += step, left -= step) {
                memcpy(end + length, second, step);
                length += step;
        }
        end[length] = '\0';
        return length;
}
