/* A server on an event loop, and sockets that write what they like to it. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/varlink_server.h"

#define ERROR "org.varlink.service."

struct fixture {
        char directory[32], path[64];
        sd_event *event;
        struct varlink_server *server;
        struct varlink_call *held; /* a call that a handler keeps */
        unsigned calls, closed, drained;
        bool denied, free_server, large;
        unsigned stream_left;
        size_t stream_piece;
};

/* Echoes `ifRevision`; without one, keeps the call. */
static inline int on_delete(struct varlink_call *call, const json_t *parameters, void *userdata);
/* {} at once; for "error" a negative errno, for "warning" a reply that breaks the contract, for "debug" an undeclared error. */
static inline int on_set_log_level(struct varlink_call *call, const json_t *parameters, void *userdata);
/* Sends stream_left replies, the next when all is sent. */
static inline int on_watch(struct varlink_call *call, const json_t *parameters, void *userdata);
/* Keeps the call. */
static inline int on_follow(struct varlink_call *call, const json_t *parameters, void *userdata);
static inline int on_report(struct varlink_call *call, const json_t *parameters, void *userdata);

static const struct varlink_method methods[] = {
        { "org.pxed.Node.Delete", on_delete, 0 },
        { "org.pxed.Daemon.SetLogLevel", on_set_log_level, 0 },
        { "org.pxed.Worker.Watch", on_watch, VARLINK_MORE },
        { "org.pxed.Event.Watch", on_follow, VARLINK_MORE },
        { "org.pxed.Worker.Report", on_report, VARLINK_LARGE },
        {},
};

static inline void on_closed(struct varlink_call *call, void *data) {
        struct fixture *f = data;

        assert_ptr_equal(call, f->held);
        assert_ptr_equal(varlink_call_data(call), f);
        f->held = NULL;
        f->closed++;
}

static inline int hold(struct fixture *f, struct varlink_call *call) {
        f->held = call;
        varlink_call_on_closed(call, on_closed, f);
        return 0;
}

static inline int on_delete(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct fixture *f = userdata;
        int64_t number = json_get_int(parameters, "ifRevision", -1);

        f->calls++;
        assert_int_equal(varlink_call_peer(call)->pid, getpid());
        assert_int_equal(varlink_call_listener(call), 7);
        assert_false(varlink_wants_more(call));
        if (number < 0)
                return hold(f, call);
        return varlink_reply(call, json_pack("{s:I}", "revision", number));
}

static inline int on_set_log_level(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct fixture *f = userdata;
        const char *level = json_get_string(parameters, "level");

        f->calls++;
        if (f->free_server) {
                f->server = varlink_server_free(f->server);
                return 0;
        }
        if (strcmp(level, "error") == 0)
                return -EIO;
        if (strcmp(level, "warning") == 0)
                return varlink_reply(call, json_pack("{s:b}", "undeclared", true));
        if (strcmp(level, "debug") == 0)
                return varlink_error(call, "org.pxed.Node.Unheard", NULL);
        if (strcmp(level, "notice") == 0)
                return varlink_error(call, "org.pxed.Node.Conflict", json_pack("{s:i}", "revision", 5));
        return varlink_reply(call, NULL);
}

static inline json_t *piece(const struct fixture *f, unsigned number) {
        _cleanup_free_ char *key = calloc(1, f->stream_piece + 1);

        memset(key, 'k', f->stream_piece);
        return json_pack("{s:i, s:b, s:b, s:[{s:s}]}", "revision", (int) number, "reset", 0, "complete", 0, "entries", "key", key);
}

static inline void on_drained(struct varlink_call *call, void *data) {
        struct fixture *f = data;

        f->drained++;
        assert_int_equal(varlink_call_queued(call), 0);
        if (f->stream_left == 0)
                return;
        if (--f->stream_left > 0)
                assert_int_equal(varlink_reply_more(call, piece(f, f->stream_left)), 0);
        else {
                f->held = NULL;
                assert_int_equal(varlink_reply(call, piece(f, 0)), 0);
        }
}

static inline int on_watch(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct fixture *f = userdata;

        f->calls++;
        hold(f, call);
        varlink_call_on_drained(call, on_drained);
        return varlink_reply_more(call, piece(f, f->stream_left));
}

static inline int on_follow(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct fixture *f = userdata;

        f->calls++;
        return hold(f, call);
}

static inline int on_report(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct fixture *f = userdata;

        f->calls++;
        return varlink_reply(call, NULL);
}

static inline bool authorize(const struct varlink_peer *peer, const struct varlink_method *method, int listener, void *userdata) {
        struct fixture *f = userdata;

        assert_int_equal(peer->uid, getuid());
        assert_int_equal(listener, 7);
        return !f->denied;
}

