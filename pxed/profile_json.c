/* Profiles as they are asked for and told on the bus, and what is refused of them. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/profiles.h"

static int _printf_(3, 4) refuse(struct profile_error *error, const char *field, const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        error->field = field;
        vsnprintf(error->reason, sizeof error->reason, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

static bool is_parameter_name(const char *name, size_t length) {
        if (length < 1 || length > 63 || !(isalpha((unsigned char) name[0]) || name[0] == '_'))
                return false;
        for (size_t i = 1; i < length; i++)
                if (!isalnum((unsigned char) name[i]) && name[i] != '_' && name[i] != '-')
                        return false;
        return true;
}

/* Values end up in a line of a boot script. */
static int check_line(const char *text, const char *field, struct profile_error *error) {
        if (strlen(text) > PROFILE_TEXT_MAX)
                return refuse(error, field, "longer than %d bytes", PROFILE_TEXT_MAX);
        for (const char *at = text; *at; at++)
                if ((unsigned char) *at < ' ' || *at == 0x7f)
                        return refuse(error, field, "has a control character");
        return 0;
}

/* A file below the image folder or an http:// URL, as one word. */
static int check_file(const char *file, const char *field, struct profile_error *error) {
        const char *path = strncmp(file, "http://", 7) == 0 ? file + 7 : file;
        int r = check_line(file, field, error);
        if (r < 0)
                return r;
        if (strlen(file) > 1024 || !*path || *path == '/' || strchr(file, ' '))
                return refuse(error, field, "\"%.100s\" is neither a path below the image folder nor an http:// URL", file);
        if (path == file && strstr(file, "://"))
                return refuse(error, field, "\"%.100s\": only http:// URLs can be fetched", file);
        for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
                if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
                        return refuse(error, field, "\"%.100s\" must not contain \"..\"", file);
        return 0;
}

