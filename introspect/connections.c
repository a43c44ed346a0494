#include "introspect/connections.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>

struct connection {
        struct connection *next, **link;
        int fd;
        uint64_t since;
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
        if (!connections)
                return NULL;
        while (connections->first)
                connections_remove(connections, connections->first);
        pthread_mutex_destroy(&connections->lock);
        free(connections);
        return NULL;
}

struct connection *connections_add(struct connections *connections, int fd, uint64_t now) {
        struct connection *connection = malloc(sizeof(*connection));

        if (!connection)
                return NULL;
        pthread_mutex_lock(&connections->lock);
        *connection = (struct connection) { .next = connections->first, .link = &connections->first, .fd = fd, .since = now };
        if (connection->next)
                connection->next->link = &connection->next;
        connections->first = connection;
        connections->size++;
        pthread_mutex_unlock(&connections->lock);
        return connection;
}

void connections_remove(struct connections *connections, struct connection *connection) {
        if (!connection)
                return;
        pthread_mutex_lock(&connections->lock);
        *connection->link = connection->next;
        if (connection->next)
                connection->next->link = connection->link;
        connections->size--;
        pthread_mutex_unlock(&connections->lock);
        free(connection);
}

size_t connections_size(struct connections *connections) {
        pthread_mutex_lock(&connections->lock);
        size_t size = connections->size;
        pthread_mutex_unlock(&connections->lock);
        return size;
}

/* Under the lock, so that the descriptor cannot be closed and be another's meanwhile. */
void connections_shut_down(struct connections *connections, uint64_t before) {
        pthread_mutex_lock(&connections->lock);
        for (struct connection *connection = connections->first; connection; connection = connection->next)
                if (connection->since < before)
                        shutdown(connection->fd, SHUT_RDWR);
        pthread_mutex_unlock(&connections->lock);
}

bool connections_ip(const struct sockaddr *address, struct ip *ret) {
        ret->family = address->sa_family;
        if (address->sa_family == AF_INET)
                ret->v4 = ((const struct sockaddr_in *) address)->sin_addr;
        else if (address->sa_family == AF_INET6)
                ret->v6 = ((const struct sockaddr_in6 *) address)->sin6_addr;
        else
                return false;
        return true;
}
