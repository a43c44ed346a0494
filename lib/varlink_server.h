/*
 * A Varlink service (https://varlink.org/Service) on UNIX stream sockets.
 *
 * Each call is checked against its interface before its handler sees it, each reply and error before it is sent (one that
 * breaks the contract is a bug: logged, and the caller gets its connection closed). Calls of one connection are answered in
 * order, one at a time. org.varlink.service is answered by the server itself.
 *
 * A message over the limit, one that is not JSON or no object, or half a message for longer than 30 s costs its sender the
 * connection and nobody else anything. The output queue of a connection is bounded: a subscriber that does not read is cut off.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "lib/idl.h"
#include "lib/json.h"

struct varlink_server;
struct varlink_call; /* one call that waits for its (next) reply */

struct varlink_peer {
        pid_t pid;
        uid_t uid;
        gid_t gid;
};

/*
 * Handles a call whose parameters match the contract. It answers now or later: keeps the `call` and uses one of the functions
 * below. A negative errno says that it could not answer: the caller gets its connection closed (and `closed`, where it was set, is
 * called). `parameters` are borrowed.
 */
typedef int (*varlink_handler)(struct varlink_call *call, const json_t *parameters, void *userdata);

enum {
        VARLINK_MORE = 1 << 0,      /* streams: a call without "more" is refused with ExpectedMore */
        VARLINK_MORE_ALLOWED = 1 << 1, /* may stream; without this and VARLINK_MORE, "more" is ignored */
        VARLINK_READ = 1 << 2,      /* changes nothing: may be called on a monitor socket */
        VARLINK_WORKER = 1 << 3,    /* for workers (see authorize) */
        VARLINK_GATEWAY = 1 << 5,   /* for a worker that answers controllers too (see authorize) */
        VARLINK_LARGE = 1 << 4,     /* its messages may be as large as large_message_max */
};

struct varlink_method {
        const char *name; /* "org.pxed.Node.List" */
        varlink_handler handler;
        unsigned flags;
};

/* One table names all handlers. Ends with a NULL name. Methods that an interface declares and no table entry names are answered with
 * MethodNotImplemented. */

struct varlink_server_options {
        const char *product;            /* "pxed-dhcp", of GetInfo */
        const struct varlink_method *methods;
        void *userdata;                 /* of the handlers */
        size_t message_max;             /* bytes; 0: 1 MiB */
        size_t large_message_max;       /* bytes, for peers that `may_be_large` says so of; 0: message_max */
        unsigned connections_max;       /* of all peers; 0: 2048 */
        unsigned connections_per_user;  /* of one user, root included; 0: 512 */
        size_t output_max;              /* bytes queued for one connection; 0: 4 MiB */
        int64_t priority;               /* of its sd-event sources */
        /* Whether the peer may call the method on that listener; NULL: everybody who can connect may. A refused call is answered
         * with PermissionDenied. `listener` is what varlink_server_listen was given. */
        bool (*authorize)(const struct varlink_peer *peer, const struct varlink_method *method, int listener, void *userdata);
        /* Whether messages of the peer may be as large as large_message_max; NULL: no. */
        bool (*may_be_large)(const struct varlink_peer *peer, int listener, void *userdata);
};

int varlink_server_new(sd_event *event, const struct varlink_server_options *options, struct varlink_server **ret);
/* Closes everything; calls that are held become closed ones: their `closed` is called first. */
struct varlink_server *varlink_server_free(struct varlink_server *server);
DEFINE_CLEANUP(struct varlink_server *, varlink_server_free);

/* Listens on a socket file (an old one is removed) with this mode and group ((gid_t) -1: as it comes). `listener` is a number of the
 * caller's, told to authorize. Without a descriptor left (EMFILE) accepting pauses for a second instead of spinning. */
int varlink_server_listen(struct varlink_server *server, const char *path, mode_t mode, gid_t group, int listener);

/*
 * Replies. Each takes over the reference to `parameters` (NULL: {}), also on failure.
 * varlink_reply and varlink_error end the call: it must not be used after. varlink_reply_more sends one of several replies of a call
 * that asked for more. -ENOBUFS: the subscriber does not read and has been cut off (the call is closed then); -ECONNRESET: it is gone.
 * After a `closed` callback the call must not be used any more; replying to a call after that is a bug. `closed` and `drained` are called
 * from the event loop, never from within these functions: who walks a list of calls may reply to each, and looks after a call that
 * failed in `closed`.
 */
int varlink_reply(struct varlink_call *call, json_t *parameters);
int varlink_reply_more(struct varlink_call *call, json_t *parameters);
/* `error` is qualified: "org.pxed.Node.NotFound". */
int varlink_error(struct varlink_call *call, const char *error, json_t *parameters);
/* org.varlink.service.InvalidParameter. */
int varlink_invalid(struct varlink_call *call, const char *parameter);

bool varlink_wants_more(const struct varlink_call *call);
/* Bytes queued for the caller and not sent yet, so that a streaming handler can pause itself; see varlink_call_on_drained. */
size_t varlink_call_queued(const struct varlink_call *call);
const struct varlink_peer *varlink_call_peer(const struct varlink_call *call);
int varlink_call_listener(const struct varlink_call *call);

/* For a call that is kept: `closed` is called when the peer goes away before the last reply (or the server is freed). */
void varlink_call_on_closed(struct varlink_call *call, void (*closed)(struct varlink_call *call, void *data), void *data);
void *varlink_call_data(const struct varlink_call *call);
/* Called whenever all that was queued for the caller has been sent: the moment to send the next piece of a long stream. */
void varlink_call_on_drained(struct varlink_call *call, void (*drained)(struct varlink_call *call, void *data));

unsigned varlink_server_connections(const struct varlink_server *server);
