/* The grammar is that of https://varlink.org/Interface-Definition, read by recursive descent. */
#include "lib/idl_internal.h"

#include <errno.h>
#include <string.h>

struct parser {
        struct idl *idl;
        const char *text, *p, *end;
        unsigned depth;
        struct idl_error *error; /* may be NULL */
};

#define fail_at(parser, offset, ...) idl_refuse((parser)->error, (parser)->text, offset, __VA_ARGS__)
#define fail(parser, ...) fail_at(parser, (size_t) ((parser)->p - (parser)->text), __VA_ARGS__)

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Skips white space and comments; whether a line ended there. */
static bool skip(struct parser *parser) {
        bool line = false;

        for (; parser->p < parser->end; parser->p++) {
                char c = *parser->p;
                if (c == '#') {
                        while (parser->p < parser->end && *parser->p != '\n')
                                parser->p++;
                        if (parser->p == parser->end)
                                break;
                        line = true;
                } else if (c == '\n')
                        line = true;
                else if (c != ' ' && c != '\t' && c != '\r')
                        break;
        }
        return line;
}

static bool take(struct parser *parser, const char *token) {
        size_t length = strlen(token);

        skip(parser);
        if ((size_t) (parser->end - parser->p) < length || memcmp(parser->p, token, length) != 0)
                return false;
        parser->p += length;
        return true;
}

static int expect(struct parser *parser, const char *token) {
        return take(parser, token) ? 0 : fail(parser, "expected '%s'", token);
}

/* A word of letters and digits that must end there. */
static bool take_keyword(struct parser *parser, const char *keyword) {
        const char *start;

        skip(parser);
        start = parser->p;
        if (take(parser, keyword) &&
            (parser->p == parser->end || !(is_letter(*parser->p) || is_digit(*parser->p) || *parser->p == '_')))
                return true;
        parser->p = start;
        return false;
}

static const char *keep(struct parser *parser, const char *start) {
        size_t length = (size_t) (parser->p - start);
        char *name = idl_allocate(parser->idl, length + 1);

        if (name)
                memcpy(name, start, length);
        return name;
}

/* Members, methods and errors: [A-Z][A-Za-z0-9]* */
static int parse_name(struct parser *parser, const char **ret) {
        const char *start;

        skip(parser);
        start = parser->p;
        if (start == parser->end || *start < 'A' || *start > 'Z')
                return fail(parser, "expected a name that starts with a capital letter");
        while (parser->p < parser->end && (is_letter(*parser->p) || is_digit(*parser->p)))
                parser->p++;
        *ret = keep(parser, start);
        return *ret ? 0 : -ENOMEM;
}

/* Fields and values of enums: [A-Za-z](_?[A-Za-z0-9])* */
static int parse_field_name(struct parser *parser, const char **ret) {
        const char *start;

        skip(parser);
        start = parser->p;
        if (start == parser->end || !is_letter(*start))
                return fail(parser, "expected a field name");
        for (parser->p++; parser->p < parser->end; parser->p++) {
                if (*parser->p == '_' && parser->p[-1] != '_')
                        continue;
                if (!is_letter(*parser->p) && !is_digit(*parser->p))
                        break;
        }
        if (parser->p[-1] == '_')
                return fail(parser, "a field name does not end with '_'");
        *ret = keep(parser, start);
        return *ret ? 0 : -ENOMEM;
}

/* [A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+ */
static int parse_interface_name(struct parser *parser, const char **ret) {
        const char *start;
        unsigned dots = 0;

        skip(parser);
        start = parser->p;
        if (start == parser->end || !is_letter(*start))
                return fail(parser, "expected the name of the interface");
        for (parser->p++; parser->p < parser->end; parser->p++) {
                char c = *parser->p, before = parser->p[-1];
                if (is_letter(c) || is_digit(c) || (c == '-' && before != '.'))
                        continue;
                if (c != '.' || before == '.' || before == '-')
                        break;
                dots++;
        }
        if (parser->p[-1] == '.' || parser->p[-1] == '-' || dots == 0)
                return fail(parser, "the interface's name is not of the form org.example.name");
        *ret = keep(parser, start);
        return *ret ? 0 : -ENOMEM;
}

