#include "lib/json_pointer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A pointer taken apart: the parts stand behind each other in `text`, unescaped. */
struct parts {
        char text[JSON_POINTER_MAX + 1];
        const char *part[JSON_POINTER_DEPTH];
        size_t count;
};

static bool unescape(const char *from, size_t length, char **to) {
        for (size_t i = 0; i < length; i++) {
                char c = from[i];
                if (c == '~') {
                        i++;
                        if (i >= length || (from[i] != '0' && from[i] != '1'))
                                return false;
                        c = from[i] == '0' ? '~' : '/';
                }
                *(*to)++ = c;
        }
        *(*to)++ = '\0';
        return true;
}

static const char *take_apart(const char *pointer, struct parts *ret) {
        char *to = ret->text;

        ret->count = 0;
        if (!pointer || (*pointer && *pointer != '/'))
                return "a pointer begins with '/'";
        if (strlen(pointer) > JSON_POINTER_MAX)
                return "a pointer has at most 512 bytes";
        while (*pointer) {
                size_t length = strcspn(++pointer, "/");
                if (ret->count == JSON_POINTER_DEPTH)
                        return "a pointer has at most 32 parts";
                ret->part[ret->count++] = to;
                if (!unescape(pointer, length, &to))
                        return "in a pointer '~' is written ~0 and '/' within a name ~1";
                pointer += length;
        }
        return NULL;
}

static bool is_star(const char *part) {
        return strcmp(part, "*") == 0;
}

int json_pointer_check(const char *pointer, const char **ret_reason) {
        struct parts parts;
        const char *reason = take_apart(pointer, &parts);

        if (reason && ret_reason)
                *ret_reason = reason;
        return reason ? -EINVAL : 0;
}

bool json_pointer_is_pattern(const char *pointer) {
        struct parts parts;
        bool found = false;

        if (take_apart(pointer, &parts))
                return false;
        for (size_t i = 0; i < parts.count; i++)
                found = found || is_star(parts.part[i]);
        return found;
}

/* RFC 6901 4: digits without leading zeros. SIZE_MAX: no place. */
static size_t place(const char *part) {
        size_t length = strspn(part, "0123456789");

        if (length == 0 || length > 9 || part[length] || (part[0] == '0' && length > 1))
                return SIZE_MAX;
        return (size_t) strtoul(part, NULL, 10);
}

static json_t *member(const json_t *value, const char *part) {
        if (json_is_object(value))
                return json_object_get(value, part);
        return json_is_array(value) ? json_array_get(value, place(part)) : NULL;
}

struct search {
        const struct parts *parts;
        int (*found)(const char *pointer, json_t *value, void *userdata);
        void *userdata;
        size_t *steps; /* left */
        char at[JSON_POINTER_MAX + 1];
};

static int walk(struct search *search, size_t depth, size_t length, json_t *value);

/* As one part of a pointer. */
static size_t escaped_length(const char *name) {
        size_t length = 0;

        for (; *name; name++)
                length += *name == '~' || *name == '/' ? 2 : 1;
        return length;
}

static int step_into(struct search *search, size_t depth, size_t length, const char *name, json_t *value) {
        size_t room = sizeof(search->at) - length;

        if ((*search->steps)-- == 0) {
                *search->steps = 0;
                return -E2BIG;
        }
        if (escaped_length(name) + 2 > room)
                return 0;
        search->at[length] = '/';
        json_pointer_escape(name, search->at + length + 1, room - 1);
        return walk(search, depth + 1, length + 1 + strlen(search->at + length + 1), value);
}

static int walk_all(struct search *search, size_t depth, size_t length, json_t *value) {
        char number[24];
        const char *key;
        json_t *child;
        size_t i;
        int r = 0;

        json_object_foreach(value, key, child)
                if (r == 0)
                        r = step_into(search, depth, length, key, child);
        json_array_foreach(value, i, child) {
                snprintf(number, sizeof(number), "%zu", i);
                if (r == 0)
                        r = step_into(search, depth, length, number, child);
        }
        return r;
}

