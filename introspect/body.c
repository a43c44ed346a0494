#include "introspect/body.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FIRST_SPACE 4096
/* Above this size a body grows by as much, so that a large one takes little more than its size. */
#define STEP (1024 * 1024)

void body_init(struct body *body, struct body_budget *budget, size_t max) {
        *body = (struct body) { .budget = budget, .max = max };
}

void body_clear(struct body *body) {
        free(body->text);
        atomic_fetch_sub(&body->budget->used, body->space);
        *body = (struct body) { .budget = body->budget, .max = body->max };
}

/* A quarter is left to bodies of usual size, so that a few large ones that take long do not shut out all other machines. */
static bool reserve(struct body_budget *budget, size_t size, bool large) {
        size_t max = large ? budget->max / 4 * 3 : budget->max;

        if (atomic_fetch_add(&budget->used, size) + size <= max)
                return true;
        atomic_fetch_sub(&budget->used, size);
        return false;
}

static int grow(struct body *body, size_t needed) {
        size_t space = body->space ?: FIRST_SPACE;

        while (space < needed)
                space += space < STEP ? space : STEP;
        if (space == body->space)
                return 0;
        size_t more = space - body->space;
        if (!reserve(body->budget, more, space > STEP))
                return -ENOBUFS;
        char *larger = realloc(body->text, space);
        if (!larger) {
                atomic_fetch_sub(&body->budget->used, more);
                return -ENOMEM;
        }
        body->text = larger;
        body->space = space;
        return 0;
}

static int add(struct body *body, const void *data, size_t size) {
        int r = grow(body, body->size + size);

        if (r < 0)
                return r;
        memcpy(body->text + body->size, data, size);
        body->size += size;
        return 0;
}

int body_append(struct body *body, const void *data, size_t size) {
        if (body_payload_size(body) + size > body->max)
                return -EFBIG;
        return add(body, data, size);
}

int body_replace(struct body *body, const char *payload, size_t size) {
        body->size = body->prefix;
        return body_append(body, payload, size);
}

int body_set_prefix(struct body *body, const char *prefix) {
        int r = add(body, prefix, strlen(prefix));

        if (r == 0)
                body->prefix = body->size;
        return r;
}

int body_finish(struct body *body, const char *suffix, size_t size) {
        return add(body, suffix, size);
}
