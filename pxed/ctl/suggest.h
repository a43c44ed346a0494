/* What somebody may have meant by a word that is not known. */
#pragma once

#include <stddef.h>

/* Changes of one letter (put in, left out, another, two swapped) that turn `a` into `b`. Words over 63 letters count by their first 63. */
unsigned suggest_distance(const char *a, const char *b);

/* The nearest of `words`, or NULL where none is near enough to be meant. A beginning of a word is near it. */
const char *suggest(const char *given, const char *const *words, size_t n);
