/* org.pxed.Appliance */
#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/api.h"

/* "ready" while each daemon is. */
static json_t *list_daemons(struct manager *m, bool *ret_ready) {
        json_t *daemons = json_array(), *daemon;
        size_t i;

        json_array_append_new(daemons, daemon_status(m->daemon));
        for (int role = 0; role < ROLE_COUNT; role++)
                json_array_append_new(daemons, worker_to_json(&m->workers, (enum role) role));
        *ret_ready = true;
        json_array_foreach(daemons, i, daemon) {
                const char *state = json_get_string(daemon, "state");
                *ret_ready = *ret_ready && state && strcmp(state, "ready") == 0;
        }
        return daemons;
}

static json_int_t count_running(const struct boots *boots) {
        json_int_t running = 0;
        for (size_t i = 0; i < boots->by_id.size; i++) {
                const struct boot *boot = boots->by_id.values[i];
                running += boot && boot->ended == 0;
        }
        return running;
}

static json_int_t count_profiles(const struct profiles *profiles) {
        size_t count = 0;
        while (profiles_at(profiles, count))
                count++;
        return (json_int_t) count;
}

int api_appliance_get_status(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        const struct state *s = m->state;
        bool ready;
        json_t *daemons = list_daemons(m, &ready);
        return varlink_reply(call, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}",
                                             "state", ready ? "ready" : "degraded",
                                             "version", PXED_VERSION,
                                             "revision", (json_int_t) s->revision,
                                             "nodes", (json_int_t) s->nodes.count,
                                             "networks", (json_int_t) s->settings->n_networks,
                                             "profiles", count_profiles(&s->profiles),
                                             "boots", count_running(&s->boots),
                                             "daemons", daemons));
}

int api_appliance_reload(struct varlink_call *call, const json_t *in, void *userdata) {
        struct manager *m = userdata;
        struct config_error error = { 0 };
        int r = manager_reload(m, &error);
        if (r < 0)
                return varlink_error(call, "org.pxed.Appliance.BadConfiguration",
                                     json_pack("{s:o, s:i, s:o}", "file", json_text(*error.file ? error.file : m->config_path), "line",
                                               (int) error.line, "reason", json_text(*error.reason ? error.reason : strerror(-r))));
        return varlink_reply(call, json_pack("{s:I}", "revision", (json_int_t) m->state->revision));
}
