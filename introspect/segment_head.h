/* The line before each post of a segment (introspect/segments.h), of fixed length: "W TIME SIZE MAC POST CHECKSUM", numbers in hexadecimal. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "introspect/spool.h"

/* With its newline. */
#define SEGMENT_HEAD_SIZE 83
/* Instead of W, which stands for wanted. */
#define SEGMENT_HEAD_DONE 'D'

struct segment_head {
        struct spool_post post;
        bool wanted;
        uint32_t checksum;
};

/* CRC-32 of the post's text and of what its head says of it. */
uint32_t segment_head_checksum(const struct spool_post *post, const void *data);
/* Returns `ret`, with a NUL behind the line. */
char *segment_head_format(const struct segment_head *head, char ret[static SEGMENT_HEAD_SIZE + 1]);
/* False: it is not what segment_head_format makes. */
bool segment_head_parse(const char text[static SEGMENT_HEAD_SIZE], struct segment_head *ret);
