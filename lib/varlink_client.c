#include "lib/varlink_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "lib/clock.h"
#include "lib/varlink_message.h"

/* The largest reply: an inventory as it was posted, which a report of 24 MiB brought. */
#define MESSAGE_MAX ((size_t) 24 * 1024 * 1024)
#define CONNECT_TIMEOUT 5 /* seconds that a full backlog is waited for, where waiting is allowed */

/* A call whose last reply has not come. */
struct pending {
        struct pending *next;
        varlink_reply_handler handler; /* NULL: somebody waits for it, or did and gave up */
        void *userdata;
        bool abandoned;
};

struct varlink_client {
        unsigned references;
        int fd; /* -1: freed */
        sd_event *event;
        sd_event_source *io;
        struct varlink_input input;
        struct varlink_output output;
        struct pending *first, **end;
        bool ended; /* the connection */
        void (*closed)(struct varlink_client *client, void *userdata);
        void *closed_userdata;
};

static struct varlink_client *unreference(struct varlink_client *client) {
        if (--client->references == 0)
                free(client);
        return NULL;
}

static void unreferencep(struct varlink_client **client) {
        unreference(*client);
}

/* Takes the call that is answered next out of the queue; NULL: there is none. */
static struct pending *take_pending(struct varlink_client *client) {
        struct pending *first = client->first;

        if (!first)
                return NULL;
        client->first = first->next;
        if (!client->first)
                client->end = &client->first;
        return first;
}

struct varlink_client *varlink_client_free(struct varlink_client *client) {
        struct pending *pending;

        if (!client || client->fd < 0)
                return NULL;
        while ((pending = take_pending(client)))
                free(pending);
        sd_event_source_disable_unref(TAKE_POINTER(client->io));
        client->event = sd_event_unref(client->event);
        varlink_input_clear(&client->input);
        varlink_output_clear(&client->output);
        close(TAKE_FD(client->fd));
        return unreference(client);
}

/* Sends what can be, and waits for what is left. An end of the connection shows when it is read from. */
static int send_queued(struct varlink_client *client) {
        if (varlink_output_send(&client->output, client->fd) < 0)
                varlink_output_clear(&client->output);
        if (!client->io)
                return 0;
        return sd_event_source_set_io_events(client->io, EPOLLIN | (client->output.size > 0 ? EPOLLOUT : 0u));
}

/* Reads once. 0: the connection has ended. */
static int receive(struct varlink_client *client) {
        char *room;
        size_t size;
        ssize_t n;
        int r;

        r = varlink_input_room(&client->input, &room, &size);
        if (r < 0)
                return r;
        n = recv(client->fd, room, size, MSG_DONTWAIT);
        if (n < 0)
                return errno == EINTR ? -EAGAIN : -errno;
        varlink_input_add(&client->input, (size_t) n);
        return n > 0;
}

/* The next reply that is there whole. NULL in *ret_message: none is. */
static int next_reply(struct varlink_client *client, json_t **ret_message, struct varlink_response *ret) {
        _cleanup_json_ json_t *message = NULL;
        const char *text;
        size_t size;
        int r;

        *ret_message = NULL;
        text = varlink_input_next(&client->input, &size);
        if (!text)
                return 0;
        message = json_parse(text, size, JSON_DEPTH_MAX, NULL);
        varlink_input_trim(&client->input);
        r = message && client->first ? varlink_read_response(message, ret) : -EBADMSG;
        if (r >= 0)
                *ret_message = TAKE_POINTER(message);
        return r;
}

/* Hands the replies that are there to their handlers, which may free the client. */
static int deliver(struct varlink_client *client) {
        while (client->fd >= 0) {
                _cleanup_json_ json_t *message = NULL;
                _cleanup_json_ json_t *none = NULL;
                _cleanup_free_ struct pending *done = NULL;
                struct varlink_response response;
                const struct pending *pending;
                int r;

                r = next_reply(client, &message, &response);
                if (r < 0 || !message)
                        return r;
                if (!response.parameters)
                        response.parameters = none = json_object();
                pending = client->first;
                if (!response.continues)
                        done = take_pending(client);
                if (pending->handler)
                        pending->handler(client, response.error, response.parameters, response.continues, pending->userdata);
        }
        return 0;
}

