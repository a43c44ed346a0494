/* What a command takes from a file or from standard input. */
#pragma once

#include <stddef.h>

/* The whole file, or with "-" standard input to its end; a NUL follows, which *ret_size does not count. The caller frees *ret. -EFBIG: it has more than `max` bytes. */
int input_read(const char *path, size_t max, char **ret, size_t *ret_size);
