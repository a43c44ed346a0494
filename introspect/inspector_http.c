#include "introspect/inspector_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/connections.h"

#define THREADS 2
#define THREAD_STACK (256 * 1024)
#define CONNECTIONS_MAX 64
#define CONNECTION_MEMORY (16 * 1024)
/* Seconds without a byte, and of a connection in all. */
#define IDLE_MAX 30
#define AGE_MAX 180
/* No request needs a body: what comes is counted and thrown away, up to this size. */
#define BODY_MAX (16 * 1024 * 1024)

struct inspector_http {
        struct inspector_api *api;
        struct MHD_Daemon *daemon;
        struct connections *connections;
};

struct exchange {
        bool has_head;
        bool has_nul; /* the target: what follows in it would be lost */
        size_t body;
};

static const char *header(struct MHD_Connection *connection, const char *name) {
        return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *argument(struct MHD_Connection *connection, const char *name) {
        return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static void add_headers(struct MHD_Response *response, const struct inspector_answer *answer) {
        char seconds[16];

        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
        MHD_add_response_header(response, "X-OpenStack-Ironic-Inspector-API-Minimum-Version", INSPECTOR_VERSION_OLDEST);
        MHD_add_response_header(response, "X-OpenStack-Ironic-Inspector-API-Maximum-Version", INSPECTOR_VERSION);
        if (answer->etag[0])
                MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
        if (answer->allow)
                MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
        snprintf(seconds, sizeof(seconds), "%u", answer->retry_after);
        if (answer->retry_after)
                MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct inspector_answer *answer) {
        size_t size = answer->body ? strlen(answer->body) : 0;
        struct MHD_Response *response = answer->body ? MHD_create_response_from_buffer(size, answer->body, MHD_RESPMEM_MUST_FREE)
                                                     : MHD_create_response_from_buffer(0, (char *) "", MHD_RESPMEM_PERSISTENT);

        if (!response) {
                free(answer->body);
                return MHD_NO;
        }
        add_headers(response, answer);
        enum MHD_Result result = MHD_queue_response(connection, answer->status ?: 500, response);
        MHD_destroy_response(response);
        return result;
}

static enum MHD_Result answer(struct inspector_http *http, struct MHD_Connection *connection, const char *path, const char *method,
                              const struct exchange *exchange) {
        const struct inspector_request request = {
                .method = method,
                .path = exchange->has_nul ? "" : path,
                .host = header(connection, MHD_HTTP_HEADER_HOST),
                .own_version = header(connection, "X-OpenStack-Ironic-Inspector-API-Version"),
                .common_version = header(connection, "OpenStack-API-Version"),
                .if_match = header(connection, MHD_HTTP_HEADER_IF_MATCH),
                .if_none_match = header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH),
                .limit = argument(connection, "limit"),
                .marker = argument(connection, "marker"),
                .states = argument(connection, "state"),
                .body = exchange->body,
        };
        struct inspector_answer answer;

        inspector_api_answer(http->api, &request, &answer);
        return send_answer(connection, &answer);
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **state) {
        struct exchange *exchange = *state;

        if (!exchange)
                return MHD_NO;
        if (!exchange->has_head) {
                exchange->has_head = true;
                return MHD_YES;
        }
        if (*size == 0)
                return answer(userdata, connection, path, method, exchange);
        exchange->body += *size;
        *size = 0;
        return exchange->body <= BODY_MAX ? MHD_YES : MHD_NO;
}

/* Before the request line is taken apart. */
static void *on_line(void *userdata, const char *line, struct MHD_Connection *connection) {
        struct exchange *exchange = calloc(1, sizeof(*exchange));

        if (exchange)
                exchange->has_nul = strstr(line, "%00");
        return exchange;
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
        free(*state);
        *state = NULL;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **socket_state, enum MHD_ConnectionNotificationCode code) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct inspector_http *http = userdata;

        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                *socket_state = connection_opened(http->connections, info->connect_fd, monotonic_us());
        else
                connection_closed(http->connections, *socket_state);
}

int inspector_http_new(struct inspector_api *api, int fd, struct inspector_http **ret) {
        _cleanup_(inspector_http_freep) struct inspector_http *http = calloc(1, sizeof(*http));

        if (!http)
                return -ENOMEM;
        http->api = api;
        int r = connections_new(&http->connections);
        if (r < 0)
                return r;
        http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, http,
                                        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned) THREADS,
                                        MHD_OPTION_THREAD_STACK_SIZE, (size_t) THREAD_STACK, MHD_OPTION_CONNECTION_LIMIT,
                                        (unsigned) CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_MAX,
                                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_line, NULL,
                                        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
                                        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
        if (!http->daemon)
                return errno > 0 ? -errno : -EIO;
        *ret = TAKE_POINTER(http);
        return 0;
}

struct inspector_http *inspector_http_free(struct inspector_http *http) {
        if (!http)
                return NULL;
        if (http->daemon)
                MHD_stop_daemon(http->daemon);
        connections_free(http->connections);
        free(http);
        return NULL;
}

void inspector_http_end_old(struct inspector_http *http) {
        if (http)
                connections_sweep(http->connections, monotonic_us(), AGE_MAX * USEC_PER_SEC);
}
