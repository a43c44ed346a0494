#include "lib/step_options.h"

#include <stdio.h>
#include <string.h>

void step_options_add(char *options, size_t size, const char *name, const char *value) {
        size_t used = strlen(options);
        char line[STEP_OPTION_VALUE_SIZE + 24];

        if (!*name || strlen(name) > 16 || strpbrk(name, "=\n"))
                return;
        int length = snprintf(line, sizeof line, "%s=%.*s", name, STEP_OPTION_VALUE_SIZE - 1, value);
        if (length < 0 || used + (size_t) length + 2 > size)
                return;
        for (char *c = line; *c; c++)
                if ((unsigned char) *c < 0x20 || (unsigned char) *c >= 0x7f)
                        *c = '?';
        snprintf(options + used, size - used, "%s\n", line);
}

/* The line at `*at`, which goes to the next one: its name and value, neither of which ends with a NUL. */
static bool next_line(const char **at, const char **ret_name, size_t *ret_name_size, const char **ret_value, size_t *ret_value_size) {
        const char *end = *at ? strchr(*at, '\n') : NULL, *equals = end ? memchr(*at, '=', (size_t) (end - *at)) : NULL;

        if (!equals)
                return false;
        *ret_name = *at;
        *ret_name_size = (size_t) (equals - *at);
        *ret_value = equals + 1;
        *ret_value_size = (size_t) (end - equals - 1);
        *at = end + 1;
        return true;
}

const char *step_option(const char *options, const char *name, char buffer[static STEP_OPTION_VALUE_SIZE]) {
        const char *at = options, *found, *value;
        size_t found_size, value_size;

        while (next_line(&at, &found, &found_size, &value, &value_size))
                if (strlen(name) == found_size && memcmp(name, found, found_size) == 0) {
                        snprintf(buffer, STEP_OPTION_VALUE_SIZE, "%.*s", (int) value_size, value);
                        return buffer;
                }
        return NULL;
}

json_t *step_options_to_json(const char *options) {
        const char *at = options, *name, *value;
        size_t name_size, value_size;
        char key[24];

        if (!options || !*options)
                return json_null();
        json_t *object = json_object();
        while (next_line(&at, &name, &name_size, &value, &value_size)) {
                snprintf(key, sizeof key, "%.*s", (int) name_size, name);
                json_object_set_new(object, key, json_stringn(value, value_size));
        }
        return object;
}

void step_options_from_json(const json_t *json, char *buffer, size_t size) {
        const char *name;
        json_t *value;

        buffer[0] = 0;
        json_object_foreach((json_t *) json, name, value)
                if (json_is_string(value))
                        step_options_add(buffer, size, name, json_string_value(value));
}
