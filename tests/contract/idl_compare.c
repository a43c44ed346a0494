/* idl-compare OLD NEW: whether callers that were written for the interface file OLD work with NEW. Says what broke; exit status 1. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/idl.h"

static struct idl *read_interface(const char *path) {
        static char text[1024 * 1024 + 1];
        struct idl_error error = {};
        struct idl *idl = NULL;
        FILE *file = fopen(path, "re");
        size_t size;

        if (!file) {
                printf("%s: %s\n", path, strerror(errno));
                return NULL;
        }
        size = fread(text, 1, sizeof(text), file);
        fclose(file);
        if (idl_parse(text, size, &idl, &error) < 0)
                printf("%s:%u:%u: %s\n", path, error.line, error.column, error.reason);
        return idl;
}

int main(int argc, char **argv) {
        _cleanup_(idl_freep) struct idl *old = NULL;
        _cleanup_(idl_freep) struct idl *new = NULL;
        struct idl_error error = {};

        if (argc != 3) {
                printf("usage: idl-compare OLD NEW\n");
                return 2;
        }
        old = read_interface(argv[1]);
        new = read_interface(argv[2]);
        if (!old || !new)
                return 1;
        if (idl_compatible(old, new, &error) < 0) {
                printf("%s: %s\n", argv[2], error.reason);
                return 1;
        }
        return 0;
}
