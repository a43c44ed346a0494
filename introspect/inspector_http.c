#include "introspect/inspector_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No request needs a body: what comes is counted and thrown away, up to this size. */
#define BODY_MAX (16 * 1024 * 1024)

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

static enum MHD_Result answer(struct inspector_api *api, struct MHD_Connection *connection, const char *path, const char *method,
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

        inspector_api_answer(api, &request, &answer);
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

int inspector_http_new(struct inspector_api *api, int fd, struct http_threads **ret) {
        const struct http_threads_options options = {
                .threads = 2,
                .thread_stack = 256 * 1024,
                .connection_memory = 16 * 1024,
                .connections = 64,
                .idle_seconds = 30,
                .wait_seconds = 180,
                .on_line = on_line,
                .on_request = on_request,
                .on_completed = on_completed,
                .userdata = api,
        };
        return http_threads_new(&options, fd, ret);
}
