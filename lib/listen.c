#include "lib/listen.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/macro.h"

int listen_unix(const char *path, mode_t mode, gid_t group) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        size_t length = strlen(path);

        if (length >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, length);
        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;
        if (bind(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        /* Nobody can connect before listen(). */
        if (group != (gid_t) -1 && chown(path, (uid_t) -1, group) < 0)
                return -errno;
        if (chmod(path, mode) < 0 || listen(fd, SOMAXCONN) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static socklen_t socket_address(const struct ip *address, uint16_t port, struct sockaddr_storage *ret) {
        *ret = (struct sockaddr_storage) { .ss_family = (sa_family_t) address->family };
        if (address->family == AF_INET) {
                struct sockaddr_in *in = (struct sockaddr_in *) ret;
                in->sin_addr = address->v4;
                in->sin_port = htons(port);
                return sizeof(*in);
        }
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) ret;
        in6->sin6_addr = address->v6;
        in6->sin6_port = htons(port);
        return sizeof(*in6);
}

int listen_tcp(const struct ip *address, uint16_t port, int backlog) {
        _cleanup_close_ int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct sockaddr_storage name;
        socklen_t size = socket_address(address, port, &name);
        bool v4 = address->family == AF_INET;
        const int on = 1;

        if (fd < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
            setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_FREEBIND : IPV6_FREEBIND, &on, sizeof(on)) < 0 ||
            bind(fd, (const struct sockaddr *) &name, size) < 0 || listen(fd, backlog) < 0)
                return -errno;
        return TAKE_FD(fd);
}

gid_t find_group(const char *name) {
        const struct group *group = getgrnam(name);

        return group ? group->gr_gid : (gid_t) -1;
}
