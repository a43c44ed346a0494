#include "lib/payload_nuls.h"

#include <stdio.h>
#include <string.h>

#include "lib/json_pointer.h"
#include "lib/text.h"

#define ESCAPED_NUL "\\u0000"

struct search {
        struct payload_nuls nuls;
        char place[PAYLOAD_PLACE_SIZE]; /* of the value that is looked at */
        bool failed;                    /* no memory */
};

/* Returns the length of the place with one part more. */
static size_t step_into(struct search *search, size_t length, const char *part) {
        if (length + 1 >= sizeof(search->place))
                return length;
        search->place[length++] = '/';
        json_pointer_escape(part, search->place + length, sizeof(search->place) - length);
        return length + strlen(search->place + length);
}

static void clean(struct search *search, size_t length, json_t *value) {
        const char *text = json_string_value(value);
        size_t size = json_string_length(value), kept = 0;

        if (!memchr(text, '\0', size))
                return;
        _cleanup_free_ char *rest = malloc(size);
        for (size_t i = 0; rest && i < size; i++)
                if (text[i])
                        rest[kept++] = text[i];
        if (!rest || json_string_setn_nocheck(value, rest, kept) < 0) {
                search->failed = true;
                return;
        }
        if (search->nuls.texts++ == 0)
                text_clean(search->nuls.first, sizeof(search->nuls.first), search->place, length);
}

/* Recurses as deep as the payload was parsed. */
static void walk(struct search *search, size_t length, json_t *value) {
        char number[24];
        const char *key;
        json_t *member;
        size_t i;

        if (json_is_string(value))
                clean(search, length, value);
        json_object_foreach(value, key, member)
                walk(search, step_into(search, length, key), member);
        json_array_foreach(value, i, member) {
                snprintf(number, sizeof(number), "%zu", i);
                walk(search, step_into(search, length, number), member);
        }
}

json_t *payload_parse(const char *text, size_t size, unsigned depth, struct payload_nuls *ret_nuls, const char **ret_reason) {
        struct search search = { 0 };

        /* Nearly all have none, and this is quickly seen. */
        if (!memmem(text, size, ESCAPED_NUL, strlen(ESCAPED_NUL))) {
                json_t *plain = json_parse(text, size, depth, ret_reason);
                if (plain)
                        *ret_nuls = search.nuls;
                return plain;
        }
        json_t *value = json_parse_with_nuls(text, size, depth, ret_reason);
        walk(&search, 0, value);
        if (search.failed) {
                json_decref(value);
                if (ret_reason)
                        *ret_reason = "out of memory";
                return NULL;
        }
        if (value)
                *ret_nuls = search.nuls;
        return value;
}
