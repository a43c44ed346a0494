#include "introspect/api.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "introspect/api_internal.h"
#include "lib/inventory.h"
#include "lib/log.h"

/* Parsed one at a time from this size on. */
#define LARGE (256 * 1024)
#define NOT_READY_RETRY 2
#define BUSY_RETRY 5

/* What is stored for an inventory begins with this, the payload follows: see api_inventory.c. */
#define SPOOL_PREFIX "{\"inventory\":{\"raw\":"

static const struct api_route routes[] = {
        { "/", "GET", TOKEN_NONE, 0, 0, api_handle_root, 200, NULL },
        { "/v1/continue", "POST", TOKEN_OR_NETWORK, API_INVENTORY_MAX, INVENTORY_DEPTH, api_handle_inventory, 200, api_settle_inventory },
        { "/v1/continue_inspection", "POST", TOKEN_OR_NETWORK, API_INVENTORY_MAX, INVENTORY_DEPTH, api_handle_inventory, 202, api_settle_inventory },
        { "/v1/agent", "POST", TOKEN_GOOD, 64 * 1024, INVENTORY_DEPTH, api_handle_agent, 200, NULL },
        { "/v1/lookup", "GET", TOKEN_GOOD, 0, 0, api_handle_lookup, 200, NULL },
        { "/v1/heartbeat/", "POST", TOKEN_PROVEN, 64 * 1024, INVENTORY_DEPTH, api_handle_heartbeat, 202, NULL },
};

int api_init(struct api *api, struct state *state, struct spool *spool, struct mailbox *mailbox) {
        *api = (struct api) { .state = state, .spool = spool, .mailbox = mailbox, .budget.max = API_BODIES_MAX };
        pthread_mutex_init(&api->large, NULL);
        /* jansson's hash seed, drawn before threads could draw it together */
        json_object_seed(0);
        int r = beats_new(&api->beats);
        if (r == 0)
                r = post_rate_new(&api->rate);
        return r < 0 ? r : agents_new(&api->agents);
}

void api_clear(struct api *api) {
        api->beats = beats_free(api->beats);
        api->agents = agents_free(api->agents);
        api->rate = post_rate_free(api->rate);
        pthread_mutex_destroy(&api->large);
}

void api_answer(struct api_request *request, unsigned status, json_t *body) {
        struct api_answer *answer = &request->answer;

        free(answer->body);
        answer->status = status;
        answer->size = 0;
        answer->body = json_write(body, JSON_COMPACT, &answer->size);
        json_decref(body);
}

static void fill_note(const struct api_request *request, enum note_kind kind, struct note *note) {
        note->kind = kind;
        note->time = request->now;
        note->has_mac = request->names_mac;
        note->mac = request->token.mac;
        note->has_node = request->token.has_node;
        note->node = request->token.node;
        note->assignment = request->token.assignment;
        strcpy(note->network, request->network);
        strcpy(note->peer, request->peer);
}

void api_note(struct api *api, const struct api_request *request, enum note_kind kind, const char *format, ...) {
        struct note note = { 0 };
        va_list arguments;

        fill_note(request, kind, &note);
        va_start(arguments, format);
        vsnprintf(note.detail, sizeof(note.detail), format, arguments);
        va_end(arguments);
        mailbox_put(api->mailbox, &note);
}

void api_note_beat(struct api *api, const struct api_request *request, const struct uuid *node, const struct agent_beat *beat) {
        struct note note = { .verify_ca = (char *) beat->verify_ca };

        fill_note(request, NOTE_BEAT, &note);
        note.has_node = true;
        note.node = *node;
        snprintf(note.url, sizeof(note.url), "%s", beat->url);
        snprintf(note.version, sizeof(note.version), "%s", beat->version);
        snprintf(note.agent_token, sizeof(note.agent_token), "%s", beat->token);
        mailbox_put(api->mailbox, &note);
        explicit_bzero(note.agent_token, sizeof(note.agent_token));
}

static void answer_error(struct api_request *request, unsigned status, const char *message) {
        _cleanup_json_ json_t *text = json_text(message);

        api_answer(request, status, json_pack("{s:{s:O}}", "error", "message", text));
}

/* Without the path's token: what is logged is read by more people than may boot machines. */
static void note_refusal(struct api *api, const struct api_request *request, unsigned status, const char *message) {
        api_note(api, request, NOTE_REFUSED, "%u to %s %.64s: %s", status, request->method, request->target.path, message);
}

void api_refuse(struct api *api, struct api_request *request, unsigned status, const char *format, ...) {
        char message[NOTE_DETAIL_SIZE - 64];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        answer_error(request, status, message);
        note_refusal(api, request, status, message);
}

