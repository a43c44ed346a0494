#include "introspect/agent/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP_KERNEL 1

int uevent_open(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
        int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
        if (fd < 0)
                return -errno;
        if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0) {
                int error = -errno;
                close(fd);
                return error;
        }
        return fd;
}

int uevent_next(int fd, char buf[static UEVENT_MAX], struct uevent *ret) {
        ssize_t n = recv(fd, buf, UEVENT_MAX - 1, 0);
        if (n < 0)
                return errno == ENOBUFS ? -ENOBUFS : 0;
        uevent_parse(buf, (size_t) n, ret);
        return 1;
}

void uevent_parse(char *message, size_t size, struct uevent *ret) {
        static const char *const keys[] = { "ACTION=", "SUBSYSTEM=", "MODALIAS=" };
        const char **const values[] = { &ret->action, &ret->subsystem, &ret->modalias };
        *ret = (struct uevent){ "", "", "" };
        message[size] = '\0';
        for (char *field = message; field < message + size; field += strlen(field) + 1)
                for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
                        if (strncmp(field, keys[i], strlen(keys[i])) == 0)
                                *values[i] = field + strlen(keys[i]);
}
