/*
 * Varlink interface definitions (https://varlink.org/Interface-Definition): parsed, and messages checked against them.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/json.h"
#include "lib/macro.h"

struct idl;        /* one interface */
struct idl_struct; /* parameters of a call, a reply or an error */

struct idl_method {
        const char *name;
        const struct idl_struct *in, *out;
};

/* Where a text is wrong. */
struct idl_error {
        unsigned line, column; /* from 1 */
        char reason[128];
};

/* Parses the text of one interface file of at most 1 MiB: duplicate names, unknown types, types that contain themselves without
 * '?' or '[]' between, and nesting over 32 levels are refused. The text is kept (copied) for idl_text. */
int idl_parse(const char *text, size_t size, struct idl **ret, struct idl_error *error);
struct idl *idl_free(struct idl *idl);
DEFINE_CLEANUP(struct idl *, idl_free);

const char *idl_name(const struct idl *idl);
const char *idl_text(const struct idl *idl);
/* NULL: there is none of that (unqualified) name. */
const struct idl_method *idl_method(const struct idl *idl, const char *name);
const struct idl_struct *idl_error_parameters(const struct idl *idl, const char *name);
/* Whether the interface has a type of that name, and it a member of that one. */
bool idl_has_member(const struct idl *idl, const char *type, const char *member);
/* Methods in the order of the file; NULL past the last. */
const struct idl_method *idl_method_at(const struct idl *idl, size_t index);

/*
 * Checks an object: each member that is not nullable is there, each is of its type, none is undeclared. An absent nullable
 * member is null. An integer is accepted for a float. `ret_path` gets the path of the first offender, "ports[2].mac" ("" for the
 * object itself). 0 or -EINVAL.
 */
int idl_check(const struct idl *idl, const struct idl_struct *type, const json_t *object, char *ret_path, size_t path_size);

/*
 * Whether messages of `old` are still good for `new`: everything of old is there with the same type, and what new adds to
 * parameters is nullable. Otherwise -EINVAL and *error names (in `reason`) what broke. For the test that compares with the last
 * release.
 */
int idl_compatible(const struct idl *old, const struct idl *new, struct idl_error *error);

/* The interface files of interfaces/, embedded when pxed is built. */
struct idl_embedded {
        const char *name; /* "org.pxed.Node" */
        const char *text;
};
extern const struct idl_embedded idl_embedded[]; /* ends with a NULL name */
/* The embedded interface of that name, parsed once and kept; NULL when there is none. */
const struct idl *idl_find(const char *name);
