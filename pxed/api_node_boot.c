/* org.pxed.Node: what a node boots. */
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/inspection_change.h"

#define INTERFACE "org.pxed.Node"

/* A request for the change of what a node boots. */
struct request {
        struct manager *manager;
        struct varlink_call *call;
        struct node *node; /* as it is */
        bool wait;
        int64_t timeout; /* seconds */
};

/* Reads what these methods have in common; false: the call has been answered. */
static bool read_request(struct varlink_call *call, const json_t *in, struct manager *m, struct request *ret) {
        const char *reference = json_get_string(in, "node");
        int64_t if_revision = json_get_int(in, "ifRevision", -1);

        *ret = (struct request) { m, call, registry_find(&m->state->nodes, reference), json_get_bool(in, "wait", false), 0 };
        if (!ret->node) {
                api_not_found(call, INTERFACE, "node", reference);
                return false;
        }
        if (if_revision >= 0 && (uint64_t) if_revision != ret->node->revision) {
                api_conflict(call, INTERFACE, ret->node->revision);
                return false;
        }
        return api_bounded(call, INTERFACE, in, "timeout", 1, 60, 10, &ret->timeout);
}

/* Commits and answers: at once, or when the workers have applied it. */
static int finish(const struct request *request, struct change *change, int r) {
        struct manager *m = request->manager;
        struct uuid id = request->node->id;
        if (r == 0)
                r = change_commit(change);
        if (r < 0)
                return api_failed(request->call, INTERFACE, m->state, r);
        if (request->wait)
                return workers_wait(m, request->call, &id, m->state->revision, (unsigned) request->timeout);
        return api_reply_node(m, request->call, &id);
}

static int refuse_state(const struct request *request) {
        return varlink_error(request->call, INTERFACE ".WrongState",
                             json_pack("{s:s}", "state", inspection_state_names[request->node->inspection.state]));
}

int api_node_set_boot(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const json_t *parameters = json_get_object(in, "parameters");
        bool once = json_get_bool(in, "once", false);
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_free_ char *text = NULL;
        struct profile_error error;
        struct request request;

        if (!read_request(call, in, m, &request))
                return 0;
        const struct profile *profile = profiles_find(&m->state->profiles, json_get_string(in, "profile"));
        if (!profile)
                return api_not_found(call, INTERFACE, "profile", json_get_string(in, "profile"));
        if (profile_check_parameters(profile, parameters, &error) < 0)
                return api_refuse(call, INTERFACE, error.field, "%s", error.reason);
        if (json_object_size(parameters) > 0 && !(text = json_dumps(parameters, JSON_COMPACT)))
                return -ENOMEM;
        int r = change_begin(m->state, realtime_us(), &change);
        if (r < 0)
                return r;
        _cleanup_(node_freep) struct node *copy = node_copy(request.node);
        if (!copy)
                return -ENOMEM;
        assignment_free(copy->assignment);
        copy->assignment = assignment_new(profile->name, text, once, change_revision(change), change_now(change));
        if (!copy->assignment)
                return -ENOMEM;
        r = change_event(change, "node.assigned", copy, NULL, NULL, NULL, "%s boots profile %s %s", copy->name, profile->name,
                         once ? "at its next boot, once" : "from now on");
        if (r == 0)
                r = change_put_node(change, TAKE_POINTER(copy), true);
        return finish(&request, change, r);
}

int api_node_clear_boot(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        _cleanup_(change_freep) struct change *change = NULL;
        struct request request;

        if (!read_request(call, in, m, &request))
                return 0;
        int r = change_begin(m->state, realtime_us(), &change);
        if (r < 0)
                return r;
        if (!request.node->assignment)
                return finish(&request, change, 0);
        _cleanup_(node_freep) struct node *copy = node_copy(request.node);
        if (!copy)
                return -ENOMEM;
        copy->assignment = assignment_free(copy->assignment);
        r = change_event(change, "node.assigned", copy, NULL, NULL, NULL, "%s has no boot assignment any more", copy->name);
        if (r == 0)
                r = change_put_node(change, TAKE_POINTER(copy), true);
        return finish(&request, change, r);
}

static int step_inspection(struct varlink_call *call, const json_t *in, struct manager *m, enum inspection_event event) {
        _cleanup_(change_freep) struct change *change = NULL;
        struct request request;

        if (!read_request(call, in, m, &request))
                return 0;
        int r = change_begin(m->state, realtime_us(), &change);
        if (r < 0)
                return r;
        const struct inspection_input input = { .event = event, .time = change_now(change), .now = change_now(change) };
        r = inspection_change(change, &request.node, &input, NULL);
        if (r == -EBUSY)
                return refuse_state(&request);
        return finish(&request, change, r < 0 ? r : 0);
}

int api_node_inspect(struct varlink_call *call, const json_t *in, void *userdata) {
        return step_inspection(call, in, userdata, INSPECTION_ASK);
}

int api_node_reapply(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct node *node = registry_find(&m->state->nodes, json_get_string(in, "node"));
        if (node && node->last_inventory == 0)
                return api_not_found(call, INTERFACE, "inventory", json_get_string(in, "node"));
        manager_reapply(m);
        return step_inspection(call, in, m, INSPECTION_REAPPLY);
}

int api_node_abort_inspection(struct varlink_call *call, const json_t *in, void *userdata) {
        return step_inspection(call, in, userdata, INSPECTION_ABORT);
}
