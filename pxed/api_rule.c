/* org.pxed.Rule: rules as they are told, and what changes them. */
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "pxed/api.h"

#define INTERFACE "org.pxed.Rule"

int api_rule_list(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        json_t *list = json_array();
        const struct rule *rule;

        for (size_t i = 0; (rule = rules_at(m->state->rules, i)); i++)
                json_array_append_new(list, rule_to_json(rule));
        return varlink_reply(call, json_pack("{s:o}", "rules", list));
}

static int reply_rule(struct varlink_call *call, const struct state *s, const char *name) {
        const struct rule *rule = rules_find(s->rules, name);

        if (!rule)
                return api_not_found(call, INTERFACE, "rule", name);
        return varlink_reply(call, json_pack("{s:o}", "rule", rule_to_json(rule)));
}

int api_rule_get(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;

        return reply_rule(call, m->state, json_get_string(in, "rule"));
}

/* Commits a change of the rule of that name; only then do these take the place of those that there are. They are taken over, also on failure. */
static int commit(struct state *s, struct change *change, const char *name, struct rules *rules) {
        int r = change_commit(change);

        if (r < 0) {
                rules_free(rules);
                return r;
        }
        rules_free(s->rules);
        s->rules = rules;
        (void) json_object_del(s->lost_rules, name);
        return 0;
}

static int set_rule(struct state *s, struct change *change, struct rule *rule) {
        _cleanup_free_ char *text = rule_text(rule);
        const char *name = rule_name(rule);
        bool is_new = !rules_find(s->rules, name);
        struct store *store = change_store(change);
        struct rules *rules;

        if (!text)
                return -ENOMEM;
        int r = change_event(change, "rule.set", NULL, NULL, NULL, NULL, "Inspection rule %s was %s", name, is_new ? "created" : "replaced");
        if (r == 0 && store)
                r = store_put_rule(store, name, rule_revision(rule), text);
        if (r == 0)
                r = rules_with(s->rules, rule, &rules);
        return r < 0 ? r : commit(s, change, name, rules);
}

int api_rule_set(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const json_t *json = json_get_object(in, "rule");
        const char *name = json_get_string(json, "name");
        const struct rule *before = rules_find(m->state->rules, name);
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_(rule_unrefp) struct rule *rule = NULL;
        struct rule_error error;

        if (if_revision >= 0 && (uint64_t) if_revision != (before ? rule_revision(before) : 0))
                return api_conflict(call, INTERFACE, before ? rule_revision(before) : 0);
        int r = change_begin(m->state, realtime_us(), &change);
        if (r == 0)
                r = rule_parse(json, change_revision(change), &rule, &error);
        if (r == -EINVAL)
                return api_refuse(call, INTERFACE, error.place, "%s", error.reason);
        if (r == 0 && !before && rules_at(m->state->rules, RULES_MAX - 1))
                return api_refuse(call, INTERFACE, "name", "there are %d rules already", RULES_MAX);
        if (r == 0 && rules_size_with(m->state->rules, rule) > RULES_SIZE_MAX)
                return api_refuse(call, INTERFACE, "", "all rules together have at most %d bytes as JSON: delete some first", RULES_SIZE_MAX);
        if (r == 0)
                r = set_rule(m->state, change, rule);
        return r < 0 ? api_failed(call, INTERFACE, m->state, r) : reply_rule(call, m->state, name);
}

int api_rule_delete(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *name = json_get_string(in, "rule");
        const struct rule *rule = rules_find(m->state->rules, name);
        int64_t if_revision = json_get_int(in, "ifRevision", -1);
        _cleanup_(change_freep) struct change *change = NULL;
        struct rules *rules;

        /* One that the store alone has can go too. */
        if (!rule && !json_object_get(m->state->lost_rules, name))
                return api_not_found(call, INTERFACE, "rule", name);
        if (rule && if_revision >= 0 && (uint64_t) if_revision != rule_revision(rule))
                return api_conflict(call, INTERFACE, rule_revision(rule));
        int r = change_begin(m->state, realtime_us(), &change);
        if (r == 0) {
                (void) change_revision(change);
                r = change_event(change, "rule.deleted", NULL, NULL, NULL, NULL, "Inspection rule %s was deleted", name);
        }
        struct store *store = r == 0 ? change_store(change) : NULL;
        if (store)
                r = store_delete_rule(store, name);
        if (r == 0)
                r = rules_without(m->state->rules, name, &rules);
        if (r == 0)
                r = commit(m->state, change, name, rules);
        if (r < 0)
                return api_failed(call, INTERFACE, m->state, r);
        return varlink_reply(call, json_pack("{s:I}", "revision", (json_int_t) m->state->revision));
}
