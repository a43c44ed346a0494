/* Agents that say that they are there. Held in memory alone: a beat comes every minute or two of each machine, and comes again after a restart. */
#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"
#include "pxed/observe.h"

#define URL_MAX 512
#define VERSION_MAX 128

static const char *url_before(const struct observe *o, const char *id) {
        const json_t *agent = json_object_get(o->agents, id) ?: json_object_get(o->state->agents, id);

        return json_get_string(agent, "callbackUrl");
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
        if (!*url || strlen(url) > URL_MAX || (version && strlen(version) > VERSION_MAX))
                return observe_refuse(o, "heartbeat.callbackUrl", "it or agentVersion is missing or too long");
        const struct node *node = registry_by_id(&o->state->nodes, &id);
        if (!node)
                return 0; /* deleted since */
        uuid_format(&id, text);
        bool news = !text_equal(url_before(o, text), url);
        r = json_object_set_new(o->agents, text, json_pack("{s:s, s:s?, s:I}", "callbackUrl", url, "version", version, "lastHeartbeat",
                                                           (json_int_t) time));
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
