#include "introspect/inspector_api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "introspect/inspector_bus.h"
#include "introspect/inspector_document.h"
#include "lib/inventory.h"

#define MESSAGE_SIZE 512
#define PAGE 100
#define AWAY_RETRY 2
#define STORAGE_RETRY 30
/* Seconds that the workers get to apply an inspection, before it is answered that it has begun. */
#define APPLY_TIME 2
/* A node that changes between two calls. */
#define RACES_MAX 3

struct route;

/* One request on its way. */
struct exchange {
        struct inspector_api *api;
        const struct inspector_request *request;
        const struct route *route;
        char node[INSPECTOR_NODE_SIZE]; /* of the path */
        uint64_t revision;              /* that If-Match asks for */
        bool has_revision;
        struct inspector_bus bus;
        struct inspector_answer *answer;
};

struct route {
        const char *path; /* '*' stands for a node */
        const char *method;
        const char *call; /* on the bus; NULL: none, or several */
        void (*handle)(struct exchange *exchange);
        json_t *(*translate)(const json_t *node, const json_t *inventory, json_t *raw);
        const char *obstacle; /* what to do where the inspection's state does not allow it */
};

static void give(struct exchange *exchange, unsigned status, json_t *body) {
        struct inspector_answer *answer = exchange->answer;

        free(answer->body);
        answer->status = body ? status : 500;
        answer->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
        json_decref(body);
}

static void refuse(struct exchange *exchange, unsigned status, const char *format, ...) _printf_(3, 4);
static void refuse(struct exchange *exchange, unsigned status, const char *format, ...) {
        char message[MESSAGE_SIZE];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        exchange->answer->etag[0] = '\0';
        give(exchange, status, json_pack("{s:{s:o}}", "error", "message", json_text(message)));
}

static void refuse_away(struct exchange *exchange, int error) {
        bool read = strcmp(exchange->route->method, "GET") == 0;

        exchange->answer->retry_after = AWAY_RETRY;
        refuse(exchange, 503, "pxed %s (%s)%s", error == -ETIMEDOUT ? "does not answer in time" : "is away", strerror(-error),
               read || error == -ENOENT || error == -ECONNREFUSED ? ": try again" : ": it may have been done or not; ask for the status, then try again");
}

static void refuse_conflict(struct exchange *exchange, int64_t revision) {
        if (exchange->has_revision)
                refuse(exchange, 412, "the node has changed since: its revision is %lld now; read it again", (long long) revision);
        else
                refuse(exchange, 409, "the node is changed by others at this moment: try again");
}

static void refuse_missing(struct exchange *exchange) {
        const char *kind = json_get_string(exchange->bus.reply, "kind") ?: "";

        if (strcmp(kind, "inventory") == 0)
                refuse(exchange, 404, "no inventory of node %s is kept: POST /v1/introspection/%s begins an inspection", exchange->node, exchange->node);
        else
                refuse(exchange, 404, "there is no node %s: give the id or name of one that pxectl node list has", exchange->node);
}

/* The error of the last call. Errors are told apart by their last word, which means the same in each interface. */
static void refuse_error(struct exchange *exchange) {
        const char *name = strrchr(exchange->bus.error, '.') + 1;
        const json_t *parameters = exchange->bus.reply;

        if (strcmp(name, "NotFound") == 0)
                refuse_missing(exchange);
        else if (strcmp(name, "Conflict") == 0)
                refuse_conflict(exchange, json_get_int(parameters, "revision", 0));
        else if (strcmp(name, "WrongState") == 0)
                refuse(exchange, 409, "the node's inspection is %s: %s", json_get_string(parameters, "state") ?: "in another state",
                       exchange->route->obstacle ?: "try again later");
        else if (strcmp(name, "Invalid") == 0)
                refuse(exchange, 400, "%.64s: %.300s", json_get_string(parameters, "field") ?: "?", json_get_string(parameters, "reason") ?: "?");
        else if (strcmp(name, "StorageFailed") == 0) {
                exchange->answer->retry_after = STORAGE_RETRY;
                refuse(exchange, 503, "pxed could not store it, nothing was changed: %.300s", json_get_string(parameters, "reason") ?: "?");
        } else if (strcmp(name, "PermissionDenied") == 0)
                refuse(exchange, 500, "pxed does not let the user that pxed-introspect runs as call %s: see introspect-user in pxed.conf", exchange->route->path);
        else
                refuse(exchange, 502, "pxed answers %.100s: see that pxed and pxed-introspect are of one version", exchange->bus.error);
}

