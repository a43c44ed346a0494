#include "lib/idl_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is compared, as a person would name it: "method Get, reply, node". */
struct place {
        const struct place *parent;
        const char *name;
};

static void write_place(const struct place *place, char *text, size_t size) {
        size_t length;

        if (place->parent)
                write_place(place->parent, text, size);
        length = strlen(text);
        snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", place->name);
}

static int broken(struct idl_error *error, const struct place *place, const char *format, ...) _printf_(3, 4);

static int broken(struct idl_error *error, const struct place *place, const char *format, ...) {
        char where[96] = "", what[96];
        va_list arguments;

        if (!error)
                return -EINVAL;
        write_place(place, where, sizeof(where));
        va_start(arguments, format);
        vsnprintf(what, sizeof(what), format, arguments);
        va_end(arguments);
        *error = (struct idl_error){};
        snprintf(error->reason, sizeof(error->reason), "%.80s: %.44s", where, what);
        return -EINVAL;
}

static int compare_types(const struct idl_type *old, const struct idl_type *new, const struct place *place, struct idl_error *error);

static int compare_structs(const struct idl_struct *old, const struct idl_struct *new, const struct place *place,
                           struct idl_error *error) {
        for (const struct idl_field *o = old->fields; o; o = o->next) {
                const struct place member = { place, o->name };
                const struct idl_field *n = new->fields;
                int r;

                while (n && strcmp(n->name, o->name) != 0)
                        n = n->next;
                if (!n)
                        return broken(error, &member, "is gone");
                r = compare_types(o->type, n->type, &member, error);
                if (r < 0)
                        return r;
        }
        for (const struct idl_field *n = new->fields; n; n = n->next) {
                const struct idl_field *o = old->fields;

                while (o && strcmp(n->name, o->name) != 0)
                        o = o->next;
                if (!o && !n->type->nullable)
                        return broken(error, &(struct place){ place, n->name }, "is new and not nullable");
        }
        return 0;
}

/* A value may be added: what old messages said stays good. */
static int compare_enums(const struct idl_type *old, const struct idl_type *new, const struct place *place,
                         struct idl_error *error) {
        for (const struct idl_value *o = old->values; o; o = o->next) {
                const struct idl_value *n = new->values;

                while (n && strcmp(n->name, o->name) != 0)
                        n = n->next;
                if (!n)
                        return broken(error, place, "value '%s' is gone", o->name);
        }
        return 0;
}

static int compare_types(const struct idl_type *old, const struct idl_type *new, const struct place *place,
                         struct idl_error *error) {
        if (old->nullable != new->nullable)
                return broken(error, place, "was %snullable", old->nullable ? "" : "not ");
        if (old->kind != new->kind)
                return broken(error, place, "was of type %s, is %s", idl_kind_name(old->kind), idl_kind_name(new->kind));
        switch (old->kind) {
        case IDL_ENUM:
                return compare_enums(old, new, place, error);
        case IDL_STRUCT:
                return compare_structs(&old->fields, &new->fields, place, error);
        case IDL_ARRAY:
        case IDL_DICT:
                return compare_types(old->element, new->element, place, error);
        case IDL_NAMED:
                /* the declarations of that name are compared by themselves */
                if (strcmp(old->named.name, new->named.name) != 0)
                        return broken(error, place, "was %s, is %s", old->named.name, new->named.name);
                return 0;
        default:
                return 0;
        }
}

static int compare_declarations(const struct idl_declaration *old, const struct idl_declaration *new, const struct place *place,
                                struct idl_error *error) {
        int r = 0;

        switch (old->kind) {
        case IDL_TYPE:
                return compare_types(old->type, new->type, place, error);
        case IDL_ERROR:
                return compare_structs(&old->in, &new->in, place, error);
        case IDL_METHOD:
                r = compare_structs(&old->in, &new->in, &(struct place){ place, "call" }, error);
                if (r >= 0)
                        r = compare_structs(&old->out, &new->out, &(struct place){ place, "reply" }, error);
                return r;
        }
        return r;
}

int idl_compatible(const struct idl *old, const struct idl *new, struct idl_error *error) {
        static const char *const kinds[] = { [IDL_TYPE] = "type", [IDL_METHOD] = "method", [IDL_ERROR] = "error" };

        if (strcmp(old->name, new->name) != 0)
                return broken(error, &(struct place){ NULL, old->name }, "is now %s", new->name);
        for (const struct idl_declaration *o = old->declarations; o; o = o->next) {
                const struct idl_declaration *n = idl_declaration(new, o->kind, o->name);
                char name[64];
                int r;

                snprintf(name, sizeof(name), "%s %.50s", kinds[o->kind], o->name);
                r = n ? compare_declarations(o, n, &(struct place){ NULL, name }, error)
                      : broken(error, &(struct place){ NULL, name }, "is gone");
                if (r < 0)
                        return r;
        }
        return 0;
}
