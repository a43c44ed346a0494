/* After an interface has been parsed: names find their declarations, and types that no value can have are refused. */
#include "lib/idl_internal.h"

struct linker {
        struct idl *idl;
        const char *text;
        struct idl_error *error;
};

#define fail(linker, offset, ...) idl_refuse((linker)->error, (linker)->text, offset, __VA_ARGS__)

static int resolve(struct linker *linker, struct idl_type *type);

static int resolve_struct(struct linker *linker, struct idl_struct *fields) {
        for (struct idl_field *f = fields->fields; f; f = f->next) {
                int r = resolve(linker, f->type);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Finds the declarations that names stand for. */
static int resolve(struct linker *linker, struct idl_type *type) {
        switch (type->kind) {
        case IDL_NAMED:
                type->named.target = idl_declaration(linker->idl, IDL_TYPE, type->named.name);
                if (!type->named.target)
                        return fail(linker, type->named.offset, "there is no type '%s'", type->named.name);
                return 0;
        case IDL_STRUCT:
                return resolve_struct(linker, &type->fields);
        case IDL_ARRAY:
        case IDL_DICT:
                return resolve(linker, type->element);
        default:
                return 0;
        }
}

static int measure_type(struct linker *linker, const struct idl_type *type, unsigned depth, unsigned *ret);

static int measure_declaration(struct linker *linker, struct idl_declaration *d, unsigned depth) {
        int r;

        if (d->measuring)
                return fail(linker, d->offset, "type '%s' contains itself", d->name);
        if (d->height == 0) {
                d->measuring = true;
                r = measure_type(linker, d->type, depth, &d->height);
                d->measuring = false;
                if (r < 0)
                        return r;
        }
        return 0;
}

/*
 * Levels of structs that a value of the type always has. What is nullable, an array or a map can be empty and ends the
 * measure. A type that always holds another of itself has no end and no value.
 */
static int measure_type(struct linker *linker, const struct idl_type *type, unsigned depth, unsigned *ret) {
        unsigned below = 0;
        int r;

        *ret = 1;
        if (depth > IDL_DEPTH_MAX)
                return fail(linker, 0, "types nested over %u levels", IDL_DEPTH_MAX);
        if (type->nullable)
                return 0;
        if (type->kind == IDL_NAMED) {
                r = measure_declaration(linker, type->named.target, depth);
                *ret = type->named.target->height;
                return r;
        }
        if (type->kind != IDL_STRUCT)
                return 0;
        for (const struct idl_field *f = type->fields.fields; f; f = f->next) {
                unsigned height;

                r = measure_type(linker, f->type, depth + 1, &height);
                if (r < 0)
                        return r;
                if (height > below)
                        below = height;
        }
        *ret = below + 1;
        return depth + below > IDL_DEPTH_MAX ? fail(linker, 0, "types nested over %u levels", IDL_DEPTH_MAX) : 0;
}

int idl_link(struct idl *idl, const char *text, struct idl_error *error) {
        struct linker linker = { idl, text, error };
        int r = 0;

        for (struct idl_declaration *d = idl->declarations; d && r >= 0; d = d->next) {
                if (d->type)
                        r = resolve(&linker, d->type);
                if (r >= 0)
                        r = resolve_struct(&linker, &d->in);
                if (r >= 0)
                        r = resolve_struct(&linker, &d->out);
        }
        for (struct idl_declaration *d = idl->declarations; d && r >= 0; d = d->next)
                if (d->type)
                        r = measure_declaration(&linker, d, 1);
        return r;
}
