/* Ironic's agent API: an ironic-python-agent looks itself up, then says every minute or two that it is there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "introspect/api_internal.h"
#include "introspect/target.h"
#include "lib/text.h"

/* Seconds; an agent beats after 0.3 to 0.6 of it. Ironic's own default. */
#define HEARTBEAT_TIMEOUT 300
/* What an agent gets that has got its token already, as Ironic has it. */
#define TOKEN_GIVEN "******"
#define VERIFY_CA_MAX 8192
#define WORDS_SIZE (NOTE_URL_SIZE + NOTE_VERSION_SIZE + 32)
/* The same whatever was wrong: it tells a stranger nothing of what is known here. */
#define NO_NODE "no node of this appliance is known to be this machine, or it is not expected"

/* Of the node and the boot token of this request. False: it was answered. */
static bool make_agent_token(struct api *api, struct api_request *request, const struct uuid *node, char ret[static AGENT_TOKEN_SIZE]) {
        uint8_t secret[TOKEN_SECRET_SIZE];

        if (!state_secret(api->state, secret)) {
                api_refuse_unready(api, request);
                return false;
        }
        agent_token_make(secret, node, request->token_text, ret);
        explicit_bzero(secret, sizeof(secret));
        return true;
}

static void note_news(struct api *api, const struct api_request *request, const char *words) {
        if (beats_is_news(api->beats, &request->token.mac, request->token_text, words, request->monotonic))
                api_note(api, request, NOTE_AGENT, "%s", words);
}

json_t *api_agent_document(struct api *api, struct api_request *request, const struct uuid *node, bool *ret_first) {
        char token[AGENT_TOKEN_SIZE], id[UUID_TEXT_SIZE];
        json_t *document = json_pack("{s:{s:s?, s:{}, s:{}}, s:{s:i}}", "node", "uuid", node ? uuid_format(node, id) : NULL, "properties", "instance_info",
                                     "config", "heartbeat_timeout", HEARTBEAT_TIMEOUT);

        *ret_first = false;
        if (!node || request->without_token)
                return document;
        if (!make_agent_token(api, request, node, token)) {
                json_decref(document);
                return NULL;
        }
        *ret_first = agents_give(api->agents, token);
        json_object_set_new(json_object_get(document, "config"), "agent_token", json_string(*ret_first ? token : TOKEN_GIVEN));
        explicit_bzero(token, sizeof(token));
        return document;
}

static void answer_lookup(struct api *api, struct api_request *request, const struct uuid *node) {
        char id[UUID_TEXT_SIZE], words[WORDS_SIZE];
        bool first;
        json_t *document = api_agent_document(api, request, node, &first);

        if (!document)
                return;
        api_answer(request, request->route->status, document);
        uuid_format(node, id);
        snprintf(words, sizeof(words), "looked itself up: node %s%s", id, first ? "" : ", again: its agent token was given before");
        note_news(api, request, words);
}

void api_handle_lookup(struct api *api, struct api_request *request, const json_t *object) {
        char reason[LOOKUP_REASON_SIZE];
        struct lookup_query query;
        struct lookup_facts facts;
        struct uuid node;

        switch (target_parse_lookup(request->addresses, request->node_uuid, &query)) {
        case 0:
                break;
        case -EBADMSG:
                api_refuse(api, request, 400, "node_uuid is no UUID");
                return;
        case -E2BIG:
                api_refuse(api, request, 400, "more than %d addresses are not taken", LOOKUP_MACS_MAX);
                return;
        default:
                api_refuse(api, request, 400, "there is nothing to look up by: give ?addresses=MAC,MAC,... or ?node_uuid=");
                return;
        }
        state_look_up(api->state, &request->token, &query, &facts);
        if (lookup_decide(&facts, &node, reason) == LOOKUP_FOUND)
                answer_lookup(api, request, &node);
        else
                api_refuse_tersely(api, request, 404, NO_NODE, "%s", reason);
}

/* NULL: good. */
static const char *url_fault(const char *url) {
        if (!url)
                return "the body has no text `callback_url`";
        if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
                return "callback_url is no URL of http or https";
        for (const char *at = url; *at; at++)
                if ((unsigned char) *at <= 0x20 || (unsigned char) *at >= 0x7f)
                        return "callback_url has a character that no URL has";
        return strlen(url) < NOTE_URL_SIZE ? NULL : "callback_url is too long";
}

/* What it has to say of its certificate. NULL: good. */
static const char *certificate_fault(const json_t *given) {
        const char *text = json_string_value(given);

        if (!given || json_is_null(given))
                return NULL;
        if (!text || strlen(text) > VERIFY_CA_MAX)
                return "agent_verify_ca is no text, or one of more than 8192 bytes";
        for (const char *at = text; *at; at++)
                if ((unsigned char) *at >= 0x7f || ((unsigned char) *at < 0x20 && !strchr("\r\n\t", *at)))
                        return "agent_verify_ca has a character that PEM (RFC 7468) has not";
        return NULL;
}

static void take_beat(struct api *api, struct api_request *request, const struct uuid *node, const char *token, const json_t *object) {
        const char *version = json_get_string(object, "agent_version");
        char words[WORDS_SIZE], known[NOTE_VERSION_SIZE];
        struct agent_beat beat = { .url = json_get_string(object, "callback_url"), .token = token, .version = known,
                                   .verify_ca = json_get_string(object, "agent_verify_ca") };

        text_clean(known, sizeof(known), version, version ? strlen(version) : 0);
        api_note_beat(api, request, node, &beat);
        snprintf(words, sizeof(words), "heartbeat: %s%s%s", beat.url, known[0] ? ", version " : "", known);
        note_news(api, request, words);
        api_answer(request, request->route->status, json_object());
}

/* An agent may run for longer than its boot token holds: it has got its own only by a lookup while that was good. */
void api_handle_heartbeat(struct api *api, struct api_request *request, const json_t *object) {
        const char *url = json_get_string(object, "callback_url"), *given = json_get_string(object, "agent_token");
        char token[AGENT_TOKEN_SIZE];
        const char *fault = url_fault(url) ?: certificate_fault(json_object_get(object, "agent_verify_ca"));
        struct uuid node;

        if (uuid_parse(request->id, &node) < 0 || !state_has_node(api->state, &node)) {
                api_refuse_tersely(api, request, 404, NO_NODE, "a heartbeat of node %.40s, which is not known", request->id);
                return;
        }
        if (!make_agent_token(api, request, &node, token))
                return;
        if (!given)
                api_refuse(api, request, 400, "the heartbeat has no agent_token: look up first, with an API of 1.62 or newer; it is given once, so where an agent of this boot has it "
                                         "already, boot the machine again");
        else if (!agent_token_equal(token, given))
                api_refuse(api, request, 400, "the agent_token is not the one that was given to this node's agent: boot the machine again");
        else if (fault)
                api_refuse(api, request, 400, "%s", fault);
        else if (!agents_keep_url(api->agents, token, url))
                api_refuse(api, request, 400, "callback_url is not the one of this agent's first heartbeat: boot the machine again");
        else
                take_beat(api, request, &node, token, object);
        explicit_bzero(token, sizeof(token));
}