void api_refuse_tersely(struct api *api, struct api_request *request, unsigned status, const char *said, const char *format, ...) {
        char message[NOTE_DETAIL_SIZE - 64];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        answer_error(request, status, said);
        note_refusal(api, request, status, message);
}

void api_postpone(struct api *api, struct api_request *request, unsigned status, unsigned seconds, const char *format, ...) {
        char message[NOTE_DETAIL_SIZE - 64];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof(message), format, arguments);
        va_end(arguments);
        answer_error(request, status, message);
        request->answer.retry_after = seconds;
}

void api_refuse_unready(struct api *api, struct api_request *request) {
        api_postpone(api, request, 503, NOT_READY_RETRY, "this appliance is starting and does not know its boot tokens yet: try again");
}

json_t *api_node_id(struct api *api, const struct token *token) {
        char text[UUID_TEXT_SIZE];
        struct state_node node;

        if (state_find_node(api->state, token, &node))
                return json_string(uuid_format(&node.id, text));
        return token->has_node ? json_string(uuid_format(&token->node, text)) : json_null();
}

/* What stands in a token as its MAC, whoever wrote it: p1.NODE.MAC.... */
static bool read_claimed_mac(const char *token, struct mac *ret) {
        char text[13];
        const char *at = strchr(token, '.');

        at = at ? strchr(at + 1, '.') : NULL;
        if (!at || sscanf(at, ".%12[0-9a-f]", text) != 1)
                return false;
        return mac_parse(text, ret) == 0 && mac_is_unicast(ret);
}

static void refuse_expired(struct api *api, struct api_request *request) {
        time_t expired = (time_t) request->token.expires;
        char mac[MAC_TEXT_SIZE], when[32] = "long ago";
        struct tm tm;

        if (gmtime_r(&expired, &tm))
                strftime(when, sizeof(when), "at %Y-%m-%d %H:%M:%S UTC", &tm);
        api_refuse(api, request, 403, "the boot token of %s expired %s: boot the machine again to get a new one",
                   mac_format(&request->token.mac, mac), when);
}

static void check_token(struct api *api, struct api_request *request) {
        uint8_t secret[TOKEN_SECRET_SIZE];

        if (!state_secret(api->state, secret)) {
                api_refuse_unready(api, request);
                return;
        }
        request->without_token = !request->token_text || !request->token_text[0];
        if (request->without_token && request->route->token == TOKEN_OR_NETWORK && state_accepts_without_token(api->state, request->network))
                return;
        if (request->without_token) {
                api_refuse(api, request, 403, "the URL has no boot token (?token=... or /t/TOKEN/...): it must be the one that the boot script gave");
                return;
        }
        request->names_mac = read_claimed_mac(request->token_text, &request->token.mac);
        switch (token_check(request->token_text, secret, request->now / USEC_PER_SEC, &request->token)) {
        case 0:
                request->names_mac = true;
                break;
        case -EKEYEXPIRED:
                request->names_mac = true;
                if (request->route->token != TOKEN_PROVEN)
                        refuse_expired(api, request);
                break;
        case -EKEYREJECTED:
                api_refuse(api, request, 403, "the boot token was not made by this appliance, or its secret has changed since: boot the machine again");
                break;
        default:
                api_refuse(api, request, 403, "the boot token is damaged: it is not one that a boot script carries");
                break;
        }
        explicit_bzero(secret, sizeof(secret));
}

/* NULL: the path is not the route's. */
static const char *match_route(const struct api_route *route, const char *path) {
        size_t length = strlen(route->path);
        bool takes_id = length > 1 && route->path[length - 1] == '/';

        if (takes_id)
                return strncmp(path, route->path, length) == 0 && path[length] ? path + length : NULL;
        return strcmp(path, route->path) == 0 ? path + length : NULL;
}

/* Inspector has machines and controllers at one port. */
static bool is_for_controllers(const char *path) {
        static const char *const paths[] = { "/v1/introspection", "/v1/nodes", "/v1/rules" };

        for (size_t i = 0; i < ELEMENTS(paths); i++) {
                size_t length = strlen(paths[i]);
                if (strncmp(path, paths[i], length) == 0 && (path[length] == '/' || !path[length]))
                        return true;
        }
        return false;
}

/* HEAD asks for nothing that changes something: a lookup gives the agent's token, once, which a HEAD would lose. */
static bool takes_head(const struct api_route *route) {
        return route->token == TOKEN_NONE;
}

