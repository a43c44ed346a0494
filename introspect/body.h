/*
 * Bodies of requests as they come in: each grows as bytes come and is bounded, and so are all together. It begins with some
 * text of the owner's, so that what is written to disk around a payload needs no copy of it.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "lib/macro.h"

/* What all bodies in flight may take. */
struct body_budget {
        _Atomic size_t used;
        size_t max;
};

struct body {
        struct body_budget *budget;
        char *text;
        size_t prefix; /* bytes before the payload */
        size_t size;   /* with the prefix */
        size_t space;
        size_t max;    /* of the payload */
};

/* Nothing is allocated yet. */
void body_init(struct body *body, struct body_budget *budget, size_t max);
/* NULL-safe; gives back to the budget. */
void body_clear(struct body *body);

/* -EFBIG: larger than its `max`; -ENOBUFS: all bodies together are; -ENOMEM. The body is as before then. */
int body_append(struct body *body, const void *data, size_t size);
/* Makes the text before the payload: called once, before the first body_append. */
int body_set_prefix(struct body *body, const char *prefix);
/* Another payload in the place of what has come: as body_append of it, but that nothing is left where it does not fit. */
int body_replace(struct body *body, const char *payload, size_t size);
/* Text after the payload, which is not counted to it. */
int body_finish(struct body *body, const char *suffix, size_t size);

static inline const char *body_payload(const struct body *body) {
        return body->text ? body->text + body->prefix : "";
}

static inline size_t body_payload_size(const struct body *body) {
        return body->size - body->prefix;
}
