#include "lib/port_holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/macro.h"

DEFINE_CLEANUP(DIR *, closedir);

#define TABLE_MAX (16 * 1024 * 1024)
#define TCP_STATE_LISTEN 0x0a

/* `text`: 32-bit words in hexadecimal, each in the byte order of this host. */
static bool covers(const char *text, const struct ip *ip) {
        size_t words = strlen(text) / 8;
        uint32_t address[4] = {};

        if (words != 1 && words != 4)
                return false;
        for (size_t i = 0; i < words; i++)
                if (sscanf(text + 8 * i, "%8" SCNx32, &address[i]) != 1)
                        return false;
        if (!address[0] && !address[1] && !address[2] && !address[3])
                return true;
        return ip->family == AF_INET ? words == 1 && address[0] == ip->v4.s_addr
                                     : words == 4 && memcmp(address, &ip->v6, sizeof(ip->v6)) == 0;
}

uint64_t port_holder_inode(const char *table, enum port_protocol protocol, const struct ip *ip, uint16_t port) {
        for (const char *line = strchr(table, '\n'); line; line = strchr(line + 1, '\n')) {
                char address[33];
                unsigned local, state;
                uint64_t inode;

                if (sscanf(line + 1, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64, address, &local,
                           &state, &inode) == 4 &&
                    local == port && (protocol == PORT_UDP || state == TCP_STATE_LISTEN) && covers(address, ip))
                        return inode;
        }
        return 0;
}

static uint64_t find_inode(enum port_protocol protocol, const struct ip *ip, uint16_t port) {
        static const char *const tables[][2] = {
                [PORT_TCP] = { "/proc/self/net/tcp", "/proc/self/net/tcp6" },
                [PORT_UDP] = { "/proc/self/net/udp", "/proc/self/net/udp6" },
        };
        uint64_t inode = 0;

        for (int i = 0; i < 2 && inode == 0; i++) {
                _cleanup_free_ char *text = NULL;
                if (file_read(tables[protocol][i], TABLE_MAX, &text, NULL) >= 0)
                        inode = port_holder_inode(text, protocol, ip, port);
        }
        return inode;
}

bool process_has_socket(pid_t pid, uint64_t inode) {
        char path[64], wanted[40], target[40];
        snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
        snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);

        _cleanup_(closedirp) DIR *folder = opendir(path);
        const struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
                ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);
                if (n <= 0)
                        continue;
                target[n] = '\0';
                if (strcmp(target, wanted) == 0)
                        return true;
        }
        return false;
}

static void read_name(pid_t pid, char name[static 32]) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/comm", (int) pid);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, name, 31);
        name[n > 0 ? n : 0] = '\0';
        name[strcspn(name, "\n")] = '\0';
}

pid_t process_of_socket(uint64_t inode, char name[static 32]) {
        _cleanup_(closedirp) DIR *folder = opendir("/proc");
        const struct dirent *entry;

        while (folder && (entry = readdir(folder))) {
                pid_t pid = (pid_t) strtol(entry->d_name, NULL, 10);
                if (pid > 0 && process_has_socket(pid, inode)) {
                        read_name(pid, name);
                        return pid;
                }
        }
        return 0;
}

char *port_holder_describe(enum port_protocol protocol, const struct ip *ip, uint16_t port, char *buffer, size_t size) {
        uint64_t inode = find_inode(protocol, ip, port);
        char name[32];
        pid_t pid = inode ? process_of_socket(inode, name) : 0;

        if (pid > 0)
                snprintf(buffer, size, "%s (process %d)", name, (int) pid);
        else
                snprintf(buffer, size, "another program");
        return buffer;
}
