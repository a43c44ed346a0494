/*
 * A read cursor over bytes from the wire. A read past the end, or any other fault, sets an error that
 * stays; reads after it give zeros. So a parser reads straight through and asks once at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire {
        const uint8_t *at, *end;
        bool failed;
};

static inline struct wire wire_new(const void *data, size_t size) {
        /* NULL + 0 is undefined in C */
        return (struct wire) { .at = data, .end = size > 0 ? (const uint8_t *) data + size : data };
}

static inline size_t wire_left(const struct wire *w) {
        return w->failed ? 0 : (size_t) (w->end - w->at);
}

static inline void wire_fail(struct wire *w) {
        w->failed = true;
}

/* The next `size` bytes, which stay the caller's; NULL and failed when there are not as many. */
static inline const uint8_t *wire_bytes(struct wire *w, size_t size) {
        if (w->failed || wire_left(w) < size) {
                w->failed = true;
                return NULL;
        }
        const uint8_t *bytes = w->at;
        if (size > 0) /* as in wire_new */
                w->at += size;
        return bytes;
}

static inline void wire_skip(struct wire *w, size_t size) {
        (void) wire_bytes(w, size);
}

static inline bool wire_copy(struct wire *w, void *to, size_t size) {
        const uint8_t *bytes = wire_bytes(w, size);
        if (bytes)
                memcpy(to, bytes, size);
        else
                memset(to, 0, size);
        return bytes != NULL;
}

static inline uint8_t wire_u8(struct wire *w) {
        const uint8_t *b = wire_bytes(w, 1);
        return b ? b[0] : 0;
}

/* Network byte order. */
static inline uint16_t wire_u16(struct wire *w) {
        const uint8_t *b = wire_bytes(w, 2);
        return b ? (uint16_t) (b[0] << 8 | b[1]) : 0;
}

static inline uint32_t wire_u32(struct wire *w) {
        const uint8_t *b = wire_bytes(w, 4);
        return b ? (uint32_t) b[0] << 24 | (uint32_t) b[1] << 16 | (uint32_t) b[2] << 8 | b[3] : 0;
}

/* A cursor over the next `size` bytes; failed at once when there are not as many. */
static inline struct wire wire_sub(struct wire *w, size_t size) {
        const uint8_t *bytes = wire_bytes(w, size);
        struct wire sub = wire_new(bytes, bytes ? size : 0);
        sub.failed = bytes == NULL;
        return sub;
}
