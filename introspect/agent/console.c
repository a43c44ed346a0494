#include "introspect/agent/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <time.h>
#include <unistd.h>

#include "introspect/agent/sysfs.h"

#define CONSOLES_MAX 4
#define STEPS_MAX 200
#define LINE_MAX_BYTES 1024

static int consoles[CONSOLES_MAX];
static size_t console_count;
static json_t *steps;

uint64_t console_now_ms(void) {
        struct timespec now;
        clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

/* A line of /proc/consoles: "ttyS0                -W- (EC p a)    4:64" */
static void open_named(const char *line) {
        char name[32], path[48];
        if (console_count == CONSOLES_MAX || sscanf(line, "%31s", name) != 1)
                return;
        snprintf(path, sizeof path, "/dev/%s", name);
        int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0)
                consoles[console_count++] = fd;
}

void console_open(void) {
        char text[1024], *save = NULL;
        if (sysfs_read(text, sizeof text, "/proc/consoles") < 0)
                return;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                open_named(line);
}

static void write_all(int fd, const char *text, size_t length) {
        while (length > 0) {
                ssize_t n = write(fd, text, length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return; /* a console that is gone must not stop the rest */
                text += n;
                length -= (size_t) n;
        }
}

static void print(const char *text) {
        size_t length = strlen(text);
        for (size_t i = 0; i < console_count; i++)
                write_all(consoles[i], text, length);
        if (console_count == 0)
                write_all(STDERR_FILENO, text, length);
}

static void remember(uint64_t now, const char *text) {
        if (!steps)
                steps = json_array();
        if (json_array_size(steps) < STEPS_MAX)
                json_array_append_new(steps, json_pack("{s:f, s:o}", "at", (double) now / 1000, "text", json_text(text)));
}

static void say_line(const char *frame, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

static void say_line(const char *frame, const char *format, va_list ap) {
        char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 512];
        uint64_t now = console_now_ms();
        vsnprintf(text, sizeof text, format, ap);
        for (char *c = text; *c; c++)
                if ((unsigned char) *c < 0x20 || *c == 0x7f)
                        *c = '?';
        remember(now, text);
        /* \r: a raw serial terminal does not return the carriage by itself */
        snprintf(line, sizeof line, "%spxed %4u.%02u s  %s\r\n%s", frame, (unsigned) (now / 1000), (unsigned) (now % 1000 / 10),
                 text, frame);
        print(line);
}

void say(const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        say_line("", format, ap);
        va_end(ap);
}

void say_loud(const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        say_line("\r\n**********************************************************************\r\n\r\n", format, ap);
        va_end(ap);
}

size_t console_kernel_log(char *buf, size_t size) {
        enum { SYSLOG_ACTION_READ_ALL = 3 }; /* syslog(2) */
        int length = klogctl(SYSLOG_ACTION_READ_ALL, buf, size > INT_MAX ? INT_MAX : (int) size);
        return length > 0 ? (size_t) length : 0;
}

json_t *console_steps(void) {
        if (!steps)
                steps = json_array();
        return steps;
}
