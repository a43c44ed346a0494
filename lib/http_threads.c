#include "lib/http_threads.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/clock.h"

struct http_threads {
        struct MHD_Daemon *daemon;
        struct connections *connections;
        unsigned max;
        uint64_t wait;
};

struct connection *http_threads_watched(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

        return info ? info->socket_context : NULL;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **memory, enum MHD_ConnectionNotificationCode code) {
        struct http_threads *threads = userdata;

        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
                const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
                *memory = info ? connection_opened(threads->connections, info->connect_fd, monotonic_us()) : NULL;
        } else {
                connection_closed(*memory);
                *memory = NULL;
        }
}

static struct MHD_Daemon *start(struct http_threads *threads, const struct http_threads_options *options, int fd) {
        const struct MHD_OptionItem limits[] = {
                { MHD_OPTION_THREAD_POOL_SIZE, options->threads, NULL },
                { MHD_OPTION_THREAD_STACK_SIZE, (intptr_t) options->thread_stack, NULL },
                { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t) options->connection_memory, NULL },
                { MHD_OPTION_CONNECTION_LIMIT, options->connections, NULL },
                { MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address, NULL },
                { MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds, NULL },
                { MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
                { fd >= 0 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END, fd, NULL },
                { MHD_OPTION_END, 0, NULL },
        };
        const struct MHD_OptionItem unescape[] = {
                { options->unescape ? MHD_OPTION_UNESCAPE_CALLBACK : MHD_OPTION_END, (intptr_t) options->unescape, options->userdata },
                { MHD_OPTION_END, 0, NULL },
        };
        unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | (fd < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0);

        return MHD_start_daemon(flags, 0, NULL, NULL, options->on_request, options->userdata, MHD_OPTION_ARRAY, limits, MHD_OPTION_ARRAY, unescape,
                                MHD_OPTION_URI_LOG_CALLBACK, options->on_line, options->userdata, MHD_OPTION_NOTIFY_COMPLETED, options->on_completed,
                                options->userdata, MHD_OPTION_NOTIFY_CONNECTION, on_connection, threads, MHD_OPTION_END);
}

int http_threads_new(const struct http_threads_options *options, int fd, struct http_threads **ret) {
        _cleanup_(http_threads_freep) struct http_threads *threads = calloc(1, sizeof(*threads));

        if (!threads)
                return -ENOMEM;
        threads->max = options->connections;
        threads->wait = options->wait_seconds * USEC_PER_SEC;
        int r = connections_new(&threads->connections);
        if (r < 0)
                return r;
        /* One of its own: the library closes what it listens on also where it cannot start. */
        int own = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0 && own < 0)
                return -errno;
        threads->daemon = start(threads, options, own);
        if (!threads->daemon)
                return errno > 0 ? -errno : -EIO;
        if (fd >= 0)
                close(fd);
        *ret = TAKE_POINTER(threads);
        return 0;
}

struct http_threads *http_threads_free(struct http_threads *threads) {
        if (!threads)
                return NULL;
        if (threads->daemon)
                MHD_stop_daemon(threads->daemon);
        connections_free(threads->connections);
        free(threads);
        return NULL;
}

int http_threads_add(struct http_threads *threads, int fd, const struct sockaddr *peer, socklen_t size) {
        return MHD_add_connection(threads->daemon, fd, peer, size) == MHD_YES ? 0 : -EBUSY;
}

/* One thread's share may be used up before the others' are: some room is left for that. */
bool http_threads_have_room(struct http_threads *threads) {
        return connections_size(threads->connections) < threads->max - threads->max / 8;
}

void http_threads_end_stuck(struct http_threads *threads) {
        if (threads)
                connections_sweep(threads->connections, monotonic_us(), threads->wait);
}
