#include "pxed/ctl/json_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blank(const char *at) {
        return at + strspn(at, " \t\r\n");
}

/* Past a string that begins here. */
static const char *skip_string(const char *at) {
        for (at++; *at && *at != '"'; at++)
                if (*at == '\\' && at[1])
                        at++;
        return *at ? at + 1 : at;
}

/* Past a value that begins here: brackets are counted, so that nothing recurses. */
static const char *skip_value(const char *at) {
        unsigned depth = 0;

        do {
                if (*at == '"') {
                        at = skip_string(at);
                        continue;
                }
                if (*at == '[' || *at == '{')
                        depth++;
                else if (*at == ']' || *at == '}')
                        depth--;
                at++;
        } while (*at && (depth > 0 || !strchr(",]} \t\r\n", *at)));
        return at;
}

/* The value of a member of the object, or the element of the array, that begins here; NULL: it has none. */
static const char *find_member(const char *at, const char *name, size_t length) {
        for (at = skip_blank(at + 1); *at == '"'; at = skip_blank(at + (*at == ','))) {
                bool found = strncmp(at + 1, name, length) == 0 && at[1 + length] == '"';
                at = skip_blank(skip_string(at));
                at = skip_blank(at + (*at == ':'));
                if (found)
                        return at;
                at = skip_blank(skip_value(at));
        }
        return NULL;
}

static const char *find_element(const char *at, unsigned long index) {
        for (at = skip_blank(at + 1); *at && *at != ']'; at = skip_blank(at + (*at == ','))) {
                if (index-- == 0)
                        return at;
                at = skip_blank(skip_value(at));
        }
        return NULL;
}

unsigned json_place_line(const char *text, const char *place) {
        const char *at = skip_blank(text), *next = at;
        unsigned line = 1;

        while (*place && next) {
                at = next;
                if (*place == '[') {
                        char *end;
                        unsigned long index = strtoul(place + 1, &end, 10);
                        next = *at == '[' ? find_element(at, index) : NULL;
                        place = end + (*end == ']');
                } else {
                        place += *place == '.';
                        size_t length = strcspn(place, ".[");
                        next = *at == '{' && length > 0 ? find_member(at, place, length) : NULL;
                        place += length;
                }
        }
        if (next)
                at = next;
        for (const char *before = text; before < at; before++)
                line += *before == '\n';
        return line;
}
