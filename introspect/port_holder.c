#include "introspect/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/macro.h"

#define TABLE_MAX (16 * 1024 * 1024)
#define STATE_LISTEN 0x0a

/* An address of the table: each 32-bit word in hexadecimal, in the byte order of the host. */
static bool covers(const char *hex, const struct ip *ip) {
        size_t words = strlen(hex) / 8;
        uint32_t address[4] = { 0 };
        bool any = true;

        if (words != 1 && words != 4)
                return false;
        for (size_t i = 0; i < words; i++) {
                if (sscanf(hex + 8 * i, "%8" SCNx32, &address[i]) != 1)
                        return false;
                any = any && address[i] == 0;
        }
        if (any)
                return true;
        if (ip->family == AF_INET)
                return words == 1 && address[0] == ip->v4.s_addr;
        return words == 4 && memcmp(address, &ip->v6, sizeof(ip->v6)) == 0;
}

uint64_t port_holder_inode(const char *table, const struct ip *ip, uint16_t port) {
        for (const char *line = strchr(table, '\n'); line; line = strchr(line + 1, '\n')) {
                char address[33];
                unsigned local_port, state;
                uint64_t inode;

                if (sscanf(line + 1, " %*u: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64, address, &local_port,
                           &state, &inode) == 4 &&
                    state == STATE_LISTEN && local_port == port && covers(address, ip))
                        return inode;
        }
        return 0;
}

static uint64_t find_inode(const struct ip *ip, uint16_t port) {
        static const char *const tables[] = { "/proc/self/net/tcp", "/proc/self/net/tcp6" };
        uint64_t inode = 0;

        for (size_t i = 0; i < ELEMENTS(tables) && inode == 0; i++) {
                _cleanup_free_ char *text = NULL;
                if (file_read(tables[i], TABLE_MAX, &text, NULL) == 0)
                        inode = port_holder_inode(text, ip, port);
        }
        return inode;
}

static bool has_socket(const char *pid, uint64_t inode) {
        char path[64], wanted[48], link[48];
        bool found = false;

        snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
        snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
        DIR *folder = opendir(path);
        for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
                ssize_t n = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);
                if (n > 0) {
                        link[n] = 0;
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
        if (file_read(path, 64, &name, NULL) == 0)
                name[strcspn(name, "\n")] = 0;
        snprintf(buffer, size, "%.32s (process %.20s)", name ?: "a program", pid);
}

char *port_holder_describe(const struct ip *ip, uint16_t port, char *buffer, size_t size) {
        uint64_t inode = find_inode(ip, port);
        DIR *processes = inode ? opendir("/proc") : NULL;
        bool found = false;

        for (struct dirent *entry; processes && !found && (entry = readdir(processes));) {
                found = isdigit((unsigned char) entry->d_name[0]) && has_socket(entry->d_name, inode);
                if (found)
                        describe_process(entry->d_name, buffer, size);
        }
        if (processes)
                closedir(processes);
        if (!found)
                snprintf(buffer, size, "another program");
        return buffer;
}
