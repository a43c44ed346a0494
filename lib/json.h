/* jansson with ownership by cleanup, and the getters that desired state and replies are read with. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/macro.h"

static inline void json_unrefp(json_t **value) {
        json_decref(*value);
}

#define _cleanup_json_ _cleanup_(json_unrefp)

/* Nesting that a message may have. jansson's own limit is 2048, which its recursion pays for in stack. */
#define JSON_DEPTH_MAX 64

/*
 * Parses one JSON value of `size` bytes: duplicate keys, NUL in strings or keys, bytes after the value, invalid UTF-8,
 * nesting over `depth` levels and absurdly many values (over 256 Ki, or 64 Ki objects and arrays) are refused, the last two
 * before any recursion. A JSON object or array is required. On failure NULL, and *ret_reason (static text) says why;
 * ret_reason may be NULL.
 */
json_t *json_parse(const char *text, size_t size, unsigned depth, const char **ret_reason);
/* As json_parse, but strings may have NULs ("\u0000"), keys not: for who takes them out before anybody reads a string as one of C. */
json_t *json_parse_with_nuls(const char *text, size_t size, unsigned depth, const char **ret_reason);

/*
 * Escapes of surrogates that are not half of a pair (RFC 8259 section 8.2), of which jansson takes none, become \ufffd in place. They are what Python's
 * surrogateescape makes of each byte that is no UTF-8. Whatever json_parse takes stays as it is.
 */
void json_mend_escapes(char *text, size_t size);
/*
 * Integers that no int64_t holds, of which jansson takes none either, become reals in place, as exact as their place allows; RFC 8259 section 6 has no
 * bound for them, and counters of 64 bits go beyond. Whatever json_parse takes stays as it is. False: there is none.
 */
bool json_mend_integers(char *text, size_t size);

/*
 * The text of a value, to be freed, as json_dumps writes it by the same flags, and its length; ret_size may be NULL. NULL: no memory, or nothing
 * to write. json_dumps lets a text grow from 16 bytes on and copies it in the end: here there is one allocation of the right size.
 */
char *json_write(const json_t *value, size_t flags, size_t *ret_size);

/* Members of an object; the default where it is absent, null, or of another type. Strings stay the object's. */
const char *json_get_string(const json_t *object, const char *key);          /* NULL */
int64_t json_get_int(const json_t *object, const char *key, int64_t fallback);
bool json_get_bool(const json_t *object, const char *key, bool fallback);
/* An array or object member, borrowed; NULL. json_array_foreach takes a NULL array as an empty one. */
json_t *json_get_array(const json_t *object, const char *key);
json_t *json_get_object(const json_t *object, const char *key);

/* A string, or null for NULL. Text that is not UTF-8 is made so ('?' for each bad byte). */
json_t *json_text(const char *text);
/* An integer, or null when `known` is false. */
json_t *json_int_or_null(bool known, int64_t value);
