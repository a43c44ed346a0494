/*
 * pxed-dhcp-lease: the program that dnsmasq runs for each change of a lease (dhcp-script), and once at its start for the stored ones.
 * It hands the event to pxed-dhcp and waits until that has it. dnsmasq makes a process for each event, so it stays small: libc
 * alone, no configuration.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "dhcp/lease_message.h"
#include "lib/macro.h"

/* A daemon that is being started again listens soon. */
#define CONNECT_TRIES 100
#define CONNECT_SPACING_US 20000
#define REPLY_TIMEOUT_S 10

static int fail(const char *what) {
        fprintf(stderr, "pxed-dhcp-lease: %s: %s\n", what, strerror(errno));
        return EXIT_FAILURE;
}

static int connect_to(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof address.sun_path)
                return -1;
        strcpy(address.sun_path, path);

        for (int i = 0; i < CONNECT_TRIES; i++) {
                _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
                if (fd < 0)
                        return -1;
                if (connect(fd, (struct sockaddr *) &address, sizeof address) == 0)
                        return TAKE_FD(fd);
                if (errno != ENOENT && errno != ECONNREFUSED && errno != EAGAIN)
                        return -1;
                usleep(CONNECT_SPACING_US);
        }
        return -1;
}

static bool send_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
                if (n < 0)
                        return false;
                data += n;
                size -= (size_t) n;
        }
        return true;
}

/* Copies the reply's lines to the output. True when the reply was whole. */
static bool copy_reply(int fd) {
        char line[LEASE_LINE_MAX];
        _cleanup_(closep) int copy = dup(fd);
        FILE *reply = copy < 0 ? NULL : fdopen(TAKE_FD(copy), "r");
        bool whole = false;

        while (reply && !whole && fgets(line, sizeof line, reply)) {
                whole = strcmp(line, LEASE_REPLY_END "\n") == 0;
                if (!whole)
                        fputs(line, stdout);
        }
        if (reply)
                fclose(reply);
        return whole && fflush(stdout) == 0;
}

int main(int argc, char **argv) {
        const char *path = getenv(LEASE_SOCKET_VARIABLE), *network = getenv(LEASE_NETWORK_VARIABLE);
        int action = argc >= 2 ? lease_action_from_name(argv[1]) : -EINVAL;

        if (argc >= 2 && action < 0)
                return EXIT_SUCCESS; /* "tftp", "arp-add" and the like */
        if (!path || !network || action < 0 || (action != LEASE_INIT && argc < 4)) {
                fprintf(stderr, "pxed-dhcp-lease is run by the dnsmasq that pxed-dhcp starts, with the change of a lease as arguments.\n");
                return EXIT_FAILURE;
        }

        char message[LEASE_MESSAGE_MAX];
        if (lease_message_format((enum lease_action) action, network, argc > 2 ? argv[2] : NULL, argc > 3 ? argv[3] : NULL,
                                 argc > 4 ? argv[4] : NULL, getenv("DNSMASQ_LEASE_EXPIRES"), getenv("DNSMASQ_CLIENT_ID"), message) < 0)
                return EXIT_SUCCESS; /* an IPv6 lease */

        _cleanup_close_ int fd = connect_to(path);
        if (fd < 0)
                return fail(path);

        const struct timeval timeout = { .tv_sec = REPLY_TIMEOUT_S };
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        if (!send_all(fd, message, strlen(message)))
                return fail("cannot tell pxed-dhcp");
        if (!copy_reply(fd))
                return fail("no whole reply of pxed-dhcp");
        return EXIT_SUCCESS;
}
