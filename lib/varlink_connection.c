/*
 * One peer's stream. Calls are taken from it one at a time: while one waits for its reply, or more than OUTPUT_LOW bytes of replies wait
 * for the peer to read them, nothing is read.
 */
#include <errno.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/varlink_internal.h"

#define OUTPUT_LOW ((size_t) 64 * 1024)
/* Above the reports of inventories (lib/worker_batch.h), which come one after the other: each would fetch the pages again. */
#define TRIM_ABOVE ((size_t) 1024 * 1024)

static struct varlink_connection *unreference(struct varlink_connection *connection) {
        if (--connection->references == 0)
                free(connection);
        return NULL;
}

static void unreferencep(struct varlink_connection **connection) {
        unreference(*connection);
}

void varlink_connection_schedule(struct varlink_connection *connection) {
        struct varlink_server *server = connection->server;

        if (!server || connection->in_work)
                return;
        connection->in_work = true;
        TAILQ_INSERT_TAIL(&server->work, connection, work);
        if (server->n_work++ == 0)
                eventfd_write(server->work_fd, 1);
}

/*
 * Tells the server what the connection holds now. After much has been freed, the heap's free pages go back to the system: a daemon that
 * once had a large message is not large for ever.
 */
static void account(struct varlink_connection *connection) {
        size_t before = connection->memory;

        varlink_server_account(connection->server, connection, connection->input.capacity + connection->output.size);
        if (connection->memory == 0 && before > TRIM_ABOVE)
                malloc_trim(0);
}

void varlink_connection_break(struct varlink_connection *connection, const char *reason) {
        if (connection->broken || !connection->server)
                return;
        connection->broken = reason;
        varlink_server_complain(connection->server, &connection->peer, reason);
        varlink_connection_schedule(connection);
        varlink_output_clear(&connection->output);
        varlink_input_clear(&connection->input);
        account(connection);
}

void varlink_connection_close(struct varlink_connection *connection) {
        struct varlink_server *server = connection->server;
        struct varlink_call *call = TAKE_POINTER(connection->call);

        if (!server)
                return;
        varlink_output_clear(&connection->output);
        varlink_input_clear(&connection->input);
        account(connection);
        varlink_server_forget(server, connection);
        connection->server = NULL;
        sd_event_source_disable_unref(TAKE_POINTER(connection->io));
        sd_event_source_disable_unref(TAKE_POINTER(connection->half_message));
        close(TAKE_FD(connection->fd));
        if (call && call->closed)
                call->closed(call, call->data);
        varlink_call_free(call);
        unreference(connection);
}

int varlink_connection_send(struct varlink_connection *connection, char *text, size_t size) {
        int r;

        /* One message always fits, however large; what is behind it must fit into the queue. */
        if (connection->output.size > OUTPUT_LOW && connection->output.size + size > connection->server->options.output_max) {
                free(text);
                varlink_connection_break(connection, "it does not read its replies");
                return -ENOBUFS;
        }
        r = varlink_output_add(&connection->output, text, size);
        if (r >= 0)
                r = varlink_output_send(&connection->output, connection->fd);
        if (r < 0) {
                /* It went away, which is no fault: the event loop tells the same, but a call may be sent to before that. */
                connection->hung_up = true;
                varlink_output_clear(&connection->output);
        }
        account(connection);
        connection->drained = true;
        varlink_connection_schedule(connection);
        return connection->broken ? -ENOBUFS : r < 0 ? -ECONNRESET : 0;
}

static bool may_take_call(const struct varlink_connection *connection) {
        return !connection->call && connection->output.size <= OUTPUT_LOW && !connection->broken;
}

/* Reads once. */
static void receive(struct varlink_connection *connection) {
        size_t size;
        char *room;
        ssize_t n;
        int r;

        if (connection->end || varlink_input_ready(&connection->input))
                return;
        r = varlink_input_room(&connection->input, &room, &size);
        if (r < 0) {
                varlink_connection_break(connection, r == -EMSGSIZE ? "a message over the limit" : "out of memory");
                return;
        }
        n = recv(connection->fd, room, size, MSG_DONTWAIT);
        if (n > 0)
                varlink_input_add(&connection->input, (size_t) n);
        else if (n == 0)
                connection->end = true;
        else if (errno != EAGAIN && errno != EINTR)
                connection->end = connection->hung_up = true;
        varlink_input_trim(&connection->input);
        account(connection);
}

