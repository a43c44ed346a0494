/* Files: read whole with a bound, replaced whole, opened beneath a root. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads a file of at most `limit` bytes; adds a NUL that `*ret_size` does not count. The caller frees *ret.
 * -EFBIG when it is larger. ret_size may be NULL. */
int file_read(const char *path, size_t limit, char **ret, size_t *ret_size);

/* Replaces `path` by rename, so that a reader sees the old or the new text and never a part.
 * durable: it is on disk (fsync of file and folder) when the call returns. */
int file_write(const char *path, const void *data, size_t size, mode_t mode, bool durable);

/* Creates a folder and those above it. An existing folder is no error. */
int folder_make(const char *path, mode_t mode);
/* What was made, renamed and removed in a folder is on disk when this returns. */
int folder_sync(const char *path);

/* Opens a regular file for reading beneath the folder `root_fd`: no "..", no absolute path, no link that
 * leaves the root (openat2, RESOLVE_BENEATH). -ENOENT, -EXDEV when it would leave, -EISDIR and -EINVAL for what
 * is no regular file. Returns an fd that the caller closes. */
int file_open_beneath(int root_fd, const char *path);
/* The same for a folder by its path; also -ENOENT and -ENOTDIR of the folder itself. */
int file_open_in(const char *folder, const char *path);

/* "DIR/NAME" in new memory; NULL without memory. */
char *path_join(const char *folder, const char *name);
