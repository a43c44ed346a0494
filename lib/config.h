/*
 * Configuration files: sections of `key = value` lines (libinih), a main file and the *.conf files of a drop-in
 * folder beside it ("pxed.conf" and "pxed.conf.d/"), in the order of their names. A later value of the same section and
 * key takes the place of an earlier one. What keys mean is the reader's to say; each entry knows its file
 * and line, so that it can be refused by them.
 */
#pragma once

#include <stddef.h>

#include "lib/macro.h"

struct config_entry {
        const char *section; /* "network", of "[network lab]" */
        const char *name;    /* "lab"; "" where the section has none */
        const char *key;
        const char *value;
        const char *file;
        unsigned line;
};

struct config;

struct config_error {
        char file[256];
        unsigned line; /* 0: the file as a whole */
        char reason[512];
};

/* Reads `path` and its drop-ins. A missing main file is an error, a missing drop-in folder none. On failure a
 * negative errno and *error says where and why. */
int config_load(const char *path, struct config **ret, struct config_error *error);
struct config *config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free);

/* Entries in the order of their first appearance; sections of the same name are not necessarily adjacent. */
size_t config_size(const struct config *config);
const struct config_entry *config_at(const struct config *config, size_t index);

/* Fills *error for an entry (NULL: the configuration as a whole) and returns -EINVAL. Where the value has what looks like a comment, the
 * reason says so. */
int config_refuse(struct config_error *error, const struct config_entry *entry, const char *format, ...) _printf_(3, 4);
