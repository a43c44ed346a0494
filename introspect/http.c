#include "introspect/http.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"

#define VERSION_HEADER "X-OpenStack-Ironic-API-Version"

/* A body that is not wanted is read and thrown away up to this size, since a client that is writing does not see an answer
 * until it is done; beyond it the connection is closed. */
#define DISCARD_MAX (64 * 1024 * 1024)

/* One request: what libmicrohttpd keeps for us from call to call. */
struct exchange {
        struct api_request request;
        uint64_t discarded;
        bool has_head;
};

static void set_network(struct api *api, struct MHD_Connection *connection, struct api_request *request) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct sockaddr_storage own = { 0 };
        socklen_t size = sizeof(own);
        struct ip ip = { 0 };

        if (!info || getsockname(info->connect_fd, (struct sockaddr *) &own, &size) < 0)
                return;
        (void) ip_from_sockaddr((const struct sockaddr *) &own, &ip);
        (void) state_find_network(api->state, &ip, request->network);
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

static enum MHD_Result on_head(struct api *api, struct MHD_Connection *connection, struct exchange *exchange) {
        struct api_request *request = &exchange->request;
        uint64_t length = announced_length(connection);

        exchange->has_head = true;
        request->token_text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
        request->addresses = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "addresses");
        request->node_uuid = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "node_uuid");
        request->version = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, VERSION_HEADER);
        request->now = realtime_us();
        request->monotonic = monotonic_us();
        set_network(api, connection, request);
        set_peer(connection, request);
        api_begin(api, request, length);
        if (request->answer.status && (waits_to_send(connection) || (length != UINT64_MAX && length > DISCARD_MAX)))
                return send_answer(connection, request);
        return MHD_YES;
}

static enum MHD_Result on_body(struct api *api, struct exchange *exchange, const char *data, size_t *size) {
        if (exchange->request.answer.status && (exchange->discarded += *size) > DISCARD_MAX)
                return MHD_NO;
        api_receive(api, &exchange->request, data, *size);
        *size = 0;
        return MHD_YES;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **state) {
        struct exchange *exchange = *state;
        struct api *api = userdata;

        if (!exchange)
                return MHD_NO;
        /* Both stay for as long as the request. */
        exchange->request.method = method;
        exchange->request.path = path;
        if (!exchange->has_head)
                return on_head(api, connection, exchange);
        if (*size > 0)
                return on_body(api, exchange, data, size);
        api_finish(api, &exchange->request);
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

int http_new(struct api *api, struct http_threads **ret) {
        const struct http_threads_options options = {
                .threads = 16,
                .thread_stack = 256 * 1024,
                .connection_memory = 16 * 1024,
                .connections = 256,
                .connections_per_address = 32,
                .idle_seconds = 30,
                .wait_seconds = 180,
                .on_line = on_line,
                .on_request = on_request,
                .on_completed = on_completed,
                .userdata = api,
        };
        return http_threads_new(&options, -1, ret);
}
