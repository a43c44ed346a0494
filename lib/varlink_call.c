/* Calls: found in the table, checked, handed to their handlers; replies: checked and sent. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/varlink_internal.h"

#define SERVICE "org.varlink.service"
#define PATH_MAX_REPORTED 256

struct varlink_call *varlink_call_free(struct varlink_call *call) {
        free(call);
        return NULL;
}

/* The interface of a qualified name, where the server offers it; *ret_name the name without it. */
static const struct idl *offered(const struct varlink_server *server, const char *qualified, const char **ret_name) {
        const char *dot = strrchr(qualified, '.');

        for (size_t i = 0; dot && i < server->n_interfaces; i++) {
                const char *name = idl_name(server->interfaces[i]);
                if (strlen(name) == (size_t) (dot - qualified) && strncmp(name, qualified, strlen(name)) == 0) {
                        *ret_name = dot + 1;
                        return server->interfaces[i];
                }
        }
        return NULL;
}

static const struct varlink_method *find_method(const struct varlink_method *methods, const char *name) {
        for (const struct varlink_method *m = methods; m->name; m++)
                if (strcmp(m->name, name) == 0)
                        return m;
        return NULL;
}

/* An error of the service interface, which has one parameter or none. */
static int refuse(struct varlink_call *call, const char *error, const char *parameter, const char *value) {
        return varlink_error(call, error, parameter ? json_pack("{s:o}", parameter, json_text(value)) : NULL);
}

static bool may_call(const struct varlink_connection *connection, const struct varlink_method *method) {
        const struct varlink_server *server = connection->server;

        return !server->options.authorize ||
               server->options.authorize(&connection->peer, method, connection->listener, server->options.userdata);
}

static int run(struct varlink_call *call, const json_t *parameters) {
        struct varlink_server *server = call->connection->server;
        bool own = call->idl == server->interfaces[0];
        _cleanup_json_ json_t *none = NULL;
        char path[PATH_MAX_REPORTED];

        if (!own && !may_call(call->connection, call->method))
                return refuse(call, SERVICE ".PermissionDenied", NULL, NULL);
        if ((call->method->flags & VARLINK_MORE) && !call->more)
                return refuse(call, SERVICE ".ExpectedMore", NULL, NULL);
        if (!(call->method->flags & (VARLINK_MORE | VARLINK_MORE_ALLOWED)))
                call->more = false;
        if (!parameters)
                parameters = none = json_object();
        if (idl_check(call->idl, call->types->in, parameters, path, sizeof(path)) < 0)
                return varlink_invalid(call, path);
        return call->method->handler(call, parameters, own ? server : server->options.userdata);
}

/* Finds what is called. */
static int dispatch(struct varlink_call *call, const struct varlink_request *request, size_t size) {
        struct varlink_server *server = call->connection->server;
        const char *dot = strrchr(request->method, '.'), *name;

        if (!dot)
                return refuse(call, SERVICE ".MethodNotFound", "method", request->method);
        call->idl = offered(server, request->method, &name);
        if (!call->idl) {
                _cleanup_free_ char *interface = strndup(request->method, (size_t) (dot - request->method));
                return refuse(call, SERVICE ".InterfaceNotFound", "interface", interface);
        }
        call->types = idl_method(call->idl, name);
        if (!call->types)
                return refuse(call, SERVICE ".MethodNotFound", "method", request->method);
        call->method = find_method(call->idl == server->interfaces[0] ? varlink_service_methods : server->options.methods,
                                   request->method);
        if (!call->method)
                return refuse(call, SERVICE ".MethodNotImplemented", "method", request->method);
        if (size > server->options.message_max && !(call->method->flags & VARLINK_LARGE)) {
                varlink_connection_break(call->connection, "a message over the limit");
                return 0;
        }
        return run(call, request->parameters);
}

