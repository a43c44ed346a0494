/* A made-up /sys and /proc in a folder of its own, and what collectors make of it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "introspect/agent/collect.h"

/* Of a name below the root. */
#define TREE_PATH_SIZE (2 * PATH_MAX)

static char root[] = "/tmp/pxed-agent-test-XXXXXX";

/* ---- making the tree ---- */

static inline void make_parents(const char *path) {
        char copy[TREE_PATH_SIZE];
        snprintf(copy, sizeof copy, "%s", path);
        for (char *slash = strchr(copy + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                mkdir(copy, 0755);
                *slash = '/';
        }
}

static inline void put_bytes(const char *name, const void *data, size_t size) {
        char path[TREE_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", root, name);
        make_parents(path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fwrite(data, 1, size, file);
        fclose(file);
}

static inline void put(const char *name, const char *text) {
        put_bytes(name, text, strlen(text));
}

/* A link whose target, below the root, need not be written relative to it. */
static inline void put_link(const char *name, const char *target) {
        char path[TREE_PATH_SIZE], full[TREE_PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s", root, name);
        snprintf(full, sizeof full, "%s/%s", root, target);
        make_parents(path);
        make_parents(full);
        mkdir(full, 0755);
        assert_int_equal(symlink(full, path), 0);
}

static inline int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw) {
        return remove(path);
}

static inline int make_root(void **state) {
        strcpy(root + strlen(root) - 6, "XXXXXX");
        return mkdtemp(root) ? 0 : -1;
}

static inline int remove_root(void **state) {
        return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- reading the result ---- */

static inline json_t *entry_named(json_t *list, const char *name) {
        size_t index;
        json_t *entry;
        json_array_foreach(list, index, entry)
                if (strcmp(json_string_value(json_object_get(entry, "name")), name) == 0)
                        return entry;
        fail_msg("no entry named %s", name);
        return NULL;
}

#define assert_text(object, key, expected) assert_string_equal(json_string_value(json_object_get(object, key)), expected)
#define assert_number(object, key, expected) assert_int_equal(json_integer_value(json_object_get(object, key)), expected)
#define assert_null_value(object, key) assert_true(json_is_null(json_object_get(object, key)))

#define TREE_TEST(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)