static int on_half_message(sd_event_source *source, uint64_t now, void *userdata) {
        varlink_connection_break(userdata, "half a message and no more of it");
        return 0;
}

/* Gives a peer that began a message a time in which to end it, however slowly the bytes come. */
static int watch_half_message(struct varlink_connection *connection, bool half) {
        if (!half) {
                connection->half_message = sd_event_source_disable_unref(connection->half_message);
                return 0;
        }
        if (connection->half_message)
                return 0;
        return sd_event_add_time_relative(connection->server->event, &connection->half_message, CLOCK_MONOTONIC,
                                          HALF_MESSAGE_TIMEOUT, USEC_PER_SEC, on_half_message, connection);
}

/* Sets what to wait for. */
static void wait_for_more(struct varlink_connection *connection) {
        bool reading = may_take_call(connection) && !connection->end;
        bool ready = reading && varlink_input_ready(&connection->input);
        bool half = reading && !ready && varlink_input_size(&connection->input) > 0;
        int r;

        if (ready)
                varlink_connection_schedule(connection);
        r = sd_event_source_set_io_events(connection->io, (reading && !ready ? EPOLLIN : 0u) |
                                                                  (connection->output.size > 0 ? EPOLLOUT : 0u));
        if (r >= 0)
                r = watch_half_message(connection, half);
        if (r < 0)
                varlink_connection_break(connection, "out of memory");
}

/* Takes the next call, when it is its turn. */
static void take_call(struct varlink_connection *connection) {
        size_t size;
        const char *text;

        if (!may_take_call(connection))
                return;
        text = varlink_input_next(&connection->input, &size);
        if (!text)
                return;
        watch_half_message(connection, false);
        varlink_call_begin(connection, text, size);
        if (!connection->server)
                return;
        varlink_input_trim(&connection->input);
        account(connection);
}

/* Whether nothing will come of the connection any more. */
static bool is_over(struct varlink_connection *connection) {
        if (connection->broken)
                return true;
        if (connection->hung_up && connection->call)
                return true;
        return connection->end && !connection->call && connection->output.size == 0 && !varlink_input_ready(&connection->input);
}

void varlink_connection_work(struct varlink_connection *connection) {
        _cleanup_(unreferencep) struct varlink_connection *self = connection;

        self->references++;
        if (!is_over(self) && self->call && self->drained && self->output.size == 0) {
                self->drained = false;
                if (self->call->drained)
                        self->call->drained(self->call, self->call->data);
        }
        if (self->server && !is_over(self))
                take_call(self);
        if (!self->server)
                return;
        if (is_over(self))
                varlink_connection_close(self);
        else
                wait_for_more(self);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct varlink_connection *connection = userdata;

        if (events & (EPOLLHUP | EPOLLERR))
                connection->hung_up = true;
        else if (varlink_output_send(&connection->output, connection->fd) < 0)
                connection->hung_up = true;
        if (connection->hung_up)
                varlink_output_clear(&connection->output);
        account(connection);
        /* What came before it hung up still counts. */
        if (may_take_call(connection))
                receive(connection);
        varlink_connection_work(connection);
        return 0;
}

int varlink_connection_new(struct varlink_server *server, int fd, const struct varlink_peer *peer, int listener) {
        const struct varlink_server_options *options = &server->options;
        struct varlink_connection *connection = calloc(1, sizeof(*connection));
        int r;

        if (!connection)
                return -ENOMEM;
        *connection = (struct varlink_connection){ .references = 1, .fd = fd, .listener = listener, .peer = *peer };
        connection->input.max = options->message_max;
        if (options->may_be_large && options->may_be_large(peer, listener, options->userdata))
                connection->input.max = options->large_message_max;
        r = sd_event_add_io(server->event, &connection->io, fd, EPOLLIN, on_io, connection);
        if (r >= 0)
                r = sd_event_source_set_priority(connection->io, options->priority);
        if (r < 0) {
                sd_event_source_disable_unref(connection->io);
                free(connection);
                return r;
        }
        connection->server = server;
        TAILQ_INSERT_TAIL(&server->connections, connection, all);
        server->n_connections++;
        return 0;
}