static int parse_type(struct parser *parser, struct idl_type **ret);

static int add_value(struct parser *parser, struct idl_type *type, const char *name, size_t offset) {
        struct idl_value **end = &type->values;
        unsigned n = 0;

        for (; *end; end = &(*end)->next) {
                if (strcmp((*end)->name, name) == 0)
                        return fail_at(parser, offset, "value '%s' is there twice", name);
                if (++n == IDL_MEMBERS_MAX)
                        return fail_at(parser, offset, "more than %u values", IDL_MEMBERS_MAX);
        }
        *end = idl_allocate(parser->idl, sizeof(**end));
        if (!*end)
                return -ENOMEM;
        (*end)->name = name;
        return 0;
}

static int add_field(struct parser *parser, struct idl_struct *fields, const char *name, size_t offset) {
        struct idl_field **end = &fields->fields, *field;
        unsigned n = 0;
        int r;

        for (; *end; end = &(*end)->next) {
                if (strcmp((*end)->name, name) == 0)
                        return fail_at(parser, offset, "field '%s' is there twice", name);
                if (++n == IDL_MEMBERS_MAX)
                        return fail_at(parser, offset, "more than %u fields", IDL_MEMBERS_MAX);
        }
        field = idl_allocate(parser->idl, sizeof(*field));
        if (!field)
                return -ENOMEM;
        field->name = name;
        r = parse_type(parser, &field->type);
        if (r < 0)
                return r;
        *end = field;
        return 0;
}

/* "(a: int, b: string)" or "(one, two)": which of the two shows after the first name. */
static int parse_parentheses(struct parser *parser, struct idl_type *type) {
        bool first = true;
        int r;

        r = expect(parser, "(");
        if (r < 0)
                return r;
        type->kind = IDL_STRUCT;
        if (take(parser, ")"))
                return 0;
        do {
                const char *name = NULL;
                size_t offset;

                skip(parser);
                offset = (size_t) (parser->p - parser->text);
                r = parse_field_name(parser, &name);
                if (r < 0)
                        return r;
                skip(parser);
                if (first && parser->p < parser->end && *parser->p != ':')
                        type->kind = IDL_ENUM;
                first = false;
                if (type->kind == IDL_ENUM) {
                        r = add_value(parser, type, name, offset);
                } else {
                        r = expect(parser, ":");
                        if (r >= 0)
                                r = add_field(parser, &type->fields, name, offset);
                }
                if (r < 0)
                        return r;
        } while (take(parser, ","));
        return expect(parser, ")");
}

static int parse_plain_type(struct parser *parser, struct idl_type *type) {
        static const enum idl_kind kinds[] = { IDL_BOOL, IDL_INT, IDL_FLOAT, IDL_STRING, IDL_OBJECT };

        skip(parser);
        if (parser->p < parser->end && *parser->p == '(')
                return parse_parentheses(parser, type);
        for (size_t i = 0; i < ELEMENTS(kinds); i++)
                if (take_keyword(parser, idl_kind_name(kinds[i]))) {
                        type->kind = kinds[i];
                        return 0;
                }
        if (parser->p == parser->end || *parser->p < 'A' || *parser->p > 'Z')
                return fail(parser, "expected a type");
        type->kind = IDL_NAMED;
        type->named.offset = (size_t) (parser->p - parser->text);
        return parse_name(parser, &type->named.name);
}

static int parse_type(struct parser *parser, struct idl_type **ret) {
        struct idl_type *type = idl_allocate(parser->idl, sizeof(*type));
        int r;

        if (!type)
                return -ENOMEM;
        if (parser->depth == IDL_DEPTH_MAX)
                return fail(parser, "nested over %u levels", IDL_DEPTH_MAX);
        parser->depth++;
        type->nullable = take(parser, "?");
        if (take(parser, "[]") || take(parser, "[string]")) {
                type->kind = parser->p[-2] == '[' ? IDL_ARRAY : IDL_DICT;
                r = parse_type(parser, &type->element);
        } else
                r = parse_plain_type(parser, type);
        parser->depth--;
        *ret = type;
        return r;
}

