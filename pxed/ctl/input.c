#include "pxed/ctl/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/macro.h"

static int read_standard(size_t max, char **ret, size_t *ret_size) {
        _cleanup_free_ char *text = malloc(max + 1);
        size_t size = text ? fread(text, 1, max + 1, stdin) : 0;

        if (!text)
                return -ENOMEM;
        if (size > max)
                return -EFBIG;
        text[size] = '\0';
        *ret = TAKE_POINTER(text);
        *ret_size = size;
        return 0;
}

int input_read(const char *path, size_t max, char **ret, size_t *ret_size) {
        return strcmp(path, "-") == 0 ? read_standard(max, ret, ret_size) : file_read(path, max, ret, ret_size);
}
