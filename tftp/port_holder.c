#include "tftp/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/macro.h"

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

static bool has_socket(const char *pid, const char *wanted) {
        char path[64], link[64];
        bool found = false;

        snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
        DIR *folder = opendir(path);
        for (struct dirent *entry; folder && !found && (entry = readdir(folder)); ) {
                ssize_t n = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);
                if (n > 0) {
                        link[n] = '\0';
                        found = strcmp(link, wanted) == 0;
                }
        }
        if (folder)
                closedir(folder);
        return found;
}

static void describe_process(const char *pid, char *buffer, size_t size) {
        char path[64];
        _cleanup_free_ char *name = NULL;

        snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
        if (file_read(path, 64, &name, NULL) >= 0)
                name[strcspn(name, "\n")] = '\0';
        snprintf(buffer, size, "%.32s (process %.20s)", name ? name : "a program", pid);
}

char *port_holder_describe(enum port_protocol protocol, const struct ip *ip, uint16_t port, char *buffer, size_t size) {
        uint64_t inode = find_inode(protocol, ip, port);
        DIR *processes = inode ? opendir("/proc") : NULL;
        char wanted[48];
        bool found = false;

        snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
        for (struct dirent *entry; processes && !found && (entry = readdir(processes)); ) {
                found = isdigit((unsigned char) entry->d_name[0]) && has_socket(entry->d_name, wanted);
                if (found)
                        describe_process(entry->d_name, buffer, size);
        }
        if (processes)
                closedir(processes);
        if (!found)
                snprintf(buffer, size, "another program");
        return buffer;
}
