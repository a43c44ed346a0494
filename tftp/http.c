#include "tftp/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/listen.h"
#include "tftp/http_request.h"

enum {
        THREADS = 2,
        THREAD_STACK = 128 * 1024,
        CONNECTION_MEMORY = 8 * 1024, /* bounds request line and headers: above it 414 or 431 */
        CONNECTIONS = 1024,
        CONNECTIONS_PER_PEER = 64,
        IDLE_SECONDS = 60, /* without a byte moved */
        BACKLOG = 1024,
};

struct http_server {
        const struct http_context *context;
        struct ip address;
        struct MHD_Daemon *daemon;
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

struct connection *http_watched(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        return info ? info->socket_context : NULL;
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
        const struct http_server *server = cls;
        struct http_request *request = *memory;

        if (!request)
                return MHD_NO;
        if (!request->handler)
                return on_headers(request, method);
        if (*size > 0) {
                *size = 0; /* a body means nothing here */
                return MHD_YES;
        }
        connection_busy(server->context->connections, http_watched(connection));
        return request->handler(request);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **memory, enum MHD_RequestTerminationCode code) {
        const struct http_server *server = cls;
        struct http_request *request = *memory;

        connection_waiting(server->context->connections, http_watched(connection), monotonic_us());
        if (request)
                http_complete(request, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        free(request);
        *memory = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **memory, enum MHD_ConnectionNotificationCode code) {
        const struct http_server *server = cls;

        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
                const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
                *memory = info ? connection_opened(server->context->connections, info->connect_fd, monotonic_us()) : NULL;
        } else {
                connection_closed(server->context->connections, *memory);
                *memory = NULL;
        }
}

/* Targets are decoded by target_parse, which the library shall not forestall. */
static size_t keep_encoding(void *cls, struct MHD_Connection *connection, char *text) {
        return strlen(text);
}

int http_server_new(const struct http_context *context, const struct ip *address, uint16_t port, struct http_server **ret) {
        _cleanup_(http_server_freep) struct http_server *server = calloc(1, sizeof(*server));
        _cleanup_close_ int fd = listen_tcp(address, port, BACKLOG);

        if (fd < 0)
                return fd;
        if (!server)
                return -ENOMEM;
        server->context = context;
        server->address = *address;
        server->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | (address->family == AF_INET6 ? MHD_USE_IPv6 : 0), 0, NULL, NULL,
                                          on_request, server,
                                          MHD_OPTION_LISTEN_SOCKET, fd,
                                          MHD_OPTION_THREAD_POOL_SIZE, (unsigned) THREADS,
                                          MHD_OPTION_THREAD_STACK_SIZE, (size_t) THREAD_STACK,
                                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY,
                                          MHD_OPTION_CONNECTION_LIMIT, (unsigned) CONNECTIONS,
                                          MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned) CONNECTIONS_PER_PEER,
                                          MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_SECONDS,
                                          MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
                                          MHD_OPTION_UNESCAPE_CALLBACK, keep_encoding, NULL,
                                          MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                                          MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
                                          MHD_OPTION_END);
        if (!server->daemon)
                return errno > 0 ? -errno : -ENOMEM;
        TAKE_FD(fd);
        *ret = TAKE_POINTER(server);
        return 0;
}

struct http_server *http_server_free(struct http_server *server) {
        if (server) {
                if (server->daemon)
                        MHD_stop_daemon(server->daemon);
                free(server);
        }
        return NULL;
}
