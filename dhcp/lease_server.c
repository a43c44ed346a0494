#include "dhcp/lease_server.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/log.h"

#define CONNECTIONS_MAX 64
#define ASK_AGAIN (10 * USEC_PER_MSEC)

struct connection {
        struct lease_server *server;
        struct connection *next;
        int fd;
        pid_t peer;
        sd_event_source *io, *again;
        char message[LEASE_MESSAGE_MAX];
        size_t size;
        struct lease_message parsed; /* points into `message` */
        char *reply;
        size_t reply_size, sent;
};

struct lease_server {
        sd_event *event;
        char *path;
        int fd;
        sd_event_source *accept;
        lease_handler handler;
        void *userdata;
        struct connection *connections;
        unsigned size;
};

static void connection_free(struct connection *connection) {
        struct lease_server *server = connection->server;

        for (struct connection **at = &server->connections; *at; at = &(*at)->next)
                if (*at == connection) {
                        *at = connection->next;
                        break;
                }
        if (server->size-- == CONNECTIONS_MAX)
                sd_event_source_set_enabled(server->accept, SD_EVENT_ON);
        sd_event_source_disable_unref(connection->io);
        sd_event_source_disable_unref(connection->again);
        close(connection->fd);
        free(connection->reply);
        free(connection);
}

/* Returns true when the connection is done with, for better or worse. */
static bool send_reply(struct connection *c) {
        while (c->sent < c->reply_size) {
                ssize_t n = send(c->fd, c->reply + c->sent, c->reply_size - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n < 0 && errno == EAGAIN) {
                        sd_event_source_set_io_events(c->io, EPOLLOUT);
                        return false;
                }
                if (n < 0)
                        return true;
                c->sent += (size_t) n;
        }
        return true;
}

/* As send_reply. */
static bool answer(struct connection *c) {
        _cleanup_free_ char *text = NULL;

        int r = c->server->handler(&c->parsed, c->peer, &text, c->server->userdata);
        if (r == -EAGAIN) {
                sd_event_source_set_io_events(c->io, 0);
                sd_event_source_set_time_relative(c->again, ASK_AGAIN);
                sd_event_source_set_enabled(c->again, SD_EVENT_ONESHOT);
                return false;
        }
        if (r < 0)
                return true;
        int n = asprintf(&c->reply, "%s" LEASE_REPLY_END "\n", text ?: "");
        if (n < 0)
                return true;
        c->reply_size = (size_t) n;
        return send_reply(c);
}

/* As send_reply. */
static bool receive(struct connection *c) {
        ssize_t n = recv(c->fd, c->message + c->size, sizeof c->message - 1 - c->size, MSG_DONTWAIT);
        if (n < 0)
                return errno != EAGAIN && errno != EINTR;
        if (n == 0)
                return true;
        c->size += (size_t) n;

        int r = lease_message_parse(c->message, c->size, &c->parsed);
        if (r == -EAGAIN)
                return false;
        if (r < 0) {
                log_warning("A message about a lease could not be understood; the connection is closed.");
                return true;
        }
        return answer(c);
}

static void serve(struct connection *c) {
        if (c->reply ? send_reply(c) : receive(c))
                connection_free(c);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct connection *c = userdata;
        if (events & (EPOLLIN | EPOLLOUT))
                serve(c);
        else /* only EPOLLHUP or EPOLLERR: it has gone */
                connection_free(c);
        return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata) {
        struct connection *c = userdata;
        if (answer(c))
                connection_free(c);
        return 0;
}

static int add_connection(struct lease_server *server, int fd, pid_t peer) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        c->server = server;
        c->fd = fd;
        c->peer = peer;
        c->next = server->connections;
        server->connections = c;
        if (++server->size == CONNECTIONS_MAX)
                sd_event_source_set_enabled(server->accept, SD_EVENT_OFF);

        int r = sd_event_add_io(server->event, &c->io, fd, EPOLLIN, on_io, c);
        if (r >= 0)
                r = sd_event_add_time(server->event, &c->again, CLOCK_MONOTONIC, 0, 1, on_again, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->again, SD_EVENT_OFF);
        if (r < 0)
                connection_free(c);
        return r;
}

static int on_accept(sd_event_source *source, int listening, uint32_t events, void *userdata) {
        struct lease_server *server = userdata;
        struct ucred peer = { 0 };
        socklen_t size = sizeof peer;

        _cleanup_close_ int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
                return 0;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid()) {
                log_warning("A process of user %u (pid %d) wanted to tell of leases; only this daemon's own user may.", peer.uid, peer.pid);
                return 0;
        }
        int r = add_connection(server, fd, peer.pid);
        if (r < 0)
                log_warning("Cannot take a message about a lease: %s", strerror(-r));
        else
                (void) TAKE_FD(fd);
        return 0;
}

static int listen_at(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        if (strlen(path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        strcpy(address.sun_path, path);

        _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;
        if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0 || chmod(path, 0600) < 0 || listen(fd, CONNECTIONS_MAX) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int lease_server_new(sd_event *event, const char *path, lease_handler handler, void *userdata, struct lease_server **ret) {
        _cleanup_(lease_server_freep) struct lease_server *server = calloc(1, sizeof *server);
        if (!server)
                return -ENOMEM;
        server->event = sd_event_ref(event);
        server->handler = handler;
        server->userdata = userdata;
        server->fd = listen_at(path);
        if (server->fd < 0)
                return server->fd;
        server->path = strdup(path);
        if (!server->path)
                return -ENOMEM;
        int r = sd_event_add_io(event, &server->accept, server->fd, EPOLLIN, on_accept, server);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(server);
        return 0;
}

struct lease_server *lease_server_free(struct lease_server *server) {
        if (!server)
                return NULL;
        while (server->connections)
                connection_free(server->connections);
        sd_event_source_disable_unref(server->accept);
        if (server->fd >= 0)
                close(server->fd);
        if (server->path)
                unlink(server->path);
        free(server->path);
        sd_event_unref(server->event);
        free(server);
        return NULL;
}

/* One round of what the event loop would do. A connection that is freed takes itself out of the list: its next is taken first. */
static void serve_once(struct lease_server *server, int timeout_ms) {
        struct pollfd fds[CONNECTIONS_MAX + 1] = { { .fd = server->fd, .events = POLLIN } };
        nfds_t n = 1;

        for (struct connection *c = server->connections; c && n < ELEMENTS(fds); c = c->next)
                fds[n++] = (struct pollfd) { .fd = c->fd, .events = c->reply ? POLLOUT : POLLIN };
        if (poll(fds, n, timeout_ms) <= 0)
                return;

        struct connection *c = server->connections, *next;
        for (nfds_t i = 1; i < n && c; i++, c = next) {
                next = c->next;
                if (fds[i].revents)
                        serve(c);
        }
        if (fds[0].revents)
                on_accept(server->accept, server->fd, EPOLLIN, server);
}

void lease_server_drain(struct lease_server *server, uint64_t timeout, bool (*wanted)(void *userdata)) {
        uint64_t end = monotonic_us() + timeout;
        while (monotonic_us() < end && wanted(server->userdata))
                serve_once(server, 10);
}
