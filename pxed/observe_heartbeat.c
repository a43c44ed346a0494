/* Agents that say that they are there. Held in memory alone: a beat comes every minute or two of each machine, and comes again after a restart. */
#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/observe.h"

#define URL_MAX 512
#define VERSION_MAX 128
#define TOKEN_MAX 128
#define VERIFY_CA_MAX 8192

static const char *url_before(const struct observe *o, const char *id) {
        const json_t *known = json_object_get(o->agents, id) ?: json_object_get(o->state->agents, id);

        return json_get_string(json_object_get(known, "agent"), "callbackUrl");
}

static bool fits(const char *text, size_t max) {
        return !text || strlen(text) <= max;
}

/* What is told of an agent, and beside it what only those are told who may command it. */
static json_t *agent_of(const json_t *heartbeat, uint64_t time) {
        return json_pack("{s:{s:O, s:O?, s:I}, s:O?, s:O?}", "agent", "callbackUrl", json_object_get(heartbeat, "callbackUrl"), "version",
                         json_object_get(heartbeat, "agentVersion"), "lastHeartbeat", (json_int_t) time, "token",
                         json_object_get(heartbeat, "agentToken"), "verifyCa", json_object_get(heartbeat, "verifyCa"));
}

int observe_heartbeat(struct observe *o, uint64_t time, const json_t *heartbeat) {
        const char *url = json_get_string(heartbeat, "callbackUrl"), *version = json_get_string(heartbeat, "agentVersion");
        char text[UUID_TEXT_SIZE];
        struct uuid id;
        struct mac mac;

        int r = observe_mac(o, heartbeat, "heartbeat", &mac);
        if (r < 0)
                return r;
        if (uuid_parse(json_get_string(heartbeat, "node"), &id) < 0)
                return observe_refuse(o, "heartbeat.node", "is no node's id");
        if (!*url || !fits(url, URL_MAX) || !fits(version, VERSION_MAX) || !fits(json_get_string(heartbeat, "agentToken"), TOKEN_MAX) ||
            !fits(json_get_string(heartbeat, "verifyCa"), VERIFY_CA_MAX))
                return observe_refuse(o, "heartbeat.callbackUrl", "it is missing, or it, agentVersion, agentToken or verifyCa is too long");
        const struct node *node = registry_by_id(&o->state->nodes, &id);
        if (!node)
                return 0; /* deleted since */
        uuid_format(&id, text);
        bool news = !text_equal(url_before(o, text), url);
        r = json_object_set_new(o->agents, text, agent_of(heartbeat, time));
        if (r < 0)
                return -ENOMEM;
        if (!news)
                return 0;
        return change_event(o->change, "node.agent", node, &mac, NULL, NULL, "an agent%s%s runs on %s and takes commands at %.200s",
                            version ? " of version " : "", version ?: "", node->name, url);
}

/* Nodes that were deleted leave their agents behind: there are never more than nodes. */
static void forget_deleted(struct state *s) {
        const char *text;
        json_t *agent;
        struct uuid id;
        void *next;

        json_object_foreach_safe(s->agents, next, text, agent)
                if (uuid_parse(text, &id) < 0 || !registry_by_id(&s->nodes, &id))
                        json_object_del(s->agents, text);
}

void observe_keep_agents(struct observe *o) {
        (void) json_object_update(o->state->agents, o->agents);
        if (json_object_size(o->state->agents) > o->state->nodes.count)
                forget_deleted(o->state);
}
