#include "introspect/agent/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int path_format(char path[static PATH_MAX], const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

static int path_format(char path[static PATH_MAX], const char *format, va_list ap) {
        int n = vsnprintf(path, PATH_MAX, format, ap);
        return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static void trim(char *text) {
        size_t length = strlen(text), skip = strspn(text, " \t\r\n");
        while (length > skip && isspace((unsigned char) text[length - 1]))
                length--;
        memmove(text, text + skip, length - skip);
        text[length - skip] = '\0';
}

/* Reads up to `size` bytes; a short read of sysfs does not mean the end, so it goes on until 0. */
static ssize_t read_path(const char *path, void *buf, size_t size) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        size_t have = 0;
        ssize_t n = 0;
        while (have < size) {
                n = read(fd, (char *) buf + have, size - have);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        break;
                have += (size_t) n;
        }
        int error = n < 0 ? -errno : 0;
        close(fd);
        return error < 0 ? error : (ssize_t) have;
}

static int read_text(char *buf, size_t size, const char *path) {
        ssize_t n = read_path(path, buf, size - 1);
        buf[n > 0 ? n : 0] = '\0';
        if (n < 0)
                return (int) n;
        trim(buf);
        return (int) strlen(buf);
}

int sysfs_read(char *buf, size_t size, const char *format, ...) {
        char path[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        buf[0] = '\0';
        return r < 0 ? r : read_text(buf, size, path);
}

static int read_number(long long *ret, const char *path) {
        char text[64], *end;
        int r = read_text(text, sizeof text, path);
        if (r < 0)
                return r;
        errno = 0;
        long long value = strtoll(text, &end, 0);
        if (errno != 0 || end == text || *end != '\0')
                return -EINVAL;
        *ret = value;
        return 0;
}

int sysfs_read_number(long long *ret, const char *format, ...) {
        char path[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        return r < 0 ? r : read_number(ret, path);
}

int sysfs_read_binary(unsigned char **ret, size_t *ret_size, size_t max, const char *format, ...) {
        char path[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        if (r < 0)
                return r;
        unsigned char *data = malloc(max + 1);
        if (!data)
                return -ENOMEM;
        ssize_t n = read_path(path, data, max + 1);
        if (n < 0 || (size_t) n > max) {
                free(data);
                return n < 0 ? (int) n : -EFBIG;
        }
        data[n] = '\0';
        *ret = data;
        *ret_size = (size_t) n;
        return 0;
}

int sysfs_link_name(char *buf, size_t size, const char *format, ...) {
        char path[PATH_MAX], target[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        buf[0] = '\0';
        if (r < 0)
                return r;
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n < 0)
                return -errno;
        target[n] = '\0';
        const char *slash = strrchr(target, '/');
        snprintf(buf, size, "%s", slash ? slash + 1 : target);
        return 0;
}

char *sysfs_real_path(const char *format, ...) {
        char path[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        return r < 0 ? NULL : realpath(path, NULL);
}

bool sysfs_exists(const char *format, ...) {
        char path[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        return r == 0 && access(path, F_OK) == 0;
}

static int not_hidden(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

int sysfs_names(char ***ret, const char *format, ...) {
        char path[PATH_MAX];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        if (r < 0)
                return r;
        struct dirent **entries;
        int count = scandir(path, &entries, not_hidden, versionsort);
        if (count < 0)
                return -errno;
        char **names = calloc((size_t) count + 1, sizeof *names);
        for (int i = 0; i < count; i++) {
                if (names && !(names[i] = strdup(entries[i]->d_name)))
                        r = -ENOMEM;
                free(entries[i]);
        }
        free(entries);
        if (!names || r < 0) {
                sysfs_names_free(names);
                return -ENOMEM;
        }
        *ret = names;
        return count;
}

void sysfs_names_free(char **names) {
        for (char **name = names; name && *name; name++)
                free(*name);
        free(names);
}

json_t *json_text(const char *text) {
        if (!text || text[0] == '\0')
                return json_null();
        char *clean = strdup(text);
        if (!clean)
                return json_null();
        for (char *c = clean; *c; c++)
                if ((unsigned char) *c < 0x20 || *c == 0x7f)
                        *c = '?';
        json_t *value = json_string(clean);
        if (!value) { /* jansson refuses invalid UTF-8 */
                for (char *c = clean; *c; c++)
                        if ((unsigned char) *c >= 0x80)
                                *c = '?';
                value = json_string(clean);
        }
        free(clean);
        return value ? value : json_null();
}

json_t *sysfs_json_text(const char *format, ...) {
        char path[PATH_MAX], text[4096];
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        return r < 0 || read_text(text, sizeof text, path) < 0 ? json_null() : json_text(text);
}

json_t *sysfs_json_number(const char *format, ...) {
        char path[PATH_MAX];
        long long value;
        va_list ap;
        va_start(ap, format);
        int r = path_format(path, format, ap);
        va_end(ap);
        return r < 0 || read_number(&value, path) < 0 ? json_null() : json_integer(value);
}
