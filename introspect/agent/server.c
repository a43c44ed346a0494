#include "introspect/agent/server.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "introspect/agent/console.h"
#include "introspect/agent/http_client.h"
#include "introspect/agent/retry.h"
#include "introspect/agent/wait.h"

#define POST_TIMEOUT_MS 60000 /* hooks may run before the server answers */
#define ORDER_TIMEOUT_MS 2000

int server_init(struct server *server, const char *callback_url) {
        char orders[AGENT_URL_MAX + 16];
        int r = http_url_parse(callback_url, &server->inventory);
        if (r < 0 || (r = agent_order_url(callback_url, orders, sizeof orders)) < 0)
                return r;
        return http_url_parse(orders, &server->orders);
}

const char *server_url_problem(int error) {
        switch (error) {
        case -EPROTONOSUPPORT:
                return "it does not start with http://";
        case -EDESTADDRREQ:
                return "it names a host; this agent needs a numeric address";
        default:
                return "it is not a URL";
        }
}

static unsigned random_number(void) {
        unsigned number;
        if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
                number = (unsigned) console_now_ms();
        return number;
}

void error_message(const char *body, size_t body_size, char *buf, size_t size) {
        json_t *root = json_loadb(body, body_size, 0, NULL), *error = json_object_get(root, "error");
        const char *text = json_string_value(json_is_object(error) ? json_object_get(error, "message") : error);
        if (text)
                snprintf(buf, size, "%s", text);
        else
                snprintf(buf, size, "%.*s", (int) strnlen(body, body_size), body);
        json_decref(root);
}

static int attempt(const struct server *server, const char *json, struct http_response *response) {
        int r = http_post(&server->inventory, json, strlen(json), POST_TIMEOUT_MS, response);
        return r < 0 ? r : response->status;
}

static void say_retry(const struct server *server, int outcome, const struct http_response *response, unsigned number,
                      unsigned wait) {
        char message[400];
        if (outcome < 0) {
                snprintf(message, sizeof message, "%s", strerror(-outcome));
        } else {
                size_t used = (size_t) snprintf(message, sizeof message, "status %d %s: ", outcome, response->reason);
                error_message(response->body, response->body_size, message + used, sizeof message - used);
        }
        say("attempt %u of %u to post the inventory of %s to http://%s%.*s failed: %s; again in %u.%u s", number + 1,
            POST_ATTEMPTS, server->mac, server->inventory.host, (int) strcspn(server->inventory.target, "?"),
            server->inventory.target, message, wait / 1000, wait % 1000 / 100);
}

static void say_refused(const struct server *server, const struct http_response *response) {
        char message[600];
        error_message(response->body, response->body_size, message, sizeof message);
        say_loud("The server http://%s refused the inventory of this machine (MAC %s): status %d %s: %s", server->inventory.host,
                 server->mac, response->status, response->reason, message);
}

static bool is_taken_back(const struct server *server) {
        enum order order;
        return server_report(server, "retrying", NULL, ORDER_TIMEOUT_MS, &order, NULL) == 0 && order == ORDER_ABORT;
}

enum server_result server_post(const struct server *server, const char *json) {
        struct http_response *response = malloc(sizeof *response);
        enum server_result result = SERVER_UNREACHABLE;
        for (unsigned number = 0; response && number < POST_ATTEMPTS; number++) {
                unsigned wait;
                int outcome = attempt(server, json, response);
                enum post_verdict verdict = post_judge(outcome, number, random_number(), &wait);
                if (verdict != POST_RETRY) {
                        result = verdict == POST_DONE ? SERVER_ACCEPTED : SERVER_REFUSED;
                        break;
                }
                say_retry(server, outcome, response, number, wait);
                if (outcome >= 0 && is_taken_back(server)) {
                        result = SERVER_ABORTED;
                        break;
                }
                wait_ms(wait);
        }
        if (result == SERVER_ACCEPTED)
                say("inventory posted to http://%s: %zu bytes, status %d", server->inventory.host, strlen(json),
                    response->status);
        if (result == SERVER_REFUSED)
                say_refused(server, response);
        free(response);
        return result;
}

enum order order_parse(const char *body, size_t size) {
        static const struct {
                const char *name;
                enum order order;
        } orders[] = { { "wait", ORDER_WAIT }, { "reboot", ORDER_REBOOT }, { "poweroff", ORDER_POWEROFF }, { "abort", ORDER_ABORT } };
        json_t *root = json_loadb(body, size, 0, NULL);
        const char *name = json_string_value(json_object_get(root, "order"));
        enum order order = ORDER_NONE;
        for (size_t i = 0; name && i < sizeof orders / sizeof *orders; i++)
                if (strcmp(name, orders[i].name) == 0)
                        order = orders[i].order;
        json_decref(root);
        return order;
}

int server_report(const struct server *server, const char *state, const char *message, unsigned timeout_ms, enum order *ret,
                  int *ret_status) {
        json_t *report = json_pack("{s:s, s:s?, s:s}", "state", state, "message", message, "mac", server->mac);
        char *text = json_dumps(report, JSON_COMPACT);
        struct http_response *response = malloc(sizeof *response);
        int r = text && response ? http_post(&server->orders, text, strlen(text), timeout_ms, response) : -ENOMEM;
        if (r == 0 && ret_status)
                *ret_status = response->status;
        if (r == 0 && (response->status < 200 || response->status > 299))
                r = -EPROTO;
        if (r == 0)
                *ret = order_parse(response->body, response->body_size);
        json_decref(report);
        free(text);
        free(response);
        return r;
}
