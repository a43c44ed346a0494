/* The server: what it offers, where it listens, and what all its connections together may take. */
#include "lib/varlink_server.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/listen.h"
#include "lib/log.h"
#include "lib/varlink_internal.h"

#define ACCEPT_BATCH 16
#define COMPLAINTS_MAX 20
#define COMPLAINTS_INTERVAL (10 * USEC_PER_SEC)

void varlink_server_complain(struct varlink_server *server, const struct varlink_peer *peer, const char *reason) {
        uint64_t now = monotonic_us();

        if (now - server->complaints_since > COMPLAINTS_INTERVAL) {
                if (server->complaints > COMPLAINTS_MAX)
                        log_notice("Closed %u more connections of that kind.", server->complaints - COMPLAINTS_MAX);
                server->complaints_since = now;
                server->complaints = 0;
        }
        if (++server->complaints <= COMPLAINTS_MAX)
                log_notice("Closed the connection of process %d of user %u: %s.", (int) peer->pid, (unsigned) peer->uid, reason);
}

static struct varlink_user *find_user(struct varlink_server *server, uid_t uid) {
        for (size_t i = 0; i < server->n_users; i++)
                if (server->users[i].uid == uid)
                        return &server->users[i];
        return NULL;
}

static int count_user(struct varlink_server *server, uid_t uid) {
        struct varlink_user *user = find_user(server, uid), *users;

        if (!user) {
                users = reallocarray(server->users, server->n_users + 1, sizeof(*users));
                if (!users)
                        return -ENOMEM;
                server->users = users;
                user = &users[server->n_users++];
                *user = (struct varlink_user){ .uid = uid };
        }
        if (user->connections >= server->options.connections_per_user)
                return -EUSERS;
        user->connections++;
        return 0;
}

static void uncount_user(struct varlink_server *server, uid_t uid) {
        struct varlink_user *user = find_user(server, uid);

        if (user && --user->connections == 0)
                *user = server->users[--server->n_users];
}

void varlink_server_forget(struct varlink_server *server, struct varlink_connection *connection) {
        TAILQ_REMOVE(&server->connections, connection, all);
        if (connection->in_work) {
                TAILQ_REMOVE(&server->work, connection, work);
                server->n_work--;
        }
        server->n_connections--;
        uncount_user(server, connection->peer.uid);
}

void varlink_server_account(struct varlink_server *server, struct varlink_connection *connection, size_t size) {
        struct varlink_connection *largest = connection, *c;
        bool grew = size > connection->memory;

        server->memory += size - connection->memory;
        connection->memory = size;
        if (!grew || server->memory <= server->memory_max)
                return;
        TAILQ_FOREACH(c, &server->connections, all)
                if (c->memory > largest->memory)
                        largest = c;
        varlink_connection_break(largest, "all connections together hold too much, and it most");
}

/* Looks after the connections that have something to do; those that get something to do by that, the next time. */
static int on_work(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct varlink_server *server = userdata;
        eventfd_t value;

        server->references++;
        for (unsigned n = server->n_work; n > 0 && server->event && server->n_work > 0; n--) {
                struct varlink_connection *connection = TAILQ_FIRST(&server->work);

                TAILQ_REMOVE(&server->work, connection, work);
                server->n_work--;
                connection->in_work = false;
                varlink_connection_work(connection);
        }
        if (server->event && server->n_work == 0)
                eventfd_read(server->work_fd, &value);
        if (--server->references == 0)
                free(server);
        return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t now, void *userdata) {
        struct varlink_listener *listener = userdata;

        sd_event_source_set_enabled(listener->io, SD_EVENT_ON);
        return 0;
}

/* Without descriptors or memory: those that wait in the backlog wait on. */
static void pause_listener(struct varlink_listener *listener, int error) {
        log_warning("Cannot accept a connection for now: %s.", strerror(error));
        if (sd_event_source_set_time_relative(listener->pause, USEC_PER_SEC) >= 0 &&
            sd_event_source_set_enabled(listener->pause, SD_EVENT_ONESHOT) >= 0)
                sd_event_source_set_enabled(listener->io, SD_EVENT_OFF);
}

static int admit(struct varlink_listener *listener, int fd) {
        struct varlink_server *server = listener->server;
        struct varlink_peer peer;
        struct ucred credentials;
        socklen_t size = sizeof(credentials);
        int r;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
                return -errno;
        peer = (struct varlink_peer){ credentials.pid, credentials.uid, credentials.gid };
        r = server->n_connections < server->options.connections_max ? count_user(server, peer.uid) : -EUSERS;
        if (r < 0) {
                varlink_server_complain(server, &peer, "there are too many");
                return r;
        }
        r = varlink_connection_new(server, fd, &peer, listener->number);
        if (r < 0)
                uncount_user(server, peer.uid);
        return r;
}

static int on_accept(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct varlink_listener *listener = userdata;

        for (unsigned i = 0; i < ACCEPT_BATCH; i++) {
                _cleanup_close_ int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (accepted >= 0) {
                        if (admit(listener, accepted) >= 0)
                                accepted = -1;
                } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                        pause_listener(listener, errno);
                        break;
                } else if (errno != EINTR && errno != ECONNABORTED)
                        break;
        }
        return 0;
}

