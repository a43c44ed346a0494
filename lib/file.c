#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lib/macro.h"

static int read_all(int fd, size_t limit, char **ret, size_t *ret_size) {
        size_t size = 0, space = 4096;
        _cleanup_free_ char *text = malloc(space);

        if (!text)
                return -ENOMEM;
        for (;;) {
                ssize_t n = read(fd, text + size, space - size - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t) n;
                if (size > limit)
                        return -EFBIG;
                if (size == space - 1) {
                        char *larger = realloc(text, space *= 2);
                        if (!larger)
                                return -ENOMEM;
                        text = larger;
                }
        }
        text[size] = 0;
        *ret = TAKE_POINTER(text);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int file_read(const char *path, size_t limit, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        return fd < 0 ? -errno : read_all(fd, limit, ret, ret_size);
}

static int write_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, data, size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t) n;
        }
        return 0;
}

int folder_sync(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int sync_folder_of(const char *path) {
        _cleanup_free_ char *folder = strdup(path);
        if (!folder)
                return -ENOMEM;

        char *slash = strrchr(folder, '/');
        if (slash)
                slash[slash == folder ? 1 : 0] = 0;
        return folder_sync(slash ? folder : ".");
}

int file_write(const char *path, const void *data, size_t size, mode_t mode, bool durable) {
        _cleanup_free_ char *temporary = NULL;
        if (asprintf(&temporary, "%s.new-XXXXXX", path) < 0)
                return -ENOMEM;

        _cleanup_close_ int fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0)
                return -errno;

        int r = write_all(fd, data, size);
        if (r == 0 && fchmod(fd, mode) < 0)
                r = -errno;
        if (r == 0 && durable && fsync(fd) < 0)
                r = -errno;
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0) {
                unlink(temporary);
                return r;
        }
        return durable ? sync_folder_of(path) : 0;
}

int folder_make(const char *path, mode_t mode) {
        _cleanup_free_ char *copy = strdup(path);
        struct stat st;

        if (!copy)
                return -ENOMEM;
        for (char *at = copy + 1; *at; at++) {
                if (*at != '/')
                        continue;
                *at = 0;
                if (mkdir(copy, 0755) < 0 && errno != EEXIST)
                        return -errno;
                *at = '/';
        }
        if (mkdir(copy, mode) == 0)
                return 0;
        if (errno != EEXIST)
                return -errno;
        return stat(copy, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_open_beneath(int root_fd, const char *path) {
        struct open_how how = {
                /* O_NONBLOCK: a FIFO in the tree must not hold up who opens it. */
                .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
        };
        _cleanup_close_ int fd = (int) syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
        struct stat st;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        return TAKE_FD(fd);
}

int file_open_in(const char *folder, const char *path) {
        _cleanup_close_ int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

        return root < 0 ? -errno : file_open_beneath(root, path);
}

char *path_join(const char *folder, const char *name) {
        char *path;

        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}
