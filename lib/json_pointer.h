/*
 * Values named by a JSON pointer (RFC 6901), in which a part that is '*' stands for each member of a list or object. (A member whose name is
 * really "*" is one of those.) "" is the whole value. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/json.h"

/* Of a pointer: bytes and parts. */
#define JSON_POINTER_MAX 512
#define JSON_POINTER_DEPTH 32

/* Whether it can be evaluated. On failure -EINVAL and *ret_reason (static text) says why; ret_reason may be NULL. */
int json_pointer_check(const char *pointer, const char **ret_reason);
/* Whether a part of it is '*'. */
bool json_pointer_is_pattern(const char *pointer);

/*
 * Calls `found` for each value that the pointer names, in the order of the document; `pointer` is then the place of that value with each '*'
 * filled in. A value that is not there is not called for, and neither is one whose place has more than JSON_POINTER_MAX bytes: no pointer names it. Stops when
 * `found` returns nonzero, and returns that; else 0; -EINVAL for what json_pointer_check refuses.
 */
int json_pointer_each(const json_t *document, const char *pointer, int (*found)(const char *pointer, json_t *value, void *userdata), void *userdata);

/* As json_pointer_each, and -E2BIG where it takes more than *steps from value to value, which it counts down. */
int json_pointer_each_within(const json_t *document, const char *pointer, size_t *steps,
                             int (*found)(const char *pointer, json_t *value, void *userdata), void *userdata);

/* The first value that it names, borrowed; NULL: there is none, or the pointer is wrong. */
json_t *json_pointer_get(const json_t *document, const char *pointer);

/*
 * Puts a value (taken over, also on failure) where the pointer, no pattern, says: a member of an object, in the place of what is there; a member of a
 * list by its place, or at its end with "-". Objects on the way to it that are missing are made. -EINVAL: the pointer is wrong, is a pattern,
 * or is ""; -ENOTDIR: on the way is something that has no members; -ENOENT: the list has no such place. Nothing is changed then.
 */
int json_pointer_set(json_t *document, const char *pointer, json_t *value);

/* Takes a value out. 1: done; 0: it was not there; -EINVAL as above. */
int json_pointer_delete(json_t *document, const char *pointer);

/* Writes a name as one part of a pointer: '~' and '/' escaped. Returns `buffer`; a name that does not fit is cut. */
char *json_pointer_escape(const char *name, char *buffer, size_t size);
