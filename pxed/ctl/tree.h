/*
 * Trees of lines. A branch is an object: text; style (enum style), which may be missing; branches, an array. Pure.
 */
#pragma once

#include <stdio.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

/* A branch with that text and no branches. Text of the wire may be anything: it is escaped when it is printed. */
json_t *tree_new(enum style style, const char *format, ...) _printf_(2, 3);
/* Takes over `branch`, and returns it, borrowed. */
json_t *tree_add(json_t *tree, json_t *branch);
/* The text in the first line, below it the branches, drawn with lines. */
void tree_print(const json_t *tree, const struct look *look, FILE *out);