/* False: it was answered. */
static bool call(struct exchange *exchange, const char *method, json_t *parameters) {
        int r = inspector_bus_call(&exchange->bus, exchange->api->bus, method, parameters);

        if (r < 0)
                refuse_away(exchange, r);
        else if (exchange->bus.error)
                refuse_error(exchange);
        return r == 0 && !exchange->bus.error;
}

/* The node of the path, or NULL: it was answered. */
static json_t *get_node(struct exchange *exchange) {
        if (!call(exchange, "org.pxed.Node.Get", json_pack("{s:s}", "node", exchange->node)))
                return NULL;
        return json_incref(json_get_object(exchange->bus.reply, "node"));
}

static uint64_t revision_of(const json_t *node) {
        return (uint64_t) json_get_int(node, "revision", 0);
}

/* Sets the tag. True: the client has it already, and was answered so. */
static bool is_known(struct exchange *exchange, uint64_t revision, uint64_t inventory) {
        inspector_etag(revision, inventory, exchange->answer->etag);
        if (!inspector_none_match(exchange->request->if_none_match, exchange->answer->etag))
                return false;
        exchange->answer->status = 304;
        return true;
}

static void handle_versions(struct exchange *exchange) {
        give(exchange, 200, inspector_versions(inspector_host(exchange->request->host)));
}

static void handle_resources(struct exchange *exchange) {
        give(exchange, 200, inspector_resources(inspector_host(exchange->request->host)));
}

static void refuse_never(struct exchange *exchange) {
        refuse(exchange, 404, "node %s was never inspected: POST /v1/introspection/%s begins an inspection", exchange->node, exchange->node);
}

static void handle_status(struct exchange *exchange) {
        _cleanup_json_ json_t *node = get_node(exchange);

        if (!node)
                return;
        if (inspector_state(node) < 0)
                refuse_never(exchange);
        else if (!is_known(exchange, revision_of(node), 0))
                give(exchange, 200, inspector_status(node, inspector_host(exchange->request->host)));
}

/* Adds those of a page that are wanted. */
static void add_page(struct exchange *exchange, const struct inspector_list *wanted, json_t *list) {
        const json_t *nodes = json_get_array(exchange->bus.reply, "nodes"), *node;
        size_t i;

        json_array_foreach(nodes, i, node) {
                int state = inspector_state(node);
                if (state >= 0 && (wanted->states & 1u << state) && json_array_size(list) < wanted->limit)
                        json_array_append_new(list, inspector_status(node, inspector_host(exchange->request->host)));
        }
}

static void handle_list(struct exchange *exchange) {
        const struct inspector_request *request = exchange->request;
        _cleanup_json_ json_t *list = json_array(), *after = NULL;
        struct inspector_list wanted;
        const char *fault = inspector_parse_list(request->limit, request->marker, request->states, &wanted);

        if (fault) {
                refuse(exchange, 400, "%s", fault);
                return;
        }
        if (wanted.marker) {
                snprintf(exchange->node, sizeof(exchange->node), "%s", wanted.marker);
                _cleanup_json_ json_t *node = get_node(exchange);
                if (!node)
                        return;
                after = json_incref(json_object_get(node, "name"));
        }
        do {
                if (!call(exchange, "org.pxed.Node.List", json_pack("{s:O?, s:i}", "after", after, "limit", PAGE)))
                        return;
                add_page(exchange, &wanted, list);
                json_decref(after);
                after = json_incref(json_object_get(exchange->bus.reply, "next"));
        } while (json_is_string(after) && json_array_size(list) < wanted.limit);
        give(exchange, 200, json_pack("{s:O}", "introspection", list));
}

