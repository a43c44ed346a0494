/* Reading the kernel's small text files (sysfs, procfs) below a root directory.
 *
 * Every collector takes `root` ("" on a real machine), so that a unit test can feed it a made-up
 * tree. Paths are given as printf formats that already contain the root. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Reads a file of at most `size - 1` bytes into `buf`, NUL-terminates it and cuts white space from both
 * ends; more than fits is cut off. Returns the length, or a negative errno (`buf` is then ""). */
int sysfs_read(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reads a decimal or 0x number. Returns 0 and sets *ret, or a negative errno (-EINVAL: no number). */
int sysfs_read_number(long long *ret, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads a binary file whole, at most `max` bytes. On success (0) *ret is malloc'ed, owned by the caller,
 * *ret_size its length, and a NUL stands behind it, so that a text file may be used as a string; else a negative errno (-EFBIG: longer than `max`). */
int sysfs_read_binary(unsigned char **ret, size_t *ret_size, size_t max, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* The last component of what a symbolic link points to ("device/driver" -> "virtio_net").
 * Returns 0 or a negative errno (`buf` is then ""). */
int sysfs_link_name(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The absolute path behind `format` with every link resolved, malloc'ed and owned by the caller; NULL if there is none. */
char *sysfs_real_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool sysfs_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The names in a directory in version order (eth2 before eth10), without dot files. On success returns how many
 * and sets *ret to a NULL-terminated list for sysfs_names_free(); else a negative errno. */
int sysfs_names(char ***ret, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes NULL. */
void sysfs_names_free(char **names);

static inline void sysfs_names_freep(char ***names) {
        sysfs_names_free(*names);
}

/* A JSON string of untrusted text: bytes that are not printable ASCII nor valid UTF-8 become '?'. NULL and "" give
 * JSON null, which is how an IPA says "not known". A new reference. */
json_t *json_text(const char *text);

/* json_text() of a file; null if it cannot be read. A new reference. */
json_t *sysfs_json_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* json_integer() of a file; null if it cannot be read. A new reference. */
json_t *sysfs_json_number(const char *format, ...) __attribute__((format(printf, 1, 2)));
