#include "lib/child_lines.h"

#include <string.h>

void child_lines_finish(struct child_lines *lines, void (*complete)(const char *line, void *userdata), void *userdata) {
        if (lines->partial_size == 0)
                return;

        char *slot = lines->ring[lines->count % CHILD_LINES_MAX];
        memcpy(slot, lines->partial, lines->partial_size);
        slot[lines->partial_size] = '\0';
        lines->partial_size = 0;
        /* The ring's place follows from the count modulo its size, which must not jump where the count would wrap. */
        if (++lines->count == 1000 * CHILD_LINES_MAX)
                lines->count = CHILD_LINES_MAX;
        complete(slot, userdata);
}

void child_lines_feed(struct child_lines *lines, const char *data, size_t size, void (*complete)(const char *line, void *userdata),
                      void *userdata) {
        for (size_t i = 0; i < size; i++) {
                char c = data[i];
                if (c == '\n') {
                        child_lines_finish(lines, complete, userdata);
                        continue;
                }
                if (c == '\r' || lines->partial_size == CHILD_LINE_SIZE - 1)
                        continue;
                lines->partial[lines->partial_size++] = c == '\t' ? ' ' : c >= ' ' && c <= '~' ? c : '?';
        }
}

unsigned child_lines_size(const struct child_lines *lines) {
        return lines->count < CHILD_LINES_MAX ? lines->count : CHILD_LINES_MAX;
}

const char *child_lines_at(const struct child_lines *lines, unsigned index) {
        unsigned size = child_lines_size(lines);
        return index < size ? lines->ring[(lines->count - size + index) % CHILD_LINES_MAX] : NULL;
}

const char *child_lines_last(const struct child_lines *lines) {
        unsigned size = child_lines_size(lines);
        return size > 0 ? child_lines_at(lines, size - 1) : NULL;
}