/* Of the inventory that the call before has got: the route's document. Parsing and writing of one inventory at a time. */
static void give_document(struct exchange *exchange, const json_t *node, const json_t *inventory) {
        json_t *parameters = json_pack("{s:s, s:I}", "node", json_get_string(node, "id"), "number", (json_int_t) json_get_int(inventory, "number", 0));

        pthread_mutex_lock(&exchange->api->large);
        if (call(exchange, "org.pxed.Inventory.GetRaw", parameters))
                give(exchange, 200, exchange->route->translate(node, inventory, json_get_object(exchange->bus.reply, "raw")));
        inspector_bus_clear(&exchange->bus);
        pthread_mutex_unlock(&exchange->api->large);
}

static void handle_data(struct exchange *exchange) {
        _cleanup_json_ json_t *node = get_node(exchange), *inventory = NULL;

        if (!node || !call(exchange, "org.pxed.Inventory.Get", json_pack("{s:O}", "node", json_object_get(node, "id"))))
                return;
        inventory = json_incref(json_get_object(exchange->bus.reply, "inventory"));
        if (!is_known(exchange, revision_of(node), (uint64_t) json_get_int(inventory, "number", 0)))
                give_document(exchange, node, inventory);
}

static json_t *as_posted(const json_t *node, const json_t *inventory, json_t *raw) {
        return json_incref(raw);
}

/* True: the call has failed because somebody else changed the node since it was read, and may be made again. */
static bool begin(struct exchange *exchange) {
        _cleanup_json_ json_t *node = get_node(exchange);

        if (!node)
                return false;
        if (exchange->has_revision && exchange->revision != revision_of(node)) {
                refuse_conflict(exchange, (int64_t) revision_of(node));
                return false;
        }
        if (!inspector_has_ended(node)) {
                refuse(exchange, 409, "the node's inspection is %s: %s", inspector_state_names[inspector_state(node)], exchange->route->obstacle);
                return false;
        }
        /* What is asked for is true for the machine when it is answered: the controller may switch it on then. Where it is only late, it has begun. */
        int r = inspector_bus_call(&exchange->bus, exchange->api->bus, exchange->route->call,
                                   json_pack("{s:s, s:b, s:i, s:I}", "node", exchange->node, "wait", 1, "timeout", APPLY_TIME, "ifRevision",
                                             (json_int_t) revision_of(node)));
        if (r < 0)
                refuse_away(exchange, r);
        else if (!exchange->bus.error || strcmp(exchange->bus.error, "org.pxed.Node.NotApplied") == 0)
                exchange->answer->status = 202;
        else
                refuse_error(exchange);
        return r == 0 && exchange->bus.error && strcmp(exchange->bus.error, "org.pxed.Node.Conflict") == 0;
}

static void handle_start(struct exchange *exchange) {
        for (int i = 0; i < RACES_MAX && begin(exchange) && !exchange->has_revision; i++)
                ;
}

static void handle_change(struct exchange *exchange) {
        json_t *parameters = json_pack("{s:s}", "node", exchange->node);

        if (exchange->has_revision)
                json_object_set_new(parameters, "ifRevision", json_integer((json_int_t) exchange->revision));
        if (call(exchange, exchange->route->call, parameters))
                exchange->answer->status = 202;
}

static void handle_reapply(struct exchange *exchange) {
        if (exchange->request->body > 0)
                refuse(exchange, 400, "data that comes with the request is not taken: what is reapplied is the newest inventory that is kept; send no body");
        else
                handle_change(exchange);
}

