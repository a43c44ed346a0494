#include "introspect/agent/http_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "introspect/agent/console.h"

#define CONNECT_TIMEOUT_MS 5000

/* Waits until `fd` is ready for `events` or the deadline (console_now_ms()). Returns 0 or a negative errno. */
static int wait_for(int fd, short events, uint64_t deadline) {
        for (;;) {
                uint64_t now = console_now_ms();
                if (now >= deadline)
                        return -ETIMEDOUT;
                struct pollfd pfd = { .fd = fd, .events = events };
                int r = poll(&pfd, 1, (int) (deadline - now));
                if (r > 0)
                        return 0;
                if (r < 0 && errno != EINTR)
                        return -errno;
        }
}

/* Returns a connected non-blocking socket or a negative errno. */
static int connect_to(const struct http_url *url, uint64_t deadline) {
        int fd = socket(url->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        int error = 0;
        if (connect(fd, (const struct sockaddr *) &url->address, url->address_size) < 0) {
                error = errno;
                socklen_t size = sizeof error;
                if (error == EINPROGRESS) {
                        error = -wait_for(fd, POLLOUT, deadline);
                        if (error == 0)
                                getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
                }
        }
        if (error == 0)
                return fd;
        close(fd);
        return -error;
}

static int send_all(int fd, const char *data, size_t size, uint64_t deadline) {
        while (size > 0) {
                ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
                if (n < 0 && errno == EAGAIN) {
                        int r = wait_for(fd, POLLOUT, deadline);
                        if (r < 0)
                                return r;
                        continue;
                }
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t) n;
        }
        return 0;
}

static int send_request(int fd, const struct http_url *url, const char *body, size_t body_size, uint64_t deadline) {
        char head[AGENT_URL_MAX + 512];
        int n = snprintf(head, sizeof head,
                         "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pxed-agent/" PXED_VERSION "\r\n"
                         "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: %zu\r\n"
                         "Connection: close\r\n\r\n",
                         url->target, url->host, body_size);
        if (n < 0 || (size_t) n >= sizeof head)
                return -EMSGSIZE;
        int r = send_all(fd, head, (size_t) n, deadline);
        return r < 0 ? r : send_all(fd, body, body_size, deadline);
}

static int receive_response(int fd, uint64_t deadline, char *buffer, struct http_response *ret) {
        size_t have = 0;
        for (;;) {
                int r = wait_for(fd, POLLIN, deadline);
                if (r < 0)
                        return r;
                ssize_t n = recv(fd, buffer + have, HTTP_RESPONSE_MAX - have, 0);
                if (n < 0 && (errno == EAGAIN || errno == EINTR))
                        continue;
                if (n < 0)
                        return -errno;
                have += (size_t) n;
                r = http_response_parse(buffer, have, n == 0, ret);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
}

int http_post(const struct http_url *url, const char *body, size_t body_size, unsigned timeout_ms, struct http_response *ret) {
        uint64_t start = console_now_ms(), deadline = start + timeout_ms;
        uint64_t connected_by = start + (timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS);
        int fd = connect_to(url, connected_by);
        if (fd < 0)
                return fd;
        int sent = send_request(fd, url, body, body_size, deadline);
        char *buffer = malloc(HTTP_RESPONSE_MAX);
        int r = -ENOMEM;
        /* A server that refuses early answers (413, 400) and closes while the body is still on its way: that answer is worth
     * more than the EPIPE of the sending. */
        if (buffer && (sent == 0 || sent == -EPIPE || sent == -ECONNRESET))
                r = receive_response(fd, deadline, buffer, ret);
        free(buffer);
        close(fd);
        return sent < 0 && r < 0 ? sent : r;
}
