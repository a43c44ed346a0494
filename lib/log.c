#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#define MESSAGE_MAX 2048
#define FIELDS_MAX 16

static const char *program = "pxed";
static int max_level = LOG_INFO;
static bool to_journal;

static const char *const level_names[] = {
        [LOG_ERR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

/* $JOURNAL_STREAM names the device and inode of the stream that systemd connected (systemd.exec(5)); stderr may have been
 * redirected since. */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *name) {
        program = name;
        to_journal = stderr_is_journal();
}

void log_set_level(int level) {
        max_level = level;
}

int log_level_from_name(const char *name) {
        for (size_t i = 0; i < ELEMENTS(level_names); i++)
                if (level_names[i] && strcmp(level_names[i], name) == 0)
                        return (int) i;
        return -EINVAL;
}

/* Text from the wire may end up in a line: what a terminal would act on is shown as '?', and a line is one. Else journalctl shows none of it. */
static void clean(char *text, size_t size) {
        for (size_t i = 0; i < size; i++)
                if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f)
                        text[i] = '?';
}

static void write_journal(int level, const char *const *fields, const char *message) {
        char buffers[FIELDS_MAX + 3][MESSAGE_MAX];
        struct iovec parts[FIELDS_MAX + 3];
        int n = 0;

        snprintf(buffers[n++], MESSAGE_MAX, "MESSAGE=%s", message);
        snprintf(buffers[n++], MESSAGE_MAX, "PRIORITY=%d", level);
        snprintf(buffers[n++], MESSAGE_MAX, "SYSLOG_IDENTIFIER=%s", program);
        for (; fields && fields[0] && n < FIELDS_MAX + 3; fields += 2)
                if (fields[1])
                        snprintf(buffers[n++], MESSAGE_MAX, "%s=%s", fields[0], fields[1]);
        for (int i = 0; i < n; i++) {
                parts[i] = (struct iovec) { buffers[i], strlen(buffers[i]) };
                clean(buffers[i], parts[i].iov_len);
        }
        (void) sd_journal_sendv(parts, n);
}

static void write_stderr(int level, const char *const *fields, const char *message) {
        char line[MESSAGE_MAX + FIELDS_MAX * 128];
        size_t n = (size_t) snprintf(line, sizeof(line), "%s: %s: %s", program, level_names[level], message);

        for (; fields && fields[0] && n < sizeof(line) - 1; fields += 2)
                if (fields[1])
                        n += (size_t) snprintf(line + n, sizeof(line) - n, " [%s=%s]", fields[0], fields[1]);
        if (n > sizeof(line) - 2)
                n = sizeof(line) - 2;
        clean(line, n);
        line[n++] = '\n';
        ssize_t ignored = write(STDERR_FILENO, line, n);
        (void) ignored;
}

void log_fields(int level, const char *const *fields, const char *format, ...) {
        if (level > max_level)
                return;

        int saved = errno;
        char message[MESSAGE_MAX - sizeof("MESSAGE=")];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        if (to_journal)
                write_journal(level, fields, message);
        else
                write_stderr(level, fields, message);
        errno = saved;
}