static inline bool may_be_large(const struct varlink_peer *peer, int listener, void *userdata) {
        struct fixture *f = userdata;

        return f->large;
}

static inline void start(struct fixture *f, const struct varlink_server_options *changes) {
        struct varlink_server_options options = changes ? *changes : (struct varlink_server_options){};

        options.product = "test";
        options.methods = methods;
        options.userdata = f;
        options.authorize = authorize;
        options.may_be_large = may_be_large;
        assert_int_equal(varlink_server_new(f->event, &options, &f->server), 0);
        assert_int_equal(varlink_server_listen(f->server, f->path, 0640, (gid_t) -1, 7), 0);
}

static inline int set_up(void **state) {
        struct fixture *f = calloc(1, sizeof(*f));

        strcpy(f->directory, "/tmp/pxed-varlink-XXXXXX");
        assert_non_null(mkdtemp(f->directory));
        snprintf(f->path, sizeof(f->path), "%s/socket", f->directory);
        assert_int_equal(sd_event_new(&f->event), 0);
        f->stream_piece = 10;
        *state = f;
        return 0;
}

static inline int tear_down(void **state) {
        struct fixture *f = *state;

        varlink_server_free(f->server);
        sd_event_unref(f->event);
        unlink(f->path);
        rmdir(f->directory);
        free(f);
        return 0;
}

/* Lets the loop run until nothing happens for so long. */
static inline void settle(struct fixture *f, unsigned ms) {
        while (sd_event_run(f->event, ms * USEC_PER_MSEC) > 0)
                ;
}

/* A peer that writes and reads by itself. */
static inline int peer(struct fixture *f) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        strcpy(address.sun_path, f->path);
        assert_int_equal(connect(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
        return fd;
}

static inline void put_bytes(struct fixture *f, int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

                if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
                        return;
                if (n > 0) {
                        data += n;
                        size -= (size_t) n;
                }
                sd_event_run(f->event, 0);
        }
}

/* Sends messages; each is ended by a NUL. */
static inline void put(struct fixture *f, int fd, const char *text) {
        put_bytes(f, fd, text, strlen(text) + 1);
}

/* The next message; NULL: the connection is closed (or nothing came in time, which fails). */
static inline json_t *get(struct fixture *f, int fd) {
        uint64_t deadline = monotonic_us() + 5 * USEC_PER_SEC;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;

        while (monotonic_us() < deadline) {
                char c[65536];
                ssize_t n = recv(fd, c, sizeof(c), MSG_PEEK);

                if (n == 0 || (n < 0 && errno != EAGAIN))
                        return NULL;
                if (n > 0) {
                        const char *nul = memchr(c, '\0', (size_t) n);
                        size_t taken = nul ? (size_t) (nul - c) + 1 : (size_t) n;

                        text = realloc(text, size + taken);
                        memcpy(text + size, c, taken);
                        size += taken;
                        assert_int_equal(recv(fd, c, taken, 0), taken);
                        if (nul)
                                return json_parse(text, size - 1, JSON_DEPTH_MAX, NULL);
                }
                sd_event_run(f->event, 10 * USEC_PER_MSEC);
        }
        fail_msg("no message came");
        return NULL;
}

/* `expected` is JSON with the members in any order; NULL: the connection is closed. */
static inline void expect_message(struct fixture *f, int fd, const char *expected) {
        _cleanup_json_ json_t *message = get(f, fd);
        _cleanup_json_ json_t *want = expected ? json_loads(expected, 0, NULL) : NULL;
        _cleanup_free_ char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;

        if (expected)
                assert_non_null(want);
        if (!expected && message)
                fail_msg("got %s and not the end of the connection", text);
        if (expected && !json_equal(message, want))
                fail_msg("got %s", text ?: "the end of the connection");
}

static inline void expect_nothing(struct fixture *f, int fd) {
        char c;

        settle(f, 20);
        assert_int_equal(recv(fd, &c, 1, MSG_PEEK), -1);
        assert_int_equal(errno, EAGAIN);
}

/* The server still serves. */
static inline void expect_service(struct fixture *f) {
        _cleanup_close_ int fd = peer(f);

        put(f, fd, "{\"method\":\"org.pxed.Node.Delete\",\"parameters\":{\"node\":\"n\",\"ifRevision\":3}}");
        expect_message(f, fd, "{\"parameters\":{\"revision\":3}}");
}

static inline void set_level(struct fixture *f, int fd, const char *level) {
        char text[128];

        snprintf(text, sizeof(text), "{\"method\":\"org.pxed.Daemon.SetLogLevel\",\"parameters\":{\"level\":\"%s\"}}", level);
        put(f, fd, text);
}
