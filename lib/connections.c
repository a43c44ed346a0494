#include "lib/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct connection {
        struct connections *owner;
        struct connection *next, **to_this;
        int fd;
        uint64_t waiting_since; /* UINT64_MAX: a request is being answered */
        int file;               /* that is being sent up to `end`; -1: none */
        uint64_t end;
};

struct connections {
        pthread_mutex_t lock;
        struct connection *first;
        size_t size;
};

int connections_new(struct connections **ret) {
        struct connections *connections = calloc(1, sizeof(*connections));

        if (!connections)
                return -ENOMEM;
        pthread_mutex_init(&connections->lock, NULL);
        *ret = connections;
        return 0;
}

struct connections *connections_free(struct connections *connections) {
        if (connections) {
                pthread_mutex_destroy(&connections->lock);
                free(connections);
        }
        return NULL;
}

struct connection *connection_opened(struct connections *connections, int fd, uint64_t now) {
        struct connection *connection = malloc(sizeof(*connection));

        if (!connection)
                return NULL;
        pthread_mutex_lock(&connections->lock);
        *connection = (struct connection) {
                .owner = connections, .next = connections->first, .to_this = &connections->first, .fd = fd, .waiting_since = now, .file = -1
        };
        if (connection->next)
                connection->next->to_this = &connection->next;
        connections->first = connection;
        connections->size++;
        pthread_mutex_unlock(&connections->lock);
        return connection;
}

static void forget_file(struct connection *connection) {
        closep(&connection->file);
        connection->file = -1;
}

void connection_waiting(struct connection *connection, uint64_t now) {
        if (!connection)
                return;
        pthread_mutex_lock(&connection->owner->lock);
        connection->waiting_since = now;
        forget_file(connection);
        pthread_mutex_unlock(&connection->owner->lock);
}

void connection_busy(struct connection *connection) {
        connection_waiting(connection, UINT64_MAX);
}

void connection_sending(struct connection *connection, int file, uint64_t end) {
        if (!connection)
                return;
        pthread_mutex_lock(&connection->owner->lock);
        forget_file(connection);
        connection->file = fcntl(file, F_DUPFD_CLOEXEC, 0);
        connection->end = end;
        pthread_mutex_unlock(&connection->owner->lock);
}

void connection_closed(struct connection *connection) {
        if (!connection)
                return;
        struct connections *connections = connection->owner;
        pthread_mutex_lock(&connections->lock);
        *connection->to_this = connection->next;
        if (connection->next)
                connection->next->to_this = connection->to_this;
        connections->size--;
        pthread_mutex_unlock(&connections->lock);
        forget_file(connection);
        free(connection);
}

size_t connections_size(struct connections *connections) {
        pthread_mutex_lock(&connections->lock);
        size_t size = connections->size;
        pthread_mutex_unlock(&connections->lock);
        return size;
}

static bool is_stuck(const struct connection *connection, uint64_t now, uint64_t limit) {
        struct stat status;

        if (connection->waiting_since < now && now - connection->waiting_since > limit)
                return true;
        return connection->file >= 0 && fstat(connection->file, &status) == 0 && (uint64_t) status.st_size < connection->end;
}

/* Under the lock, so that no descriptor is closed and becomes another's meanwhile. */
unsigned connections_sweep(struct connections *connections, uint64_t now, uint64_t limit) {
        unsigned count = 0;

        pthread_mutex_lock(&connections->lock);
        for (struct connection *connection = connections->first; connection; connection = connection->next)
                if (is_stuck(connection, now, limit)) {
                        shutdown(connection->fd, SHUT_RDWR);
                        count++;
                }
        pthread_mutex_unlock(&connections->lock);
        return count;
}