static int check_parameters(const json_t *parameters, struct profile_error *error) {
        const char *name;
        json_t *value;
        if (json_object_size(parameters) > PROFILE_PARAMETERS_MAX)
                return refuse(error, "parameters", "more than %d", PROFILE_PARAMETERS_MAX);
        json_object_foreach((json_t *) parameters, name, value) {
                if (!is_parameter_name(name, strlen(name)))
                        return refuse(error, "parameters", "\"%.64s\" is no name: letters, digits, '_', '-'", name);
                int r = check_line(json_string_value(value), "parameters", error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_template(const char *text, enum profile_kind kind, const json_t *parameters, struct profile_error *error) {
        static const char *const known[] = { "mac", "uuid", "node", "name", "server", "url" };
        static const char *const of_inspect[] = { "introspect", "token" };
        char name[64];

        for (const char *at = strstr(text, "${"); at; at = strstr(at + 2, "${")) {
                const char *end = strchr(at, '}');
                size_t length = end ? (size_t) (end - at - 2) : 0;
                if (!end || !is_parameter_name(at + 2, length))
                        return refuse(error, "arguments", "\"%.40s\" is no ${name}", at);
                snprintf(name, sizeof name, "%.*s", (int) length, at + 2);
                if (json_object_get(parameters, name) || name_to_enum(known, ELEMENTS(known), name) >= 0)
                        continue;
                if (name_to_enum(of_inspect, ELEMENTS(of_inspect), name) < 0)
                        return refuse(error, "arguments", "${%s} is neither known nor declared in parameters", name);
                if (kind != PROFILE_INSPECT)
                        return refuse(error, "arguments", "${%s} is known in profiles of kind inspect only", name);
        }
        return 0;
}

static int check_kind(const char *name, enum profile_kind kind, const char *kernel, const json_t *initrds,
                      const char *arguments, struct profile_error *error) {
        if (kind == PROFILE_KERNEL && !kernel)
                return refuse(error, "kernel", "a profile of kind kernel needs one");
        if (kind == PROFILE_LOCAL && (kernel || json_array_size(initrds) > 0 || *arguments))
                return refuse(error, kernel ? "kernel" : *arguments ? "arguments" : "initrds",
                              "has no use in a profile of kind local");
        if ((strcmp(name, "local") == 0 && kind != PROFILE_LOCAL) ||
            (strcmp(name, "inspect") == 0 && kind != PROFILE_INSPECT))
                return refuse(error, "kind", "the profile \"%s\" has to be of kind %s", name, name);
        return 0;
}

static int check_initrds(const json_t *initrds, struct profile_error *error) {
        json_t *initrd;
        size_t i;
        if (json_array_size(initrds) > PROFILE_INITRDS_MAX)
                return refuse(error, "initrds", "more than %d", PROFILE_INITRDS_MAX);
        json_array_foreach(initrds, i, initrd) {
                int r = check_file(json_string_value(initrd), "initrds", error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int dump(const json_t *value, const char *empty, char **ret) {
        *ret = value && json_array_size(value) + json_object_size(value) > 0 ? json_write(value, JSON_COMPACT, NULL)
                                                                            : strdup(empty);
        return *ret ? 0 : -ENOMEM;
}

int profile_from_json(const json_t *in, struct profile **ret, struct profile_error *error) {
        const char *name = json_get_string(in, "name"), *kernel = json_get_string(in, "kernel");
        const char *arguments = json_get_string(in, "arguments"), *description = json_get_string(in, "description");
        const json_t *initrds = json_get_array(in, "initrds"), *parameters = json_get_object(in, "parameters");
        int kind = name_to_enum(profile_kind_names, ELEMENTS(profile_kind_names), json_get_string(in, "kind"));
        _cleanup_json_ json_t *inspect_initrds = json_pack("[s]", "ramdisk/initrd");

        if (!arguments)
                arguments = "";
        if (!name || !name_is_valid(name))
                return refuse(error, "name", "1 to 63 letters, digits, '.', '_', '-', the first a letter or digit");
        if (kind < 0)
                return refuse(error, "kind", "none of kernel, local, inspect");
        int r = check_kind(name, (enum profile_kind) kind, kernel, initrds, arguments, error);
        if (r == 0 && kind == PROFILE_INSPECT && !kernel) {
                kernel = "ramdisk/vmlinuz";
                initrds = json_array_size(initrds) > 0 ? initrds : inspect_initrds;
        }
        if (r == 0 && kernel)
                r = check_file(kernel, "kernel", error);
        if (r == 0)
                r = check_initrds(initrds, error);
        if (r == 0)
                r = check_parameters(parameters, error);
        if (r == 0)
                r = check_line(arguments, "arguments", error);
        if (r == 0)
                r = check_template(arguments, (enum profile_kind) kind, parameters, error);
        if (r == 0 && description && strlen(description) > PROFILE_TEXT_MAX)
                r = refuse(error, "description", "longer than %d bytes", PROFILE_TEXT_MAX);
        if (r < 0)
                return r;

        _cleanup_(profile_freep) struct profile *p = calloc(1, sizeof *p);
        if (!p || text_set(&p->name, name) < 0 || text_set(&p->kernel, kernel) < 0 ||
            text_set(&p->arguments, arguments) < 0 || text_set(&p->description, description) < 0 ||
            dump(initrds, "[]", &p->initrds) < 0 || dump(parameters, "{}", &p->parameters) < 0)
                return -ENOMEM;
        p->kind = (enum profile_kind) kind;
        *ret = TAKE_POINTER(p);
        return 0;
}

int profile_check_parameters(const struct profile *profile, const json_t *parameters, struct profile_error *error) {
        _cleanup_json_ json_t *declared = json_loads(profile->parameters, 0, NULL);
        const char *name;
        json_t *value;
        json_object_foreach((json_t *) parameters, name, value) {
                if (!json_object_get(declared, name))
                        return refuse(error, "parameters", "profile %s declares no parameter \"%.64s\"", profile->name, name);
                int r = check_line(json_string_value(value), "parameters", error);
                if (r < 0)
                        return r;
        }
        return 0;
}

json_t *profile_to_json(const struct profile *p, bool whole) {
        json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "name", p->name, "kind", profile_kind_names[p->kind],
                                 "kernel", json_text(p->kernel), "initrds", json_loads(p->initrds, 0, NULL), "arguments",
                                 p->arguments, "parameters", json_loads(p->parameters, 0, NULL));
        if (json && whole) {
                json_object_set_new(json, "revision", json_integer((json_int_t) p->revision));
                json_object_set_new(json, "description", json_text(p->description));
                json_object_set_new(json, "builtin", json_boolean(p->builtin));
        }
        return json;
}