/* The connection has ended: tells it to the calls that wait, then to the owner. */
static void end(struct varlink_client *client) {
        client->ended = true;
        client->io = sd_event_source_disable_unref(client->io);
        varlink_output_clear(&client->output);
        while (client->fd >= 0 && client->first) {
                _cleanup_free_ struct pending *pending = take_pending(client);
                if (pending->handler)
                        pending->handler(client, "", NULL, false, pending->userdata);
        }
        if (client->fd >= 0 && client->closed)
                client->closed(client, client->closed_userdata);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct varlink_client *client = userdata;
        _cleanup_(unreferencep) struct varlink_client *self = client;
        int r;

        self->references++;
        r = send_queued(self);
        if (r >= 0)
                r = receive(self);
        if (r > 0) {
                r = deliver(self);
                if (r >= 0)
                        return 0;
        }
        if (r != -EAGAIN && self->fd >= 0)
                end(self);
        return 0;
}

static int open_socket(const char *path, bool wait) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const struct timeval timeout = { .tv_sec = CONNECT_TIMEOUT };
        _cleanup_close_ int fd = -1;
        size_t length = strlen(path);

        if (length >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, length);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
        if (fd < 0)
                return -errno;
        if (wait && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int varlink_client_connect(sd_event *event, const char *path, size_t message_max, struct varlink_client **ret) {
        _cleanup_(varlink_client_freep) struct varlink_client *client = NULL;
        int fd, r;

        fd = open_socket(path, !event);
        if (fd < 0)
                return fd;
        client = calloc(1, sizeof(*client));
        if (!client) {
                close(fd);
                return -ENOMEM;
        }
        *client = (struct varlink_client){ .references = 1, .fd = fd, .event = event ? sd_event_ref(event) : NULL };
        client->end = &client->first;
        client->input.max = message_max > 0 ? message_max : MESSAGE_MAX;
        if (event) {
                r = sd_event_add_io(event, &client->io, fd, EPOLLIN, on_io, client);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_POINTER(client);
        return 0;
}

void varlink_client_on_closed(struct varlink_client *client, void (*closed)(struct varlink_client *client, void *userdata),
                              void *userdata) {
        client->closed = closed;
        client->closed_userdata = userdata;
}

int varlink_client_call_text(struct varlink_client *client, char *text, size_t size, varlink_reply_handler handler, void *userdata) {
        _cleanup_free_ struct pending *pending = malloc(sizeof(*pending));
        int r;

        if (client->ended || !pending) {
                free(text);
                return client->ended ? -ENOTCONN : -ENOMEM;
        }
        r = varlink_output_add(&client->output, text, size);
        if (r < 0)
                return r;
        *pending = (struct pending){ .handler = handler, .userdata = userdata };
        *client->end = pending;
        client->end = &pending->next;
        pending = NULL;
        return send_queued(client);
}

int varlink_client_call(struct varlink_client *client, const char *method, json_t *parameters, bool more,
                        varlink_reply_handler handler, void *userdata) {
        size_t size;
        char *text = varlink_write_request(method, parameters, more, &size);

        return text ? varlink_client_call_text(client, text, size, handler, userdata) : -ENOMEM;
}

size_t varlink_client_queued(const struct varlink_client *client) {
        return client->output.size;
}

int varlink_client_fd(const struct varlink_client *client) {
        return client->fd;
}

/* Waits until the connection can be read from (or written to, where something is queued). */
static int wait_until(struct varlink_client *client, uint64_t deadline) {
        struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN | (client->output.size > 0 ? POLLOUT : 0) };
        uint64_t now = monotonic_us(), left = deadline > now ? deadline - now : 0;
        struct timespec timeout = { (time_t) (left / USEC_PER_SEC), (long) (left % USEC_PER_SEC) * 1000 };
        int r;

        r = ppoll(&poll_fd, 1, deadline == UINT64_MAX ? NULL : &timeout, NULL);
        if (r < 0)
                return errno == EINTR ? 0 : -errno;
        return r == 0 ? -ETIMEDOUT : 0;
}

/* Sends and receives until a whole reply is there. */
static int wait_for_reply(struct varlink_client *client, uint64_t deadline, json_t **ret_message, struct varlink_response *ret) {
        for (;;) {
                int r = next_reply(client, ret_message, ret);

                if (r < 0 || *ret_message)
                        return r;
                send_queued(client);
                r = receive(client);
                if (r == 0)
                        return -ECONNRESET;
                if (r == -EAGAIN)
                        r = wait_until(client, deadline);
                if (r < 0)
                        return r == -EMSGSIZE ? -EBADMSG : r;
        }
}

/* As wait_for_reply, past the replies of calls that were given up. *ret_last: its call is answered. */
static int wait_for_own_reply(struct varlink_client *client, uint64_t timeout, char **ret_error, json_t **ret_parameters,
                              bool *ret_last) {
        uint64_t now = monotonic_us(), deadline = timeout > UINT64_MAX - now ? UINT64_MAX : now + timeout;
        _cleanup_free_ char *error = NULL;

        for (;;) {
                _cleanup_json_ json_t *message = NULL;
                struct varlink_response response;
                bool abandoned;
                int r;

                r = client->ended ? -ENOTCONN : wait_for_reply(client, deadline, &message, &response);
                if (r < 0) {
                        client->ended = r != -ETIMEDOUT;
                        return r;
                }
                abandoned = client->first->abandoned;
                if (!response.continues)
                        free(take_pending(client));
                if (abandoned)
                        continue;
                if (response.error && !(error = strdup(response.error)))
                        return -ENOMEM;
                *ret_parameters = response.parameters ? json_incref(response.parameters) : json_object();
                *ret_error = TAKE_POINTER(error);
                *ret_last = !response.continues;
                return 0;
        }
}

/* Nobody can wait for a reply while handlers wait for those before it. */
static bool has_handlers(const struct varlink_client *client) {
        for (const struct pending *p = client->first; p; p = p->next)
                if (p->handler)
                        return true;
        return false;
}

int varlink_client_start(struct varlink_client *client, const char *method, json_t *parameters) {
        if (has_handlers(client)) {
                json_decref(parameters);
                return -EBUSY;
        }
        return varlink_client_call(client, method, parameters, true, NULL, NULL);
}

int varlink_client_next(struct varlink_client *client, uint64_t timeout, char **ret_error, json_t **ret_parameters,
                        bool *ret_continues) {
        bool last;
        int r;

        if (!client->first)
                return client->ended ? -ECONNRESET : -ENODATA;
        r = wait_for_own_reply(client, timeout, ret_error, ret_parameters, &last);
        if (r >= 0)
                *ret_continues = !last;
        return r == -ENOTCONN ? -ECONNRESET : r;
}

int varlink_client_call_wait(struct varlink_client *client, const char *method, json_t *parameters, uint64_t timeout,
                             char **ret_error, json_t **ret_parameters) {
        bool last = false;
        int r;

        if (has_handlers(client)) {
                json_decref(parameters);
                return -EBUSY;
        }
        r = varlink_client_call(client, method, parameters, false, NULL, NULL);
        if (r < 0)
                return r == -ENOTCONN ? -ECONNRESET : r;
        r = wait_for_own_reply(client, timeout, ret_error, ret_parameters, &last);
        /* A reply that comes after the timeout is not that of the next call. */
        if (r == -ETIMEDOUT)
                for (struct pending *p = client->first; p; p = p->next)
                        p->abandoned = p->abandoned || !p->next;
        return r;
}