/* Recurses as deep as the pointer has parts. */
static int walk(struct search *search, size_t depth, size_t length, json_t *value) {
        search->at[length] = '\0';
        if (depth == search->parts->count)
                return search->found(search->at, value, search->userdata);
        const char *part = search->parts->part[depth];
        if (is_star(part))
                return walk_all(search, depth, length, value);
        json_t *child = member(value, part);
        return child ? step_into(search, depth, length, part, child) : 0;
}

int json_pointer_each(const json_t *document, const char *pointer, int (*found)(const char *pointer, json_t *value, void *userdata), void *userdata) {
        size_t steps = SIZE_MAX;

        return json_pointer_each_within(document, pointer, &steps, found, userdata);
}

int json_pointer_each_within(const json_t *document, const char *pointer, size_t *steps,
                             int (*found)(const char *pointer, json_t *value, void *userdata), void *userdata) {
        struct parts parts;
        struct search search = { .parts = &parts, .found = found, .userdata = userdata, .steps = steps };

        if (take_apart(pointer, &parts))
                return -EINVAL;
        return walk(&search, 0, 0, (json_t *) document);
}

static int take_first(const char *pointer, json_t *value, void *userdata) {
        *(json_t **) userdata = value;
        return 1;
}

json_t *json_pointer_get(const json_t *document, const char *pointer) {
        json_t *value = NULL;

        (void) json_pointer_each(document, pointer, take_first, &value);
        return value;
}

/* The parts of a pointer that names one value and not the whole. */
static int take_apart_single(const char *pointer, struct parts *ret) {
        if (take_apart(pointer, ret) || ret->count == 0)
                return -EINVAL;
        for (size_t i = 0; i < ret->count; i++)
                if (is_star(ret->part[i]))
                        return -EINVAL;
        return 0;
}

static int put(json_t *parent, const char *part, json_t *value) {
        if (json_is_object(parent))
                return json_object_set(parent, part, value) < 0 ? -ENOMEM : 0;
        if (!json_is_array(parent))
                return -ENOTDIR;
        if (strcmp(part, "-") == 0)
                return json_array_append(parent, value) < 0 ? -ENOMEM : 0;
        if (place(part) >= json_array_size(parent))
                return -ENOENT;
        return json_array_set(parent, place(part), value) < 0 ? -ENOMEM : 0;
}

int json_pointer_set(json_t *document, const char *pointer, json_t *value) {
        _cleanup_json_ json_t *wanted = value;
        struct parts parts;
        json_t *child;
        size_t depth = 0;
        int r = take_apart_single(pointer, &parts);

        if (r < 0)
                return r;
        /* As far as there is something (null is nothing); what is missing below is made apart and put in at once, so that a failure changes nothing. */
        while (depth + 1 < parts.count && (child = member(document, parts.part[depth])) && !json_is_null(child)) {
                document = child;
                depth++;
        }
        for (size_t i = parts.count - 1; i > depth; i--) {
                json_t *outer = json_object();
                if (!outer || json_object_set(outer, parts.part[i], wanted) < 0) {
                        json_decref(outer);
                        return -ENOMEM;
                }
                json_decref(wanted);
                wanted = outer;
        }
        return put(document, parts.part[depth], wanted);
}

int json_pointer_delete(json_t *document, const char *pointer) {
        struct parts parts;
        int r = take_apart_single(pointer, &parts);

        if (r < 0)
                return r;
        for (size_t i = 0; document && i + 1 < parts.count; i++)
                document = member(document, parts.part[i]);
        const char *last = parts.part[parts.count - 1];
        if (!document || !member(document, last))
                return 0;
        r = json_is_object(document) ? json_object_del(document, last) : json_array_remove(document, place(last));
        return r < 0 ? -ENOMEM : 1;
}

char *json_pointer_escape(const char *name, char *buffer, size_t size) {
        char *to = buffer;

        for (; *name && (size_t) (to - buffer) + (*name == '~' || *name == '/' ? 3 : 2) <= size; name++) {
                if (*name == '~' || *name == '/') {
                        *to++ = '~';
                        *to++ = *name == '~' ? '0' : '1';
                } else
                        *to++ = *name;
        }
        if (size > 0)
                *to = '\0';
        return buffer;
}
