#include "tftp/tftp_probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/macro.h"

enum { OPCODE_READ = 1, OPCODE_DATA = 3, OPCODE_ACKNOWLEDGE = 4 };

union name {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
};

static socklen_t make_name(const struct ip *address, uint16_t port, union name *ret) {
        *ret = (union name) {};
        if (address->family == AF_INET6) {
                ret->v6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = address->v6 };
                return sizeof(ret->v6);
        }
        ret->v4 = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address->v4 };
        return sizeof(ret->v4);
}

int tftp_port_try(const struct ip *address, uint16_t port) {
        _cleanup_close_ int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        union name name;
        socklen_t size = make_name(address, port, &name);

        if (fd < 0 || bind(fd, &name.any, size) < 0)
                return -errno;
        return 0;
}

int tftp_probe_open(const struct ip *address) {
        _cleanup_close_ int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        union name name;
        socklen_t size = make_name(address, 0, &name);

        if (fd < 0 || bind(fd, &name.any, size) < 0)
                return -errno;
        return TAKE_FD(fd);
}

void tftp_probe_ask(int fd, const struct ip *address, uint16_t port, const char *file) {
        char request[128];
        union name name;
        socklen_t size = make_name(address, port, &name);
        int length = snprintf(request, sizeof(request), "%c%c%s%coctet", 0, OPCODE_READ, file, 0);

        if (length > 0 && length + 1 < (int) sizeof(request))
                (void) !sendto(fd, request, (size_t) length + 1, MSG_DONTWAIT, &name.any, size);
}

bool tftp_probe_answered(int fd) {
        uint8_t packet[516];
        union name from;
        socklen_t size = sizeof(from);
        ssize_t length;

        while ((length = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT, &from.any, &size)) >= 0 || errno == ECONNREFUSED) {
                if (length >= 4 && packet[0] == 0 && packet[1] == OPCODE_DATA) {
                        const uint8_t acknowledge[] = { 0, OPCODE_ACKNOWLEDGE, packet[2], packet[3] };
                        (void) !sendto(fd, acknowledge, sizeof(acknowledge), MSG_DONTWAIT, &from.any, size);
                        return true;
                }
                size = sizeof(from);
        }
        return false;
}
