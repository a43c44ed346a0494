#include "lib/idl_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where in the message the check is, from the innermost step outwards. */
struct step {
        const struct step *parent;
        const char *name; /* of a member; NULL: an element of an array */
        bool key;         /* the member is one of a map: its name is data */
        size_t index;
};

struct report {
        char *path;
        size_t size, length;
};

static void append(struct report *report, const char *format, ...) _printf_(2, 3);

static void append(struct report *report, const char *format, ...) {
        va_list arguments;
        int n;

        if (report->length >= report->size)
                return;
        va_start(arguments, format);
        n = vsnprintf(report->path + report->length, report->size - report->length, format, arguments);
        va_end(arguments);
        if (n > 0)
                report->length += (size_t) n;
}

/* The depth of steps is that of the message, which the parser has bounded. */
static void write_path(struct report *report, const struct step *step) {
        if (!step)
                return;
        write_path(report, step->parent);
        if (!step->name)
                append(report, "[%zu]", step->index);
        else if (step->key)
                append(report, "[%s]", step->name);
        else
                append(report, "%s%s", step->parent ? "." : "", step->name);
}

static int offender(struct report *report, const struct step *step) {
        if (report->size > 0) {
                report->path[0] = '\0';
                write_path(report, step);
        }
        return -EINVAL;
}

static int check_type(const struct idl_type *type, const json_t *value, const struct step *step, struct report *report);

static const struct idl_field *find_field(const struct idl_struct *fields, const char *name) {
        for (const struct idl_field *f = fields->fields; f; f = f->next)
                if (strcmp(f->name, name) == 0)
                        return f;
        return NULL;
}

static int undeclared(const struct idl_struct *fields, const json_t *object, const struct step *step, struct report *report) {
        const char *name;
        json_t *value;

        json_object_foreach((json_t *) object, name, value)
                if (!find_field(fields, name))
                        return offender(report, &(struct step){ .parent = step, .name = name });
        return offender(report, step);
}

static int check_struct(const struct idl_struct *fields, const json_t *object, const struct step *step, struct report *report) {
        size_t present = 0;

        for (const struct idl_field *f = fields->fields; f; f = f->next) {
                const json_t *value = json_object_get(object, f->name);
                const struct step member = { .parent = step, .name = f->name };
                int r;

                if (!value) {
                        if (!f->type->nullable)
                                return offender(report, &member);
                        continue;
                }
                present++;
                r = check_type(f->type, value, &member, report);
                if (r < 0)
                        return r;
        }
        /* All that is declared has been counted: what is over is not declared. */
        return json_object_size(object) == present ? 0 : undeclared(fields, object, step, report);
}

static int check_array(const struct idl_type *type, const json_t *array, const struct step *step, struct report *report) {
        size_t index;
        json_t *value;

        json_array_foreach(array, index, value) {
                int r = check_type(type->element, value, &(struct step){ .parent = step, .index = index }, report);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_map(const struct idl_type *type, const json_t *object, const struct step *step, struct report *report) {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) object, key, value) {
                int r = check_type(type->element, value, &(struct step){ .parent = step, .name = key, .key = true }, report);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool is_value_of(const struct idl_type *type, const json_t *value) {
        const char *text = json_string_value(value);

        for (const struct idl_value *v = type->values; v && text; v = v->next)
                if (strcmp(v->name, text) == 0)
                        return true;
        return false;
}

static bool is_of_kind(const struct idl_type *type, const json_t *value) {
        switch (type->kind) {
        case IDL_BOOL:
                return json_is_boolean(value);
        case IDL_INT:
                return json_is_integer(value);
        case IDL_FLOAT:
                return json_is_number(value);
        case IDL_STRING:
                return json_is_string(value);
        case IDL_ENUM:
                return is_value_of(type, value);
        case IDL_ARRAY:
                return json_is_array(value);
        case IDL_OBJECT:
        case IDL_STRUCT:
        case IDL_DICT:
                return json_is_object(value);
        case IDL_NAMED:
                return true;
        }
        return false;
}

static int check_type(const struct idl_type *type, const json_t *value, const struct step *step, struct report *report) {
        if (type->nullable && json_is_null(value))
                return 0;
        if (!is_of_kind(type, value))
                return offender(report, step);
        switch (type->kind) {
        case IDL_NAMED:
                return check_type(type->named.target->type, value, step, report);
        case IDL_STRUCT:
                return check_struct(&type->fields, value, step, report);
        case IDL_ARRAY:
                return check_array(type, value, step, report);
        case IDL_DICT:
                return check_map(type, value, step, report);
        default:
                return 0;
        }
}

int idl_check(const struct idl *idl, const struct idl_struct *type, const json_t *object, char *ret_path, size_t path_size) {
        struct report report = { .path = ret_path, .size = ret_path ? path_size : 0 };

        if (!json_is_object(object))
                return offender(&report, NULL);
        return check_struct(type, object, NULL, &report);
}