static void free_listener(struct varlink_listener *listener) {
        sd_event_source_disable_unref(listener->io);
        sd_event_source_disable_unref(listener->pause);
        closep(&listener->fd);
        free(listener);
}

static void free_listenerp(struct varlink_listener **listener) {
        if (*listener)
                free_listener(*listener);
}

int varlink_server_listen(struct varlink_server *server, const char *path, mode_t mode, gid_t group, int number) {
        _cleanup_(free_listenerp) struct varlink_listener *listener = malloc(sizeof(*listener));
        int r;

        if (!listener)
                return -ENOMEM;
        *listener = (struct varlink_listener){ .next = server->listeners, .server = server, .number = number };
        listener->fd = listen_unix(path, mode, group);
        if (listener->fd < 0)
                return listener->fd;
        r = sd_event_add_io(server->event, &listener->io, listener->fd, EPOLLIN, on_accept, listener);
        if (r >= 0)
                r = sd_event_source_set_priority(listener->io, server->options.priority);
        /* The loop's first timer takes a descriptor, and the pause is for when there is none: so it is there before. */
        if (r >= 0)
                r = sd_event_add_time(server->event, &listener->pause, CLOCK_MONOTONIC, 0, 1, on_pause_over, listener);
        if (r >= 0)
                r = sd_event_source_set_enabled(listener->pause, SD_EVENT_OFF);
        if (r < 0)
                return r;
        server->listeners = TAKE_POINTER(listener);
        return 0;
}

static int offer(struct varlink_server *server, const struct idl *idl) {
        const struct idl **interfaces;

        for (size_t i = 0; i < server->n_interfaces; i++)
                if (server->interfaces[i] == idl)
                        return 0;
        interfaces = reallocarray(server->interfaces, server->n_interfaces + 1, sizeof(*interfaces));
        if (!interfaces)
                return -ENOMEM;
        server->interfaces = interfaces;
        interfaces[server->n_interfaces++] = idl;
        return 0;
}

/* Finds the interfaces of the methods; each method must be one of them. */
static int offer_methods(struct varlink_server *server, const struct varlink_method *methods) {
        for (const struct varlink_method *m = methods; m && m->name; m++) {
                const char *dot = strrchr(m->name, '.');
                _cleanup_free_ char *name = dot ? strndup(m->name, (size_t) (dot - m->name)) : NULL;
                const struct idl *idl = name ? idl_find(name) : NULL;
                int r;

                if (!idl || !idl_method(idl, dot + 1)) {
                        log_error("The method %s is not declared in the interface files.", m->name);
                        return -EINVAL;
                }
                r = offer(server, idl);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void set_options(struct varlink_server *server, const struct varlink_server_options *options) {
        static const struct varlink_method none = {};
        struct varlink_server_options *o = &server->options;

        *o = *options;
        if (!o->methods)
                o->methods = &none;
        if (o->message_max == 0)
                o->message_max = (size_t) 1024 * 1024;
        if (o->large_message_max < o->message_max)
                o->large_message_max = o->message_max;
        if (o->connections_max == 0)
                o->connections_max = 2048;
        if (o->connections_per_user == 0)
                o->connections_per_user = 512;
        if (o->output_max == 0)
                o->output_max = (size_t) 4 * 1024 * 1024;
        server->memory_max = MEMORY_MESSAGES * (o->large_message_max > o->output_max ? o->large_message_max : o->output_max);
        if (server->memory_max < MEMORY_MIN)
                server->memory_max = MEMORY_MIN;
}

int varlink_server_new(sd_event *event, const struct varlink_server_options *options, struct varlink_server **ret) {
        _cleanup_(varlink_server_freep) struct varlink_server *server = calloc(1, sizeof(*server));
        int r;

        if (!server)
                return -ENOMEM;
        *server = (struct varlink_server){ .references = 1, .event = sd_event_ref(event), .work_fd = -1 };
        TAILQ_INIT(&server->connections);
        TAILQ_INIT(&server->work);
        set_options(server, options);
        r = offer_methods(server, varlink_service_methods);
        if (r >= 0)
                r = offer_methods(server, options->methods);
        if (r < 0)
                return r;
        server->work_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (server->work_fd < 0)
                return -errno;
        r = sd_event_add_io(event, &server->work_source, server->work_fd, EPOLLIN, on_work, server);
        if (r >= 0)
                r = sd_event_source_set_priority(server->work_source, options->priority);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(server);
        return 0;
}

struct varlink_server *varlink_server_free(struct varlink_server *server) {
        if (!server)
                return NULL;
        while (!TAILQ_EMPTY(&server->connections))
                varlink_connection_close(TAILQ_FIRST(&server->connections));
        for (struct varlink_listener *l = server->listeners, *next; l; l = next) {
                next = l->next;
                free_listener(l);
        }
        sd_event_source_disable_unref(server->work_source);
        closep(&server->work_fd);
        free(server->users);
        free(server->interfaces);
        server->event = sd_event_unref(server->event);
        if (--server->references == 0)
                free(server);
        return NULL;
}

unsigned varlink_server_connections(const struct varlink_server *server) {
        return server->n_connections;
}