static void find_route(struct api *api, struct api_request *request) {
        bool is_head = strcmp(request->method, "HEAD") == 0;
        const struct api_route *other = NULL;

        for (size_t i = 0; i < ELEMENTS(routes) && !request->route; i++) {
                request->id = match_route(&routes[i], request->target.path);
                if (!request->id)
                        continue;
                other = &routes[i];
                if (strcmp(is_head && takes_head(other) ? "GET" : request->method, other->method) == 0)
                        request->route = other;
        }
        if (request->route)
                return;
        if (!other && is_for_controllers(request->target.path)) {
                answer_error(request, 404, "this is for controllers, who are answered on the socket /run/pxed/inspector of the appliance and at inspector-listen of "
                                           "its pxed.conf, never where machines are");
                return;
        }
        if (!other) {
                answer_error(request, 404, "there is nothing here: ramdisks ask for /v1/lookup and post to /v1/continue, /v1/continue_inspection, "
                                           "/v1/heartbeat/UUID and /v1/agent");
                return;
        }
        answer_error(request, 405, "that method is not offered here");
        request->answer.allow = takes_head(other) ? "GET, HEAD" : other->method;
}

static void refuse_too_large(struct api *api, struct api_request *request) {
        api_refuse(api, request, 413, "the body is larger than %zu KiB, which is the most that is taken", request->route->body_max / 1024);
}

void api_begin(struct api *api, struct api_request *request, uint64_t length) {
        body_init(&request->body, &api->budget, 0);
        target_split(request->path, &request->target);
        if (request->target.has_token)
                request->token_text = request->target.token;
        find_route(api, request);
        if (!request->route)
                return;
        if (request->route->token != TOKEN_NONE)
                check_token(api, request);
        if (request->answer.status)
                return;
        /* Before the body is read: what is too much shall cost nothing. Without a token it is known only from the body whose it is. */
        if (request->route->handle == api_handle_inventory && !request->without_token && !api_may_post(api, request))
                return;
        if (request->route->body_max == 0) {
                request->route->handle(api, request, NULL);
                return;
        }
        if (length != UINT64_MAX && length > request->route->body_max) {
                refuse_too_large(api, request);
                return;
        }
        body_init(&request->body, &api->budget, request->route->body_max);
}

/* In one place: whatever keeps a body from being taken is answered in its words. */
static void receive_failed(struct api *api, struct api_request *request, int error) {
        body_clear(&request->body);
        if (error == -EFBIG)
                refuse_too_large(api, request);
        else
                api_postpone(api, request, 503, BUSY_RETRY, "many machines are posting at once and there is no memory left for another: try again");
}

void api_receive(struct api *api, struct api_request *request, const void *data, size_t size) {
        int r = 0;

        if (request->answer.status)
                return;
        if (request->body.size == 0)
                r = body_set_prefix(&request->body, SPOOL_PREFIX);
        if (r == 0)
                r = body_append(&request->body, data, size);
        if (r < 0)
                receive_failed(api, request, r);
}

static void handle_body(struct api *api, struct api_request *request) {
        struct body *body = &request->body;
        const char *reason = "empty";

        /* An ironic-python-agent sends what programs of its ramdisk printed, and not all of that is UTF-8. */
        if (body->text)
                json_mend_escapes(body->text + body->prefix, body_payload_size(body));
        json_t *parsed = payload_parse(body_payload(body), body_payload_size(body), request->route->depth_max, &request->nuls, &reason);
        if (!parsed && body->text && json_mend_integers(body->text + body->prefix, body_payload_size(body)))
                parsed = payload_parse(body_payload(body), body_payload_size(body), request->route->depth_max, &request->nuls, &reason);
        _cleanup_json_ json_t *object = parsed;

        if (!object)
                api_refuse(api, request, 400, "the body is not acceptable JSON: %s", reason);
        else if (!json_is_object(object))
                api_refuse(api, request, 400, "the body is JSON, but no object");
        else
                request->route->handle(api, request, object);
}

void api_finish(struct api *api, struct api_request *request) {
        if (request->answer.status)
                return;
        bool large = body_payload_size(&request->body) > LARGE;
        if (large)
                pthread_mutex_lock(&api->large);
        handle_body(api, request);
        if (large)
                pthread_mutex_unlock(&api->large);
        if (!request->answer.status && request->route->settle)
                request->route->settle(api, request);
        body_clear(&request->body);
}

void api_end(struct api_request *request) {
        if (request->body.budget)
                body_clear(&request->body);
        free(request->answer.body);
        request->answer = (struct api_answer) { 0 };
}

void api_handle_root(struct api *api, struct api_request *request, const json_t *object) {
        /* An ironic-python-agent that cannot read a version here assumes one so old that it sends no token of its own. */
        api_answer(request, 200, json_pack("{s:{s:s}}", "default_version", "version", TARGET_VERSION));
}
