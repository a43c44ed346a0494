#include "pxed/inspection/document_changes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json_pointer.h"

/* A place within the document, from the innermost part outwards. */
struct place {
        const struct place *parent;
        const char *name;
};

static size_t write_place(const struct place *place, char *buffer, size_t size) {
        if (!place)
                return 0;
        size_t length = write_place(place->parent, buffer, size);
        if (length + 2 >= size)
                return length;
        buffer[length] = '/';
        json_pointer_escape(place->name, buffer + length + 1, size - length - 1);
        return length + strlen(buffer + length);
}

static json_t *as_text(const json_t *value) {
        _cleanup_free_ char *text = value && !json_is_null(value) ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
        return json_text(text);
}

static int tell(const struct place *place, const json_t *before, const json_t *after, json_t *changes) {
        char pointer[2 * JSON_POINTER_MAX] = "";

        if (json_array_size(changes) >= DOCUMENT_CHANGES_MAX)
                return 0;
        write_place(place, pointer, sizeof pointer);
        json_t *change = json_pack("{s:o, s:o, s:o}", "pointer", json_text(pointer), "before", as_text(before), "after", as_text(after));
        return change && json_array_append_new(changes, change) == 0 ? 0 : -ENOMEM;
}

static int compare(const struct place *place, const json_t *before, const json_t *after, json_t *changes);

static int compare_objects(const struct place *place, const json_t *before, const json_t *after, json_t *changes) {
        const char *name;
        json_t *value;
        int r = 0;

        json_object_foreach((json_t *) before, name, value)
                if (r == 0)
                        r = compare(&(struct place) { place, name }, value, json_object_get(after, name), changes);
        json_object_foreach((json_t *) after, name, value)
                if (r == 0 && !json_object_get(before, name))
                        r = compare(&(struct place) { place, name }, NULL, value, changes);
        return r;
}

static int compare_arrays(const struct place *place, const json_t *before, const json_t *after, json_t *changes) {
        char number[24];
        json_t *value;
        size_t i;
        int r = 0;

        json_array_foreach((json_t *) before, i, value) {
                snprintf(number, sizeof number, "%zu", i);
                if (r == 0)
                        r = compare(&(struct place) { place, number }, value, json_array_get(after, i), changes);
        }
        return r;
}

static bool is_nothing(const json_t *value) {
        return !value || json_is_null(value);
}

/* Recurses as deep as both documents are. */
static int compare(const struct place *place, const json_t *before, const json_t *after, json_t *changes) {
        if ((is_nothing(before) && is_nothing(after)) || (before && after && json_equal((json_t *) before, (json_t *) after)))
                return 0;
        /* One that is new or gone is told by its members too. */
        if ((json_is_object(before) || is_nothing(before)) && (json_is_object(after) || is_nothing(after)))
                return compare_objects(place, before, after, changes);
        if (json_is_array(before) && json_is_array(after) && json_array_size(before) == json_array_size(after))
                return compare_arrays(place, before, after, changes);
        return tell(place, before, after, changes);
}

int document_changes(const json_t *before, const json_t *after, json_t *changes) {
        return compare(NULL, before, after, changes);
}
