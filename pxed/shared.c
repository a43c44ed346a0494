#include "pxed/shared.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/index.h"

struct shared {
        uint32_t references;
        char text[];
};

static struct index texts;

static struct shared *shared_of(const char *text) {
        return (struct shared *) (text - offsetof(struct shared, text));
}

static struct shared *find(const char *value, size_t size, uint64_t hash) {
        struct shared *shared;
        size_t position = 0;
        while ((shared = index_next(&texts, hash, &position)))
                if (strncmp(shared->text, value, size) == 0 && shared->text[size] == '\0')
                        return shared;
        return NULL;
}

void shared_clear(const char **field) {
        const char *text = *field;
        *field = NULL;
        if (!text || --shared_of(text)->references > 0)
                return;
        index_remove(&texts, index_hash(text, strlen(text)), shared_of(text));
        free(shared_of(text));
        if (texts.used == 0)
                index_clear(&texts);
}

const char *shared_ref(const char *text) {
        if (text)
                shared_of(text)->references++;
        return text;
}

int shared_set(const char **field, const char *value, size_t max) {
        size_t size = value ? strlen(value) : 0;
        if (!value) {
                shared_clear(field);
                return 0;
        }
        if (size > max) {
                size = max;
                while (size > 0 && ((unsigned char) value[size] & 0xc0) == 0x80)
                        size--;
        }
        uint64_t hash = index_hash(value, size);
        struct shared *shared = find(value, size, hash);
        if (!shared) {
                shared = malloc(sizeof *shared + size + 1);
                if (!shared || index_add(&texts, hash, shared) < 0) {
                        free(shared);
                        return -ENOMEM;
                }
                shared->references = 0;
                memcpy(shared->text, value, size);
                shared->text[size] = '\0';
        }
        shared->references++;
        shared_clear(field);
        *field = shared->text;
        return 0;
}