static int parse_struct(struct parser *parser, struct idl_struct *ret) {
        struct idl_type type = {};
        const char *start;
        int r;

        skip(parser);
        start = parser->p;
        r = parse_parentheses(parser, &type);
        if (r < 0)
                return r;
        if (type.kind != IDL_STRUCT)
                return fail_at(parser, (size_t) (start - parser->text), "expected fields with types");
        *ret = type.fields;
        return 0;
}

static int parse_members(struct parser *parser, struct idl_declaration *d) {
        int r;

        switch (d->kind) {
        case IDL_TYPE:
                skip(parser);
                if (parser->p == parser->end || *parser->p != '(')
                        return fail(parser, "expected '('");
                return parse_type(parser, &d->type);
        case IDL_ERROR:
                return parse_struct(parser, &d->in);
        case IDL_METHOD:
                r = parse_struct(parser, &d->in);
                if (r >= 0)
                        r = expect(parser, "->");
                if (r >= 0)
                        r = parse_struct(parser, &d->out);
                d->method = (struct idl_method){ d->name, &d->in, &d->out };
                return r;
        }
        return -EINVAL;
}

static int parse_declaration(struct parser *parser, struct idl_declaration **end) {
        struct idl_declaration *d = idl_allocate(parser->idl, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        if (take_keyword(parser, "type"))
                d->kind = IDL_TYPE;
        else if (take_keyword(parser, "method"))
                d->kind = IDL_METHOD;
        else if (take_keyword(parser, "error"))
                d->kind = IDL_ERROR;
        else
                return fail(parser, "expected 'type', 'method' or 'error'");
        skip(parser);
        d->offset = (size_t) (parser->p - parser->text);
        r = parse_name(parser, &d->name);
        if (r < 0)
                return r;
        for (const struct idl_declaration *other = parser->idl->declarations; other; other = other->next)
                if (strcmp(other->name, d->name) == 0)
                        return fail_at(parser, d->offset, "'%s' is declared twice", d->name);
        r = parse_members(parser, d);
        if (r < 0)
                return r;
        *end = d;
        return 0;
}

static int parse_interface(struct parser *parser) {
        struct idl_declaration **end = &parser->idl->declarations;
        int r;

        if (!take_keyword(parser, "interface"))
                return fail(parser, "expected 'interface'");
        r = parse_interface_name(parser, &parser->idl->name);
        for (unsigned n = 0; r >= 0; n++) {
                bool line = skip(parser);

                if (parser->p == parser->end)
                        return 0;
                if (!line)
                        return fail(parser, "expected a new line");
                if (n == IDL_MEMBERS_MAX)
                        return fail(parser, "more than %u declarations", IDL_MEMBERS_MAX);
                r = parse_declaration(parser, end);
                if (r >= 0)
                        end = &(*end)->next;
        }
        return r;
}

int idl_parse(const char *text, size_t size, struct idl **ret, struct idl_error *error) {
        _cleanup_(idl_freep) struct idl *idl = calloc(1, sizeof(*idl));
        struct parser parser = { .idl = idl, .text = text, .p = text, .end = text + size, .error = error };
        int r;

        if (!idl)
                return -ENOMEM;
        if (size > IDL_TEXT_MAX)
                return fail(&parser, "longer than %u bytes", IDL_TEXT_MAX);
        if (memchr(text, '\0', size))
                return fail(&parser, "holds a NUL byte");
        r = parse_interface(&parser);
        if (r >= 0)
                r = idl_link(idl, text, error);
        if (r < 0)
                return r;
        idl->text = strndup(text, size);
        if (!idl->text)
                return -ENOMEM;
        *ret = TAKE_POINTER(idl);
        return 0;
}
