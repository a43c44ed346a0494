/* org.pxed.Worker */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"
#include "pxed/api.h"
#include "pxed/observe.h"
#include "pxed/status.h"

#define INTERFACE "org.pxed.Worker"
#define OBSERVATIONS_MAX 1000

/* The role that is asked for; false: the caller's user may not act in it, and the call has been answered. */
static bool read_role(struct manager *m, struct varlink_call *call, const json_t *in, enum role *ret) {
        int role = name_to_enum(role_names, ROLE_COUNT, json_get_string(in, "role"));
        if (role >= 0 && access_role(&m->users, varlink_call_peer(call)->uid, (enum role) role)) {
                *ret = (enum role) role;
                return true;
        }
        (void) varlink_error(call, "org.varlink.service.PermissionDenied", NULL);
        return false;
}

int api_worker_watch(struct varlink_call *call, const json_t *in, void *userdata) {
        enum role role;
        return read_role(userdata, call, in, &role) ? workers_watch(userdata, call, role) : 0;
}

struct teller {
        struct change *change;
        enum role role;
};

static int tell(const char *kind, const char *message, void *userdata) {
        struct teller *teller = userdata;
        return change_event(teller->change, kind, NULL, NULL, NULL, api_worker_name(teller->role), "%s: %s",
                            api_worker_name(teller->role), message);
}

/* Which batch of this instance was taken last. */
static int find_batch(struct manager *m, struct worker_record *record, enum role role, const char *instance) {
        if (strcmp(record->instance, instance) == 0)
                return 0;
        uint64_t batch;
        int r = store_get_batch(m->state->store, role_names[role], instance, &batch);
        if (r < 0)
                return r;
        snprintf(record->instance, sizeof record->instance, "%s", instance);
        record->batch = batch;
        return 0;
}

/* All of the batch, or nothing of it. */
static int take_batch(struct manager *m, enum role role, const json_t *in, uint64_t batch, struct observe_error *error) {
        struct worker_record *record = &m->workers.roles[role];
        const json_t *status = json_get_object(in, "status");
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_json_ json_t *networks = json_object(), *agents = json_object();

        int r = networks && agents ? change_begin(m->state, realtime_us(), &change) : -ENOMEM;
        if (r < 0)
                return r;
        struct teller teller = { change, role };
        if (status)
                r = status_compare(record->status, status, tell, &teller);
        struct observe observe = { .state = m->state, .change = change, .networks = networks, .agents = agents, .error = error };
        if (r >= 0)
                r = observe_all(&observe, json_get_array(in, "observations"));
        /* A batch of which nothing is stored does no harm when it comes twice. */
        if (r >= 0 && change_has_writes(change)) {
                struct store *store = change_store(change);
                r = store ? store_put_batch(store, role_names[role], record->instance, batch) : 0;
        }
        if (r >= 0)
                r = change_commit(change);
        if (r < 0)
                return r;
        observe_finish(&observe);
        record->batch = batch;
        if (status) {
                json_decref(record->status);
                record->status = json_deep_copy(status);
        }
        if (status && role == ROLE_DHCP) {
                json_decref(m->state->dhcp_problems);
                m->state->dhcp_problems = json_incref(json_get_array(record->status, "problems"));
        }
        return 0;
}

static void set_applied(struct manager *m, enum role role, const json_t *in) {
        struct worker_record *record = &m->workers.roles[role];
        int64_t applied = json_get_int(in, "applied", -1);
        if (applied < 0)
                return;
        record->has_applied = true;
        record->applied = (uint64_t) applied;
        workers_applied(m, role);
}

int api_worker_report(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const char *instance = json_get_string(in, "instance");
        int64_t batch = json_get_int(in, "batch", 0);
        struct observe_error error = { 0 };
        enum role role;

        if (!read_role(m, call, in, &role))
                return 0;
        if (!*instance || strlen(instance) > INSTANCE_MAX)
                return api_refuse(call, INTERFACE, "instance", "has to be 1 to %d bytes", INSTANCE_MAX);
        if (batch < 1)
                return api_refuse(call, INTERFACE, "batch", "batches count from 1");
        if (json_array_size(json_get_array(in, "observations")) > OBSERVATIONS_MAX)
                return api_refuse(call, INTERFACE, "observations", "more than %d", OBSERVATIONS_MAX);

        struct worker_record *record = &m->workers.roles[role];
        int r = find_batch(m, record, role, instance);
        if (r == 0 && (uint64_t) batch > record->batch)
                r = take_batch(m, role, in, (uint64_t) batch, &error);
        if (r == -EINVAL && *error.field)
                return api_refuse(call, INTERFACE, error.field, "%s", error.reason);
        if (r < 0)
                return api_failed(call, INTERFACE, m->state, r);
        set_applied(m, role, in);
        return varlink_reply(call, NULL);
}
