/* A peer that sends anything to a server: afterwards its connection is gone, and nothing of it is held. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/varlink_internal.h"

/* Echoes; the next one keeps its call. */
static int on_delete(struct varlink_call *call, const json_t *parameters, void *userdata) {
        return varlink_reply(call, json_pack("{s:I}", "revision", json_get_int(parameters, "ifRevision", 0)));
}

static int on_clear(struct varlink_call *call, const json_t *parameters, void *userdata) {
        return 0;
}

static int on_watch(struct varlink_call *call, const json_t *parameters, void *userdata) {
        varlink_reply_more(call, json_pack("{s:[], s:b}", "events", "synchronized", 1));
        return varlink_error(call, "org.pxed.Event.Expired", json_pack("{s:i}", "oldest", 1));
}

static const struct varlink_method methods[] = {
        { "org.pxed.Node.Delete", on_delete, 0 },
        { "org.pxed.Node.ClearBoot", on_clear, 0 },
        { "org.pxed.Event.Watch", on_watch, VARLINK_MORE },
        {},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static sd_event *event;
        static struct varlink_server *server;
        const struct varlink_peer peer = { .pid = 1, .uid = 0 };
        int pair[2];

        if (!server) {
                log_set_level(LOG_EMERG);
                if (sd_event_new(&event) < 0 ||
                    varlink_server_new(event, &(struct varlink_server_options){ .product = "fuzz", .methods = methods, .message_max = 4096 },
                                       &server) < 0)
                        abort();
        }
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0 ||
            varlink_connection_new(server, pair[0], &peer, 0) < 0)
                abort();
        /* What does not fit at once comes after the first was read. */
        for (size_t sent = 0; sent < size;) {
                ssize_t n = send(pair[1], data + sent, size - sent > 512 ? 512 : size - sent, MSG_NOSIGNAL);
                if (n > 0)
                        sent += (size_t) n;
                else if (sd_event_run(event, 0) <= 0)
                        break;
                sd_event_run(event, 0);
        }
        while (sd_event_run(event, 0) > 0)
                ;
        close(pair[1]);
        while (sd_event_run(event, 0) > 0)
                ;
        if (server->n_connections != 0 || server->memory != 0 || server->n_work != 0)
                abort();
        return 0;
}
