/* Tables: columns as wide as their content, cut to the width of the terminal, text from the wire made harmless. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "lib/macro.h"
#include "pxed/ctl/look.h"

struct table;

struct table_column {
        const char *title; /* NULL ends the list */
        bool right;        /* numbers */
        bool shrinks;      /* gives way first where the line is too long */
};

/* `columns` is borrowed and must outlive the table. NULL when memory is short; the functions below take that as a table that
 * failed, and table_print says so. */
struct table *table_new(const struct table_column *columns);
struct table *table_free(struct table *table);
DEFINE_CLEANUP(struct table *, table_free);

/* The next cell, row by row; NULL or "" is shown as "-". The text is copied and escaped. */
void table_add(struct table *table, enum style style, const char *text);
void table_addf(struct table *table, enum style style, const char *format, ...) _printf_(3, 4);

/* Rows that are complete. */
size_t table_rows(const struct table *table);

/* Title line and rows, each line indented by `indent` columns. -ENOMEM where a cell could not be kept; nothing is printed then. */
int table_print(const struct table *table, const struct look *look, unsigned indent, FILE *out);
