/* The head of a post of the spool: what is taken is written again as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/segment_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char again[SEGMENT_HEAD_SIZE + 1];
        struct segment_head head;

        if (size < SEGMENT_HEAD_SIZE || !segment_head_parse((const char *) data, &head))
                return 0;
        if (memcmp(segment_head_format(&head, again), data, SEGMENT_HEAD_SIZE) != 0 || strlen(head.post.post) != SPOOL_POST_SIZE - 1)
                abort();
        return 0;
}
