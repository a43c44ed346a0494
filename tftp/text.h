/* Text that grows, with a sticky error: append straight through and ask once at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/macro.h"

struct text {
        char *data; /* NUL-terminated once anything was added; NULL before */
        size_t size, room;
        bool failed; /* no memory */
};

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t size);
void text_printf(struct text *text, const char *format, ...) _printf_(2, 3);
/* Hands the string over: the caller frees it; NULL when there was no memory for all of it. */
char *text_take(struct text *text);
void text_clear(struct text *text);

#define _cleanup_text_ _cleanup_(text_clear)
