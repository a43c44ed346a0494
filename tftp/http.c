#include "tftp/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/http_threads.h"
#include "lib/listen.h"
#include "tftp/http_request.h"

#define BACKLOG 1024

struct http_server {
        const struct http_context *context;
        struct ip address;
        struct http_threads *threads;
};

static const struct {
        const char *path; /* one that ends with '/' stands for all below it */
        http_handler handler;
} routes[] = {
        { "/boot.ipxe", http_start },
        { "/boot", http_boot },
        { "/images/", http_image },
        { "/loaders/", http_loader },
};

enum MHD_Result http_queue(struct http_request *request, unsigned status, struct MHD_Response *response) {
        if (!response)
                return MHD_NO;
        enum MHD_Result result = MHD_queue_response(request->connection, status, response);
        MHD_destroy_response(response);
        return result;
}

enum MHD_Result http_text(struct http_request *request, unsigned status, struct text *text) {
        size_t size = text->size;
        char *data = text_take(text);
        struct MHD_Response *response;

        if (!data)
                return MHD_NO;
        response = MHD_create_response_from_buffer(size, data, MHD_RESPMEM_MUST_FREE);
        if (!response) {
                free(data);
                return MHD_NO;
        }
        MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
        MHD_add_response_header(response, "Cache-Control", "no-store");
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
                MHD_add_response_header(response, "Allow", "GET, HEAD");
        return http_queue(request, status, response);
}

enum MHD_Result http_error(struct http_request *request, unsigned status, const char *format, ...) {
        struct text text = {};
        char line[1280];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(line, sizeof(line), format, arguments);
        va_end(arguments);
        text_printf(&text, "%s\n", line);
        return http_text(request, status, &text);
}

void http_client(struct http_request *request, char buffer[static IP_TEXT_SIZE]) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        struct ip ip;

        buffer[0] = '\0';
        if (info && ip_from_sockaddr(info->client_addr, &ip) == 0)
                ip_format(&ip, buffer);
}

static http_handler find_handler(const char *path) {
        for (size_t i = 0; i < ELEMENTS(routes); i++) {
                size_t length = strlen(routes[i].path);
                bool whole = routes[i].path[length - 1] != '/';
                if (strncmp(path, routes[i].path, length) == 0 && (!whole || path[length] == '\0'))
                        return routes[i].handler;
        }
        return NULL;
}

/* The request line is there: the target is kept as it came, before the library decodes it. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection) {
        const struct http_server *server = cls;
        size_t size = strlen(target) + 1;
        struct http_request *request = calloc(1, sizeof(*request) + size);

        if (!request)
                return NULL;
        request->context = server->context;
        request->address = server->address;
        request->connection = connection;
        memcpy(request->target, target, size);
        request->target_fault = target_parse(request->target, request->path, &request->query);
        return request;
}

/* Once the headers are there. An answer at this point ends the connection, so that no body has to be read. */
static enum MHD_Result on_headers(struct http_request *request, const char *method) {
        if (request->target_fault == -ENAMETOOLONG)
                return http_error(request, MHD_HTTP_URI_TOO_LONG, "The path is too long.");
        if (request->target_fault < 0)
                return http_error(request, MHD_HTTP_BAD_REQUEST, "The path is not one that can be asked for.");

        request->handler = find_handler(request->path);
        if (!request->handler)
                return http_error(request, MHD_HTTP_NOT_FOUND, "There is nothing at %s.", request->path);
        request->head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
        if (!request->head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
                return http_error(request, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are for this path.");
        return MHD_YES;
}

/* Called when the headers are there, for each part of a body, and at the end of the request. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **memory) {
        struct http_request *request = *memory;

        if (!request)
                return MHD_NO;
        if (!request->handler)
                return on_headers(request, method);
        if (*size > 0) {
                *size = 0; /* a body means nothing here */
                return MHD_YES;
        }
        connection_busy(http_threads_watched(connection));
        return request->handler(request);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **memory, enum MHD_RequestTerminationCode code) {
        struct http_request *request = *memory;

        connection_waiting(http_threads_watched(connection), monotonic_us());
        if (request)
                http_complete(request, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        free(request);
        *memory = NULL;
}

/* Targets are decoded by target_parse, which the library shall not forestall. */
static size_t keep_encoding(void *cls, struct MHD_Connection *connection, char *text) {
        return strlen(text);
}

int http_server_new(const struct http_context *context, const struct ip *address, uint16_t port, struct http_server **ret) {
        _cleanup_(http_server_freep) struct http_server *server = calloc(1, sizeof(*server));
        _cleanup_close_ int fd = listen_tcp(address, port, BACKLOG);
        const struct http_threads_options options = {
                .threads = 2,
                .thread_stack = 128 * 1024,
                .connection_memory = 8 * 1024,
                .connections = 1024,
                .connections_per_address = 64,
                .idle_seconds = 60,
                .wait_seconds = 15,
                .on_line = on_target,
                .on_request = on_request,
                .on_completed = on_completed,
                .unescape = keep_encoding,
                .userdata = server,
        };

        if (fd < 0)
                return fd;
        if (!server)
                return -ENOMEM;
        server->context = context;
        server->address = *address;
        int r = http_threads_new(&options, fd, &server->threads);
        if (r < 0)
                return r;
        TAKE_FD(fd);
        *ret = TAKE_POINTER(server);
        return 0;
}

struct http_server *http_server_free(struct http_server *server) {
        if (server) {
                http_threads_free(server->threads);
                free(server);
        }
        return NULL;
}

void http_server_end_stuck(struct http_server *server) {
        if (server)
                http_threads_end_stuck(server->threads);
}
