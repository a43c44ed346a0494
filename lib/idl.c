#include "lib/idl_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct idl_block {
        struct idl_block *next;
        max_align_t data[];
};

void *idl_allocate(struct idl *idl, size_t size) {
        struct idl_block *block = calloc(1, sizeof(*block) + size);

        if (!block)
                return NULL;
        block->next = idl->blocks;
        idl->blocks = block;
        return block->data;
}

int idl_refuse(struct idl_error *error, const char *text, size_t offset, const char *format, ...) {
        va_list arguments;

        if (!error)
                return -EINVAL;
        error->line = error->column = 1;
        for (const char *p = text; p < text + offset; p++) {
                error->column++;
                if (*p == '\n') {
                        error->line++;
                        error->column = 1;
                }
        }
        va_start(arguments, format);
        vsnprintf(error->reason, sizeof(error->reason), format, arguments);
        va_end(arguments);
        return -EINVAL;
}

struct idl *idl_free(struct idl *idl) {
        if (!idl)
                return NULL;
        for (struct idl_block *block = idl->blocks, *next; block; block = next) {
                next = block->next;
                free(block);
        }
        free(idl->text);
        free(idl);
        return NULL;
}

const char *idl_name(const struct idl *idl) {
        return idl->name;
}

const char *idl_text(const struct idl *idl) {
        return idl->text;
}

struct idl_declaration *idl_declaration(const struct idl *idl, enum idl_declaration_kind kind, const char *name) {
        for (struct idl_declaration *d = idl->declarations; d; d = d->next)
                if (d->kind == kind && strcmp(d->name, name) == 0)
                        return d;
        return NULL;
}

const struct idl_method *idl_method(const struct idl *idl, const char *name) {
        const struct idl_declaration *d = idl_declaration(idl, IDL_METHOD, name);
        return d ? &d->method : NULL;
}

const struct idl_struct *idl_error_parameters(const struct idl *idl, const char *name) {
        const struct idl_declaration *d = idl_declaration(idl, IDL_ERROR, name);
        return d ? &d->in : NULL;
}

bool idl_has_member(const struct idl *idl, const char *type, const char *member) {
        const struct idl_declaration *d = idl_declaration(idl, IDL_TYPE, type);
        const struct idl_field *field = d && d->type->kind == IDL_STRUCT ? d->type->fields.fields : NULL;

        while (field && strcmp(field->name, member) != 0)
                field = field->next;
        return field != NULL;
}

const struct idl_method *idl_method_at(const struct idl *idl, size_t index) {
        for (const struct idl_declaration *d = idl->declarations; d; d = d->next)
                if (d->kind == IDL_METHOD && index-- == 0)
                        return &d->method;
        return NULL;
}

const char *idl_kind_name(enum idl_kind kind) {
        static const char *const names[] = {
                [IDL_BOOL] = "bool",     [IDL_INT] = "int",   [IDL_FLOAT] = "float",      [IDL_STRING] = "string",
                [IDL_OBJECT] = "object", [IDL_ENUM] = "enum", [IDL_STRUCT] = "struct",    [IDL_ARRAY] = "array",
                [IDL_DICT] = "dict",     [IDL_NAMED] = "type",
        };
        return names[kind];
}

const struct idl *idl_find(const char *name) {
        /* Parsed when first asked for and kept until the process ends; in a list, so that leak checkers see it. */
        static struct parsed {
                struct parsed *next;
                struct idl *idl;
        } *all;

        for (struct parsed *p = all; p; p = p->next)
                if (strcmp(p->idl->name, name) == 0)
                        return p->idl;

        for (const struct idl_embedded *e = idl_embedded; e->name; e++) {
                _cleanup_(idl_freep) struct idl *idl = NULL;
                struct parsed *p;

                if (strcmp(e->name, name) != 0)
                        continue;
                if (idl_parse(e->text, strlen(e->text), &idl, NULL) < 0 || strcmp(idl->name, name) != 0)
                        return NULL;
                p = malloc(sizeof(*p));
                if (!p)
                        return NULL;
                *p = (struct parsed){ .next = all, .idl = TAKE_POINTER(idl) };
                all = p;
                return p->idl;
        }
        return NULL;
}
