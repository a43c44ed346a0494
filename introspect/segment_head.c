#include "introspect/segment_head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

uint32_t segment_head_checksum(const struct spool_post *post, const void *data) {
        char text[SEGMENT_HEAD_SIZE + 1];

        segment_head_format(&(const struct segment_head) { *post, true, 0 }, text);
        return (uint32_t) crc32_z(crc32_z(0, (const Bytef *) text, SEGMENT_HEAD_SIZE), data, post->size);
}

char *segment_head_format(const struct segment_head *head, char ret[static SEGMENT_HEAD_SIZE + 1]) {
        const struct spool_post *post = &head->post;

        snprintf(ret, SEGMENT_HEAD_SIZE + 1, "%c %016" PRIx64 " %08zx %012" PRIx64 " %.32s %08" PRIx32 "\n", head->wanted ? 'W' : SEGMENT_HEAD_DONE,
                 post->time, post->size, mac_to_u64(&post->mac), post->post, head->checksum);
        return ret;
}

bool segment_head_parse(const char text[static SEGMENT_HEAD_SIZE], struct segment_head *ret) {
        char line[SEGMENT_HEAD_SIZE + 1] = "", again[SEGMENT_HEAD_SIZE + 1], mac[13];
        struct segment_head head = { .wanted = text[0] != SEGMENT_HEAD_DONE };

        memcpy(line, text, SEGMENT_HEAD_SIZE);
        if (sscanf(line, "%*c %16" SCNx64 " %8zx %12[0-9a-f] %32[0-9a-f] %8" SCNx32, &head.post.time, &head.post.size, mac, head.post.post,
                   &head.checksum) != 5 ||
            mac_parse(mac, &head.post.mac) < 0)
                return false;
        /* A NUL within would make both shorter. */
        if (strlen(line) != SEGMENT_HEAD_SIZE || strcmp(segment_head_format(&head, again), line) != 0)
                return false;
        *ret = head;
        return true;
}
