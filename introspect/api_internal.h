/* What the routes share. */
#pragma once

#include "introspect/api.h"
#include "lib/json.h"

enum api_token {
        TOKEN_NONE,
        TOKEN_GOOD,
        TOKEN_OR_NETWORK, /* good, or there is none and the network takes requests that have none */
        TOKEN_PROVEN, /* was good once; that it was used then is proven by what is in the body */
};

struct api_route {
        const char *path; /* that ends with '/' and is not "/": what follows is the request's id */
        const char *method;
        enum api_token token;
        size_t body_max;
        unsigned depth_max;
        /* `object` is the body where body_max is not 0: the payload as an object. */
        void (*handle)(struct api *api, struct api_request *request, const json_t *object);
        unsigned status; /* of success */
        /* Does what has to wait, and answers: where `handle` left no answer, and with all that the body was parsed into freed. NULL: `handle` answers. */
        void (*settle)(struct api *api, struct api_request *request);
};

/* Sets the answer; takes over the reference to `body`. */
void api_answer(struct api_request *request, unsigned status, json_t *body);
/* Sets an error answer and tells the main thread of it. */
void api_refuse(struct api *api, struct api_request *request, unsigned status, const char *format, ...) _printf_(4, 5);
/* As api_refuse; the machine gets `said`, and only the main thread is told the rest. */
void api_refuse_tersely(struct api *api, struct api_request *request, unsigned status, const char *said, const char *format, ...)
        _printf_(5, 6);
/* The settings have not come yet. */
void api_refuse_unready(struct api *api, struct api_request *request);
/* As api_refuse, for what may go better in `seconds`. */
void api_postpone(struct api *api, struct api_request *request, unsigned status, unsigned seconds, const char *format, ...) _printf_(5, 6);
/* False: it was answered, since the machine of the token posts inventories too often. */
bool api_may_post(struct api *api, struct api_request *request);
/* The machine has as many inventories in the spool as it may. */
void api_refuse_waiting(struct api *api, struct api_request *request);
/* A note about the request. */
void api_note(struct api *api, const struct api_request *request, enum note_kind kind, const char *format, ...) _printf_(4, 5);
/* What an agent says of itself: all good. */
struct agent_beat {
        const char *url, *token;
        const char *version;   /* "": not known */
        const char *verify_ca; /* NULL: it has none */
};
/* A note that the agent of this node is there. */
void api_note_beat(struct api *api, const struct api_request *request, const struct uuid *node, const struct agent_beat *beat);
/* What an inventory says of whose it is. Pure. */
void owner_query(const json_t *normalized, struct lookup_query *ret);
/* The interface that the machine booted by, or else its first. False: it has none. Pure. */
bool owner_boot_mac(const json_t *normalized, struct mac *ret);
/* Finds the node of an inventory whose token is of none that there is, and lets the token name it; it stays as it is where nobody knows the machine. Where the
 * request has a `node_uuid`, as for Ironic's API, it has to be that node. False: it was answered. */
bool api_find_owner(struct api *api, struct api_request *request, const json_t *normalized);
/* What an agent is told of itself: {node, config}. `node` NULL: none is known yet. Its token is in it the first time (*ret_first) that a boot asks for it, and not
 * at all where the boot had none itself. NULL: the request was answered. */
json_t *api_agent_document(struct api *api, struct api_request *request, const struct uuid *node, bool *ret_first);
/* The id of the node that the token stands for, as text, or null. */
json_t *api_node_id(struct api *api, const struct token *token);

void api_handle_root(struct api *api, struct api_request *request, const json_t *object);
void api_handle_inventory(struct api *api, struct api_request *request, const json_t *object);
void api_settle_inventory(struct api *api, struct api_request *request);
void api_handle_agent(struct api *api, struct api_request *request, const json_t *object);
void api_handle_lookup(struct api *api, struct api_request *request, const json_t *object);
void api_handle_heartbeat(struct api *api, struct api_request *request, const json_t *object);
