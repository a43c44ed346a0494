/* Arrays that grow by one element at a time. */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one more element of `size` bytes and returns it, all zeros; *array may move. NULL without memory: nothing happened. An array that grows
 * only by this has room for the next power of two. */
static inline void *array_append(void **array, size_t *count, size_t size) {
        if ((*count & (*count - 1)) == 0) {
                void *larger = reallocarray(*array, *count ? *count * 2 : 1, size);
                if (!larger)
                        return NULL;
                *array = larger;
        }
        return memset((char *) *array + (*count)++ * size, 0, size);
}