void varlink_call_begin(struct varlink_connection *connection, const char *text, size_t size) {
        const char *reason = NULL, *member;
        _cleanup_json_ json_t *message = json_parse(text, size, JSON_DEPTH_MAX, &reason);
        struct varlink_request request;
        struct varlink_call *call;
        int r;

        if (!json_is_object(message)) {
                varlink_connection_break(connection, reason ?: "a message that is no object");
                return;
        }
        call = calloc(1, sizeof(*call));
        if (!call) {
                varlink_connection_break(connection, "out of memory");
                return;
        }
        r = varlink_read_request(message, &request, &member);
        call->connection = connection;
        call->oneway = request.oneway;
        call->more = request.more && !request.oneway;
        connection->call = call;

        r = r < 0 ? varlink_invalid(call, member) : dispatch(call, &request, size);
        /* The handler may have answered, and then `call` is no more; or freed the server, which closes connections. */
        if (r < 0 && connection->call)
                varlink_connection_break(connection, "its call could not be answered");
}

/* Ends a call: its connection is free for the next. */
static void finish(struct varlink_call *call) {
        struct varlink_connection *connection = call->connection;

        connection->call = NULL;
        connection->drained = false;
        varlink_call_free(call);
        varlink_connection_schedule(connection);
}

/* Whether parameters are what the interface declares; logs when not: that is a bug of this program. */
static bool keeps_contract(const struct varlink_call *call, const char *error, const json_t *parameters) {
        const char *what = error ?: call->method->name;
        const struct idl_struct *type = NULL;
        const struct idl *idl = call->idl;
        char path[PATH_MAX_REPORTED] = "";

        if (error) {
                const char *dot = strrchr(error, '.');
                _cleanup_free_ char *interface = dot ? strndup(error, (size_t) (dot - error)) : NULL;

                idl = interface ? idl_find(interface) : NULL;
                type = idl ? idl_error_parameters(idl, dot + 1) : NULL;
        } else
                type = call->types->out;
        if (!type)
                log_error("The error %s is not declared in the interface files: the caller's connection is closed.", what);
        else if (idl_check(idl, type, parameters, path, sizeof(path)) < 0)
                log_error("A reply of %s breaks its interface at '%s': the caller's connection is closed.", what, path);
        else
                return true;
        return false;
}

static int reply(struct varlink_call *call, const char *error, json_t *parameters, bool continues) {
        struct varlink_connection *connection = call->connection;
        size_t size = 0;
        char *text;
        bool kept;

        if (connection->broken || connection->hung_up || call->oneway) {
                json_decref(parameters);
                return call->oneway ? 0 : -ECONNRESET;
        }
        if (!parameters)
                parameters = json_object();
        kept = keeps_contract(call, error, parameters);
        text = kept ? varlink_write_reply(error, parameters, continues, &size) : NULL;
        if (!kept)
                json_decref(parameters);
        if (!text) {
                varlink_connection_break(connection, kept ? "out of memory" : "a reply that breaks the contract");
                return kept ? -ENOMEM : -EINVAL;
        }
        return varlink_connection_send(connection, text, size);
}

int varlink_reply(struct varlink_call *call, json_t *parameters) {
        int r = reply(call, NULL, parameters, false);

        finish(call);
        return r;
}

int varlink_error(struct varlink_call *call, const char *error, json_t *parameters) {
        int r = reply(call, error, parameters, false);

        finish(call);
        return r;
}

int varlink_invalid(struct varlink_call *call, const char *parameter) {
        return refuse(call, SERVICE ".InvalidParameter", "parameter", parameter);
}

int varlink_reply_more(struct varlink_call *call, json_t *parameters) {
        if (!call->more) {
                json_decref(parameters);
                log_error("%s sent one of several replies to a call for one: the caller's connection is closed.", call->method->name);
                varlink_connection_break(call->connection, "a reply that breaks the contract");
                return -EINVAL;
        }
        return reply(call, NULL, parameters, true);
}

bool varlink_wants_more(const struct varlink_call *call) {
        return call->more;
}

size_t varlink_call_queued(const struct varlink_call *call) {
        return call->connection->output.size;
}

const struct varlink_peer *varlink_call_peer(const struct varlink_call *call) {
        return &call->connection->peer;
}

int varlink_call_listener(const struct varlink_call *call) {
        return call->connection->listener;
}

void varlink_call_on_closed(struct varlink_call *call, void (*closed)(struct varlink_call *call, void *data), void *data) {
        call->closed = closed;
        call->data = data;
}

void *varlink_call_data(const struct varlink_call *call) {
        return call->data;
}

void varlink_call_on_drained(struct varlink_call *call, void (*drained)(struct varlink_call *call, void *data)) {
        call->drained = drained;
}
