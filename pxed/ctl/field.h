/* "Name:  value" lines, for one object shown in full. */
#pragma once

#include <stdio.h>

#include "lib/macro.h"
#include "pxed/ctl/look.h"

/* One line; the value is escaped and never cut. NULL or "" is shown as "-". Without a name ("") it goes on with the line before. */
void field_text(FILE *out, const struct look *look, const char *name, enum style style, const char *value);
void field_format(FILE *out, const struct look *look, const char *name, enum style style, const char *format, ...) _printf_(5, 6);
/* A heading, after an empty line. */
void field_heading(FILE *out, const struct look *look, const char *title);
/* Prints text from the wire, escaped. */
void field_put(FILE *out, const char *text);
