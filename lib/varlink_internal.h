/*
 * The server's own structs, between varlink_server.c (listening, limits), varlink_connection.c (one peer's stream),
 * varlink_call.c (calls and replies) and varlink_service.c (org.varlink.service).
 *
 * Nothing of the user's is called from within a function that the user calls: connections with something to do stand in
 * server->work, and an event source looks after them. So a handler may reply, and a reply may find its peer gone, while
 * the user walks a list of calls.
 * (The source is an eventfd: sd-event lets one of its own deferred sources go before all others of its priority, for ever.)
 */
#pragma once

#include <sys/queue.h>

#include "lib/varlink_message.h"
#include "lib/varlink_server.h"

/* Memory for what was received and what is queued, all connections together: some of the largest messages, at least MEMORY_MIN. */
#define MEMORY_MESSAGES 4
#define MEMORY_MIN ((size_t) 32 * 1024 * 1024)
#define HALF_MESSAGE_TIMEOUT (30 * USEC_PER_SEC)

struct varlink_connection {
        TAILQ_ENTRY(varlink_connection) all, work;
        struct varlink_server *server; /* NULL: closed */
        unsigned references;
        int fd, listener;
        struct varlink_peer peer;
        sd_event_source *io, *half_message; /* the second only while half a message is there */
        struct varlink_input input;
        struct varlink_output output;
        size_t memory; /* as accounted: what the two hold */
        struct varlink_call *call; /* the one that waits for its reply */
        const char *broken;        /* why it is to be closed; static text */
        bool in_work, end, hung_up, drained;
};

struct varlink_call {
        struct varlink_connection *connection; /* NULL: closed */
        const struct varlink_method *method;
        const struct idl_method *types;
        const struct idl *idl;
        bool more, oneway;
        void (*closed)(struct varlink_call *call, void *data);
        void (*drained)(struct varlink_call *call, void *data);
        void *data;
};

struct varlink_listener {
        struct varlink_listener *next;
        struct varlink_server *server;
        int fd, number;
        sd_event_source *io, *pause;
};

struct varlink_user {
        uid_t uid;
        unsigned connections;
};

TAILQ_HEAD(varlink_connections, varlink_connection);

struct varlink_server {
        sd_event *event; /* NULL: freed, and only looked at by a function that has not returned yet */
        unsigned references;
        struct varlink_server_options options;
        const struct idl **interfaces; /* offered; the first is org.varlink.service */
        size_t n_interfaces;
        struct varlink_listener *listeners;
        struct varlink_connections connections, work;
        unsigned n_work;
        int work_fd;
        sd_event_source *work_source;
        unsigned n_connections;
        struct varlink_user *users;
        size_t n_users;
        size_t memory, memory_max;
        /* complaints about peers are logged at a bounded rate */
        uint64_t complaints_since;
        unsigned complaints;
};

/* varlink_server.c */
void varlink_server_forget(struct varlink_server *server, struct varlink_connection *connection);
/* Notes how many bytes a connection holds. When that is too much for all together, the one that holds most is cut off. */
void varlink_server_account(struct varlink_server *server, struct varlink_connection *connection, size_t size);
void varlink_server_complain(struct varlink_server *server, const struct varlink_peer *peer, const char *reason);

/* varlink_connection.c */
int varlink_connection_new(struct varlink_server *server, int fd, const struct varlink_peer *peer, int listener);
/* Frees what it holds at once and has it closed soon. The first reason counts. */
void varlink_connection_break(struct varlink_connection *connection, const char *reason);
/* Has it looked after soon. */
void varlink_connection_schedule(struct varlink_connection *connection);
/* Looks after it: sends, calls back, takes the next call, waits. */
void varlink_connection_work(struct varlink_connection *connection);
/* Closes it now, calling `closed` of its call; drops the server's reference. */
void varlink_connection_close(struct varlink_connection *connection);
/* Takes over `text`. -ENOBUFS: its peer does not read and has been cut off. -ECONNRESET: it is gone. */
int varlink_connection_send(struct varlink_connection *connection, char *text, size_t size);

/* varlink_call.c */
/* Begins the call that a message is. It may have ended when this returns. */
void varlink_call_begin(struct varlink_connection *connection, const char *text, size_t size);
struct varlink_call *varlink_call_free(struct varlink_call *call);

/* varlink_service.c: the server's userdata is the server */
extern const struct varlink_method varlink_service_methods[];
