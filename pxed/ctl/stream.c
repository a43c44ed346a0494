#include "pxed/ctl/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/clock.h"

struct stream {
        struct varlink_client *client;
        struct pollfd fds[4]; /* client, keyboard, signals, output */
};

enum { CLIENT, KEYBOARD, SIGNALS, OUTPUT };

/* poll tells of a pipe or socket (POLLERR) that its reader has gone; of nothing else is it of use. */
static int output_to_watch(void) {
        struct stat st;
        return fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ? STDOUT_FILENO : -1;
}

struct stream *stream_new(void) {
        struct stream *stream = calloc(1, sizeof *stream);
        if (!stream)
                return NULL;
        stream->fds[CLIENT] = (struct pollfd){ .fd = -1 };
        stream->fds[OUTPUT] = (struct pollfd){ .fd = output_to_watch() };
        stream_watch_input(stream, -1, -1);
        return stream;
}

static void disconnect(struct stream *stream) {
        stream->client = varlink_client_free(stream->client);
        stream->fds[CLIENT].fd = -1;
}

struct stream *stream_free(struct stream *stream) {
        if (!stream)
                return NULL;
        disconnect(stream);
        free(stream);
        return NULL;
}

int stream_call(struct stream *stream, const char *path, const char *method, json_t *parameters) {
        _cleanup_json_ json_t *taken = parameters;
        disconnect(stream);
        int r = varlink_client_connect(NULL, path, 0, &stream->client);
        if (r >= 0)
                r = varlink_client_start(stream->client, method, TAKE_POINTER(taken));
        if (r < 0) {
                disconnect(stream);
                return r;
        }
        stream->fds[CLIENT] = (struct pollfd){ .fd = varlink_client_fd(stream->client), .events = POLLIN };
        return 0;
}

void stream_watch_input(struct stream *stream, int keyboard_fd, int signal_fd) {
        stream->fds[KEYBOARD] = (struct pollfd){ .fd = keyboard_fd, .events = POLLIN };
        stream->fds[SIGNALS] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
}

static int milliseconds_until(uint64_t deadline) {
        if (deadline == UINT64_MAX)
                return -1;
        uint64_t now = monotonic_us();
        uint64_t ms = deadline > now ? (deadline - now + 999) / 1000 : 0;
        return ms < 3600000 ? (int) ms : 3600000;
}

/* Which of the descriptors besides the client's is ready, or -1. */
static int ready_event(const struct stream *stream) {
        if (stream->fds[SIGNALS].revents)
                return STREAM_SIGNAL;
        if (stream->fds[KEYBOARD].revents)
                return STREAM_KEYBOARD;
        return stream->fds[OUTPUT].revents & (POLLERR | POLLNVAL) ? STREAM_OUTPUT_GONE : -1;
}

int stream_next(struct stream *stream, uint64_t deadline, char **ret_error, json_t **ret_reply, bool *ret_continues) {
        for (;;) {
                /* Keys and signals first: replies may come without end. */
                int n = poll(stream->fds, ELEMENTS(stream->fds), 0);
                int event = n > 0 ? ready_event(stream) : -1;
                if (event >= 0)
                        return event;

                int r = stream->client ? varlink_client_next(stream->client, 0, ret_error, ret_reply, ret_continues) : -ETIMEDOUT;
                if (r >= 0)
                        return STREAM_REPLY;
                if (r != -ETIMEDOUT) {
                        disconnect(stream);
                        return r;
                }

                int wait = milliseconds_until(deadline);
                if (wait == 0)
                        return STREAM_TIME;
                if (poll(stream->fds, ELEMENTS(stream->fds), wait) < 0 && errno != EINTR)
                        return -errno;
        }
}
