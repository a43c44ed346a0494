/* The last lines of a program's output. Pure and bounded. */
#pragma once

#include <stddef.h>

#define CHILD_LINES_MAX 20
#define CHILD_LINE_SIZE 240 /* with the NUL; what is longer is cut */

/* All zeros is empty. */
struct child_lines {
        char ring[CHILD_LINES_MAX][CHILD_LINE_SIZE];
        unsigned count; /* lines that were ever complete */
        char partial[CHILD_LINE_SIZE];
        size_t partial_size;
};

/* Takes output as it comes. `complete` is called for each line that it ends; empty lines are left out, bytes that are not printable
 * ASCII become '?'. */
void child_lines_feed(struct child_lines *lines, const char *data, size_t size, void (*complete)(const char *line, void *userdata),
                      void *userdata);
/* Output has ended: a last line without newline is complete. */
void child_lines_finish(struct child_lines *lines, void (*complete)(const char *line, void *userdata), void *userdata);

/* Lines that are kept, and the one that is `index`th of them, oldest first; NULL past the last. */
unsigned child_lines_size(const struct child_lines *lines);
const char *child_lines_at(const struct child_lines *lines, unsigned index);
/* The newest; NULL when there is none. */
const char *child_lines_last(const struct child_lines *lines);
