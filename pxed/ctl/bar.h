/* Bars of characters. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BAR_SIZE(columns) ((columns) * 3 + 1) /* a block is three bytes of UTF-8 */

/* A progress bar of `columns`, `fraction` (0 to 1) of it full. Returns `buffer`, of BAR_SIZE(columns) bytes. */
char *bar_progress(double fraction, size_t columns, bool unicode, char *buffer);
/* A bar from `from` to `to` (0 to 1) in `columns`, at least one column of it full. */
char *bar_span(double from, double to, size_t columns, bool unicode, char *buffer);
