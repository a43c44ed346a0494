/* The kernel's announcements of devices (Documentation/core-api/kobject.rst). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define UEVENT_MAX 8192 /* the kernel's are up to UEVENT_BUFFER_SIZE, 2 KiB, and the path before it */

/* Fields that the message does not have are "". */
struct uevent {
        const char *action;    /* "add", "bind", ... */
        const char *subsystem; /* "usb", "pci", ... */
        const char *modalias;
};

/* A socket, non-blocking, on which they come; or a negative errno. */
int uevent_open(void);

/* Reads one into `buf`. 1 with *ret pointing into it; 0: there is none; -ENOBUFS: some were lost. */
int uevent_next(int fd, char buf[static UEVENT_MAX], struct uevent *ret);

/* The pure part: a message of `size` bytes, "add@/devices/...", NUL, "KEY=value", NUL, ...; `message` has room for one more byte. */
void uevent_parse(char *message, size_t size, struct uevent *ret);
