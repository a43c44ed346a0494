/* Text that came over the wire, made fit for a terminal, a log and JSON. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Copies text of at most `length` bytes, up to its first NUL, into `buffer` of `size` (at least 1) bytes and ends it with a NUL;
 * what does not fit is cut off. Each byte that is not printable ASCII becomes '?', so that nothing in it can steer a terminal.
 * `text` may be NULL when length is 0. Returns the length of the copy.
 */
size_t text_copy(char *buffer, size_t size, const uint8_t *text, size_t length);
