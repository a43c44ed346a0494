#include "pxed/ctl/request.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int request_number(struct ctl *ctl, json_t *request, const char *key, const struct arguments *arguments, const char *option, int64_t least, int64_t most) {
        const char *text = arguments_get(arguments, option);
        int64_t number;
        if (!text)
                return 0;
        if (parse_number(text, least, most, &number) < 0) {
                if (most == INT64_MAX)
                        return ctl_fail(ctl, EXIT_USAGE, "--%s takes a number from %" PRId64 " on, not '%s'", option, least, text);
                return ctl_fail(ctl, EXIT_USAGE, "--%s takes a number from %" PRId64 " to %" PRId64 ", not '%s'", option, least, most, text);
        }
        json_object_set_new(request, key, json_integer(number));
        return 0;
}

void request_array(json_t *request, const char *key, const struct arguments *arguments, const char *option) {
        if (!arguments_given(arguments, option))
                return;
        json_t *array = json_array();
        const char *value;
        for (size_t position = 0; (value = arguments_next(arguments, option, &position));)
                json_array_append_new(array, json_string(value));
        json_object_set_new(request, key, array);
}

int request_split(const char *text, char **ret_key, const char **ret_value) {
        const char *equals = strchr(text, '=');
        if (!equals || equals == text)
                return -EINVAL;
        *ret_key = strndup(text, (size_t) (equals - text));
        *ret_value = equals + 1;
        return *ret_key ? 0 : -ENOMEM;
}

int request_map(struct ctl *ctl, json_t *request, const char *key, const struct arguments *arguments, const char *option) {
        if (!arguments_given(arguments, option))
                return 0;
        _cleanup_json_ json_t *map = json_object();
        const char *text;
        for (size_t position = 0; (text = arguments_next(arguments, option, &position));) {
                _cleanup_free_ char *name = NULL;
                const char *value;
                if (request_split(text, &name, &value) < 0)
                        return ctl_fail(ctl, EXIT_USAGE, "--%s takes NAME=VALUE, not '%s'", option, text);
                json_object_set_new(map, name, json_string(value));
        }
        json_object_set(request, key, map);
        return 0;
}

void request_text(json_t *request, const char *key, const struct arguments *arguments, const char *option) {
        const char *text = arguments_get(arguments, option);
        if (text)
                json_object_set_new(request, key, json_string(text));
}

void request_flag(json_t *request, const char *key, const struct arguments *arguments, const char *option) {
        if (arguments_given(arguments, option))
                json_object_set_new(request, key, json_true());
}

int request_check_text(struct ctl *ctl, int argc, char **argv) {
        for (int i = 1; i < argc; i++) {
                _cleanup_json_ json_t *text = json_string(argv[i]);
                if (!text)
                        return ctl_fail(ctl, EXIT_USAGE, "'%s' is not UTF-8", argv[i]);
        }
        return 0;
}
