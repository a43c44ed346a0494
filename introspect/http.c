#include "introspect/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/connections.h"
#include "lib/log.h"

#define THREADS 16
#define THREAD_STACK (256 * 1024)
#define CONNECTIONS_MAX 256
#define CONNECTIONS_PER_ADDRESS 32
/* A line and headers of a request; larger ones are refused by libmicrohttpd. */
#define CONNECTION_MEMORY (16 * 1024)
/* Seconds without a byte, and of a connection in all. */
#define IDLE_MAX 30
#define AGE_MAX 180

#define VERSION_HEADER "X-OpenStack-Ironic-API-Version"

/* A body that is not wanted is read and thrown away up to this size, since a client that is writing does not see an answer
 * until it is done; beyond it the connection is closed. */
#define DISCARD_MAX (64 * 1024 * 1024)

struct http {
        struct api *api;
        struct MHD_Daemon *daemon;
        struct connections *connections;
};

/* One request: what libmicrohttpd keeps for us from call to call. */
struct exchange {
        struct api_request request;
        uint64_t discarded;
        bool has_head;
};

static void set_network(struct http *http, struct MHD_Connection *connection, struct api_request *request) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct sockaddr_storage own = { 0 };
        socklen_t size = sizeof(own);
        struct ip ip = { 0 };

        if (!info || getsockname(info->connect_fd, (struct sockaddr *) &own, &size) < 0)
                return;
        (void) ip_from_sockaddr((const struct sockaddr *) &own, &ip);
        (void) state_find_network(http->api->state, &ip, request->network);
}

static void set_peer(struct MHD_Connection *connection, struct api_request *request) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        struct ip ip = { 0 };

        if (info && info->client_addr && ip_from_sockaddr(info->client_addr, &ip) == 0)
                ip_format(&ip, request->peer);
}

static uint64_t announced_length(struct MHD_Connection *connection) {
        const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

        /* libmicrohttpd has refused what is no number */
        return text ? strtoull(text, NULL, 10) : UINT64_MAX;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct api_request *request) {
        struct api_answer *answer = &request->answer;
        struct MHD_Response *response;
        char seconds[16], served[TARGET_VERSION_SIZE];

        if (!answer->body)
                return MHD_NO;
        response = MHD_create_response_from_buffer(answer->size, answer->body, MHD_RESPMEM_MUST_FREE);
        if (!response)
                return MHD_NO;
        answer->body = NULL;
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
        /* One request per connection: so a connection's age is its request's. */
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
        MHD_add_response_header(response, VERSION_HEADER, target_version(request->version, served));
        MHD_add_response_header(response, "X-OpenStack-Ironic-API-Minimum-Version", TARGET_VERSION_OLDEST);
        MHD_add_response_header(response, "X-OpenStack-Ironic-API-Maximum-Version", TARGET_VERSION_NEWEST);
        if (answer->allow)
                MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
        snprintf(seconds, sizeof(seconds), "%u", answer->retry_after);
        if (answer->retry_after)
                MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
        enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
        MHD_destroy_response(response);
        return result;
}

/* The client waits for a word before it sends its body (RFC 9110 10.1.1). */
static bool waits_to_send(struct MHD_Connection *connection) {
        const char *expect = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);

        return expect && strcasecmp(expect, "100-continue") == 0;
}

static enum MHD_Result on_head(struct http *http, struct MHD_Connection *connection, struct exchange *exchange) {
        struct api_request *request = &exchange->request;
        uint64_t length = announced_length(connection);

        exchange->has_head = true;
        request->token_text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
        request->addresses = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "addresses");
        request->node_uuid = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "node_uuid");
        request->version = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, VERSION_HEADER);
        request->now = realtime_us();
        request->monotonic = monotonic_us();
        set_network(http, connection, request);
        set_peer(connection, request);
        api_begin(http->api, request, length);
        if (request->answer.status && (waits_to_send(connection) || (length != UINT64_MAX && length > DISCARD_MAX)))
                return send_answer(connection, request);
        return MHD_YES;
}

static enum MHD_Result on_body(struct http *http, struct exchange *exchange, const char *data, size_t *size) {
        if (exchange->request.answer.status && (exchange->discarded += *size) > DISCARD_MAX)
                return MHD_NO;
        api_receive(http->api, &exchange->request, data, *size);
        *size = 0;
        return MHD_YES;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **state) {
        struct exchange *exchange = *state;
        struct http *http = userdata;

        if (!exchange)
                return MHD_NO;
        /* Both stay for as long as the request. */
        exchange->request.method = method;
        exchange->request.path = path;
        if (!exchange->has_head)
                return on_head(http, connection, exchange);
        if (*size > 0)
                return on_body(http, exchange, data, size);
        api_finish(http->api, &exchange->request);
        return send_answer(connection, &exchange->request);
}

/* Before the request line is taken apart: the earliest place to make what belongs to the request. */
static void *on_line(void *userdata, const char *line, struct MHD_Connection *connection) {
        return calloc(1, sizeof(struct exchange));
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
        struct exchange *exchange = *state;

        if (exchange)
                api_end(&exchange->request);
        free(exchange);
        *state = NULL;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **socket_state, enum MHD_ConnectionNotificationCode code) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct http *http = userdata;

        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                *socket_state = connection_opened(http->connections, info->connect_fd, monotonic_us());
        else
                connection_closed(http->connections, *socket_state);
}

int http_new(struct api *api, struct http **ret) {
        _cleanup_(http_freep) struct http *http = calloc(1, sizeof(*http));

        if (!http)
                return -ENOMEM;
        http->api = api;
        int r = connections_new(&http->connections);
        if (r < 0)
                return r;
        http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0, NULL, NULL, on_request, http,
                                        MHD_OPTION_THREAD_POOL_SIZE, (unsigned) THREADS, MHD_OPTION_THREAD_STACK_SIZE, (size_t) THREAD_STACK,
                                        MHD_OPTION_CONNECTION_LIMIT, (unsigned) CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                                        (unsigned) CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_MAX,
                                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_line, NULL,
                                        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
                                        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
        if (!http->daemon)
                return errno ? -errno : -EIO;
        *ret = TAKE_POINTER(http);
        return 0;
}

struct http *http_free(struct http *http) {
        if (!http)
                return NULL;
        if (http->daemon)
                MHD_stop_daemon(http->daemon);
        connections_free(http->connections);
        free(http);
        return NULL;
}

int http_add(struct http *http, int fd, const struct sockaddr *peer, socklen_t size) {
        return MHD_add_connection(http->daemon, fd, peer, size) == MHD_YES ? 0 : -EBUSY;
}

/* One thread's share may be used up before the others' are: some room is left for that. */
bool http_has_room(struct http *http) {
        return connections_size(http->connections) < CONNECTIONS_MAX - CONNECTIONS_MAX / 8;
}

void http_end_old(struct http *http) {
        connections_sweep(http->connections, monotonic_us(), AGE_MAX * USEC_PER_SEC);
}
