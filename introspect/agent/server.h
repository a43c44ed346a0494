/* The conversation with the appliance: posting the inventory, asking for orders. */
#pragma once

#include "introspect/agent/url.h"

enum order {
        ORDER_NONE,
        ORDER_WAIT,
        ORDER_REBOOT,
        ORDER_POWEROFF,
        ORDER_ABORT, /* the inspection was taken back: post nothing, and end */
};

enum server_result {
        SERVER_ACCEPTED,
        SERVER_REFUSED,     /* it answered, and would not answer differently next time; the reason stands on the console */
        SERVER_UNREACHABLE, /* POST_ATTEMPTS attempts without an answer, or with none but that it may pass */
        SERVER_ABORTED,     /* between attempts it gave the order to abort */
};

struct server {
        struct http_url inventory; /* where the inventory goes */
        struct http_url orders;    /* where orders are asked for */
        const char *mac;           /* of the boot card, borrowed */
};

/* Sets both URLs from the callback URL. Returns 0 or what http_url_parse() and agent_order_url() return. */
int server_init(struct server *server, const char *callback_url);

/* A sentence for the person at the console: why server_init() refused a URL. Static. */
const char *server_url_problem(int error);

/* Posts an inventory, again and again as post_judge() says, each attempt and its outcome on the console; a server that answers, but does not take
 * it yet, is asked for orders before the next attempt ("retrying"). Blocks for at most some ten minutes. */
enum server_result server_post(const struct server *server, const char *json);

/* Tells the server `state` ("started", "collecting", "retrying", "posted", "waiting"; `message` may be NULL) and takes its order; one attempt of at most
 * `timeout_ms`. Returns 0 with *ret (ORDER_NONE: it answered, but with no order known here), or a negative errno; -EPROTO is an answer other
 * than 2xx, whose status is then in *ret_status (which may be NULL). */
int server_report(const struct server *server, const char *state, const char *message, unsigned timeout_ms, enum order *ret,
                  int *ret_status);

/* The pure part: the order in an answer's body; ORDER_NONE if there is none. */
enum order order_parse(const char *body, size_t size);

/* The pure part: what a server's error body says, for a person: {"error": {"message": text}} or {"error": text}, else the start of
 * the body as it is. Always NUL-terminated, cut to `size`. */
void error_message(const char *body, size_t body_size, char *buf, size_t size);
