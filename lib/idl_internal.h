/* The parsed form of an interface, between idl.c, idl_parse.c, idl_check.c and idl_compatible.c. */
#pragma once

#include "lib/idl.h"

/* Bounds of what the parser takes; see idl_parse. */
#define IDL_TEXT_MAX (1024u * 1024)
#define IDL_DEPTH_MAX 32
#define IDL_MEMBERS_MAX 1024 /* of an interface, of a struct, of an enum */

enum idl_kind { IDL_BOOL, IDL_INT, IDL_FLOAT, IDL_STRING, IDL_OBJECT, IDL_ENUM, IDL_STRUCT, IDL_ARRAY, IDL_DICT, IDL_NAMED };

struct idl_value {
        struct idl_value *next;
        const char *name;
};

struct idl_field {
        struct idl_field *next;
        const char *name;
        struct idl_type *type;
};

struct idl_struct {
        struct idl_field *fields;
};

struct idl_type {
        enum idl_kind kind;
        bool nullable;
        union {
                struct idl_value *values;   /* IDL_ENUM */
                struct idl_struct fields;   /* IDL_STRUCT */
                struct idl_type *element;   /* IDL_ARRAY, IDL_DICT */
                struct {
                        const char *name;
                        size_t offset; /* in the text, for the message when there is no such type */
                        struct idl_declaration *target;
                } named; /* IDL_NAMED */
        };
};

enum idl_declaration_kind { IDL_TYPE, IDL_METHOD, IDL_ERROR };

/* One type, method or error. */
struct idl_declaration {
        struct idl_declaration *next;
        enum idl_declaration_kind kind;
        const char *name;
        size_t offset;
        struct idl_type *type;    /* IDL_TYPE */
        struct idl_struct in;     /* IDL_METHOD; an error's parameters */
        struct idl_struct out;    /* IDL_METHOD */
        struct idl_method method; /* IDL_METHOD: what callers see */
        /* Levels of structs in this type that are always there; 0 until known. */
        unsigned height;
        bool measuring;
};

struct idl_block;

struct idl {
        char *text;
        const char *name;
        struct idl_declaration *declarations; /* in the order of the file */
        struct idl_block *blocks;             /* all memory but the text */
};

/* Zeroed memory that lives as long as the interface. NULL: out of memory. */
void *idl_allocate(struct idl *idl, size_t size);

/* Says in *error (may be NULL) what is wrong at that byte of the text. Returns -EINVAL. */
int idl_refuse(struct idl_error *error, const char *text, size_t offset, const char *format, ...) _printf_(4, 5);

/* Finds the declarations that named types stand for; refuses types that have no value, or nest too deep. */
int idl_link(struct idl *idl, const char *text, struct idl_error *error);

/* NULL: there is none of that kind and name. */
struct idl_declaration *idl_declaration(const struct idl *idl, enum idl_declaration_kind kind, const char *name);

const char *idl_kind_name(enum idl_kind kind);
