/* Small text helpers: owned strings, enums by name, and text of others made fit to be shown. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/macro.h"

/* Puts a copy of `value` (NULL: none) into *field and frees what was there. -ENOMEM leaves *field as it was. */
int text_set(char **field, const char *value);
/* As text_set, at most `max` bytes of the value, cut before a UTF-8 character rather than inside one. */
int text_set_max(char **field, const char *value, size_t max);
/* Both NULL, or the same text. */
bool text_equal(const char *a, const char *b);
/* Letters, digits, '.', '_', '-'; 1 to 63 of them; the first a letter or digit: names of nodes, profiles, networks. */
bool name_is_valid(const char *name);

/* Index of `name` in a table of `count` names; -EINVAL when it is not there. */
int name_to_enum(const char *const *names, size_t count, const char *name);

/* Bytes of the UTF-8 sequence (RFC 3629 section 4) that `text` of `size` bytes starts with; 0: it starts with none. */
size_t utf8_length(const char *text, size_t size);
/* Cuts off the last character where not all of it is there, as after snprintf. Returns `text`. */
char *utf8_cut(char *text);
/* All of it is UTF-8; the empty text is. */
bool utf8_is_valid(const char *text, size_t size);

/*
 * One line out of `length` bytes of anybody's text, in `buffer` of `size` (at least 1) bytes, ended by a NUL: without white space at its ends, line
 * ends and tabs as spaces, each byte of a control character (C0 with NUL, DEL, C1) and each that is no UTF-8 as '?', so that nothing in it
 * can steer a terminal; what does not fit is cut off before a character. Returns the length. `text` may be NULL when `length` is 0.
 */
size_t text_clean(char *buffer, size_t size, const char *text, size_t length);

/* The value of a hexadecimal digit of either case; -1: it is none. */
int hex_digit(char c);
/* Lower-case hexadecimal digits, two for each byte that fits `size`; ends with a NUL. Returns `buffer`. */
char *text_hex(char *buffer, size_t size, const uint8_t *bytes, size_t length);

/*
 * An id as its owner wrote it, of `length` bytes: as text_clean, without NULs at its end (some count the NUL of a C string in). What is no
 * UTF-8 or leaves nothing becomes hexadecimal. True: words. `size` > 2 * `length` has room for either.
 */
bool text_id(char *buffer, size_t size, const uint8_t *bytes, size_t length);
/* How many bytes are left without NULs at the end. */
size_t text_without_nuls(const uint8_t *bytes, size_t length);