static const struct route routes[] = {
        { "/", "GET", NULL, handle_versions, NULL, NULL },
        { "/v1", "GET", NULL, handle_resources, NULL, NULL },
        { "/v1/introspection", "GET", NULL, handle_list, NULL, NULL },
        { "/v1/introspection/*", "GET", NULL, handle_status, NULL, NULL },
        { "/v1/introspection/*", "POST", "org.pxed.Node.Inspect", handle_start, NULL, "one at a time; wait for its end, or abort it" },
        { "/v1/introspection/*/abort", "POST", "org.pxed.Node.AbortInspection", handle_change, NULL, "there is nothing to abort" },
        { "/v1/introspection/*/data", "GET", NULL, handle_data, inspector_data, NULL },
        { "/v1/introspection/*/data/unprocessed", "GET", NULL, handle_data, as_posted, NULL },
        { "/v1/introspection/*/data/unprocessed", "POST", "org.pxed.Node.Reapply", handle_reapply, NULL, "wait for its end" },
        { "/v1/nodes/*/inventory", "GET", NULL, handle_data, inspector_inventory, NULL },
};

static void refuse_path(struct exchange *exchange, const char *allow) {
        const char *path = exchange->request->path;

        exchange->answer->allow = allow;
        if (allow)
                refuse(exchange, 405, "%.16s is not offered here, but %s", exchange->request->method, allow);
        else if (strncmp(path, "/v1/rules", 9) == 0)
                refuse(exchange, 404, "rules are not changed here: pxectl rule and org.pxed.Rule on the bus do that");
        else if (strncmp(path, "/v1/continue", 12) == 0 || strncmp(path, "/v1/lookup", 10) == 0 || strncmp(path, "/v1/heartbeat", 13) == 0)
                refuse(exchange, 404, "this is for controllers: ramdisks are answered at introspect-port of their network's address");
        else
                refuse(exchange, 404, "there is nothing here: see GET /v1, /v1/introspection and pxed-introspect(8)");
}

/* False: it was answered. */
static bool find_route(struct exchange *exchange) {
        bool is_head = strcmp(exchange->request->method, "HEAD") == 0;
        const char *method = is_head ? "GET" : exchange->request->method, *allow = NULL;

        for (size_t i = 0; i < ELEMENTS(routes); i++) {
                if (!inspector_match(routes[i].path, exchange->request->path, exchange->node))
                        continue;
                allow = allow ? "GET, HEAD, POST" : strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : "POST";
                if (strcmp(routes[i].method, method) == 0) {
                        exchange->route = &routes[i];
                        break;
                }
        }
        if (!exchange->route)
                refuse_path(exchange, allow);
        else if (strchr(exchange->route->path, '*') && !exchange->node[0])
                refuse(exchange, 404, "there is no such node: what stands in its place is neither an id nor a name");
        return exchange->answer->status == 0;
}

/* False: it was answered. */
static bool check_headers(struct exchange *exchange) {
        const struct inspector_request *request = exchange->request;
        int r = inspector_check_version(request->own_version, request->common_version);

        if (r < 0) {
                refuse(exchange, r == -ERANGE ? 406 : 400, "%s: versions %s to %s of the API are served", r == -ERANGE ? "that version is not" : "malformed version",
                       INSPECTOR_VERSION_OLDEST, INSPECTOR_VERSION);
                return false;
        }
        r = inspector_if_match(request->if_match, &exchange->revision);
        exchange->has_revision = r == 0;
        if (r == -E2BIG)
                refuse(exchange, 400, "If-Match with several tags is not taken: give the one that was read last");
        else if (r == -EINVAL)
                refuse(exchange, 412, "If-Match has no tag that was given here: read the node's status again");
        return exchange->answer->status == 0;
}

void inspector_api_init(struct inspector_api *api, const char *bus) {
        api->bus = bus;
        pthread_mutex_init(&api->large, NULL);
}

void inspector_api_clear(struct inspector_api *api) {
        pthread_mutex_destroy(&api->large);
}

void inspector_api_answer(struct inspector_api *api, const struct inspector_request *request, struct inspector_answer *ret) {
        struct exchange exchange = { .api = api, .request = request, .answer = ret };

        *ret = (struct inspector_answer) { 0 };
        if (check_headers(&exchange) && find_route(&exchange))
                exchange.route->handle(&exchange);
        inspector_bus_clear(&exchange.bus);
}
