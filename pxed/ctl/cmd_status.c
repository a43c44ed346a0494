#include <string.h>

#include "lib/clock.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/daemon_socket.h"
#include "pxed/ctl/show.h"

#define WAIT_STEP (100 * USEC_PER_MSEC)
#define WAIT_DEFAULT (60 * USEC_PER_SEC)

/* A Status for a daemon whose socket does not answer. */
static json_t *absent(const char *short_name) {
        json_t *status = json_pack("{s:s, s:[], s:[]}", "state", "absent", "children", "problems");
        char name[32];
        snprintf(name, sizeof name, "%s%s", strcmp(short_name, "pxed") == 0 ? "" : "pxed-", short_name);
        json_object_set_new(status, "name", json_string(name));
        return status;
}

/* Each daemon by its own socket: what can be said without pxed. */
static int ask_each(struct ctl *ctl) {
        _cleanup_json_ json_t *daemons = json_array();
        for (size_t i = 0; daemon_sockets[i]; i++) {
                _cleanup_free_ char *path = NULL, *error = NULL;
                _cleanup_json_ json_t *reply = NULL;
                int r = daemon_ask(ctl, daemon_sockets[i], "org.pxed.Daemon.GetStatus", json_object(), &path, &error, &reply);
                json_t *status = r >= 0 && !error ? json_get_object(reply, "status") : NULL;
                json_array_append_new(daemons, status ? json_incref(status) : absent(daemon_sockets[i]));
        }
        if (ctl->json) {
                _cleanup_json_ json_t *reply = json_pack("{s:O}", "daemons", daemons);
                ctl_print_json(ctl, reply);
                return 0;
        }
        ctl_note(ctl, "What each daemon says on its own socket:");
        return show_daemons(daemons, -1, &ctl->look, ctl->out);
}

/* Asks again until the appliance is ready. A bus that is not there yet is waited for too. */
static int wait_ready(struct ctl *ctl) {
        uint64_t end = monotonic_us() + (ctl->timeout != UINT64_MAX ? ctl->timeout : WAIT_DEFAULT);
        for (;;) {
                _cleanup_free_ char *error = NULL;
                _cleanup_json_ json_t *reply = NULL;
                int r = ctl_try(ctl, "org.pxed.Appliance.GetStatus", json_object(), 5 * USEC_PER_SEC, &error, &reply);
                const char *state = r >= 0 && !error ? json_get_string(reply, "state") : NULL;
                if (state && strcmp(state, "ready") == 0)
                        return 0;
                if (monotonic_us() >= end)
                        return ctl_fail(ctl, EXIT_TIMEOUT, "pxed and its workers are not all ready in time");
                usleep(WAIT_STEP);
        }
}

int cmd_status(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_free_ char *error = NULL;
        _cleanup_json_ json_t *reply = NULL;
        int waited = arguments_given(arguments, "wait") ? wait_ready(ctl) : 0;

        int r = ctl_try(ctl, "org.pxed.Appliance.GetStatus", json_object(), ctl_reply_timeout(ctl), &error, &reply);
        if (r < 0) {
                _cleanup_free_ char *path = ctl_bus_socket(ctl);
                int status = ctl_fail_connection(ctl, r, path ? path : "?");
                ask_each(ctl);
                return waited != 0 ? waited : status;
        }
        if (error)
                return ctl_fail_error(ctl, error, reply);
        ctl_refresh(ctl);
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show_status(reply, &ctl->look, ctl->out);
        return waited;
}

int cmd_reload(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *reply = NULL;
        int status = ctl_call(ctl, "org.pxed.Appliance.Reload", json_object(), &reply);
        if (status == 0 && ctl->json)
                ctl_print_json(ctl, reply);
        else if (status == 0)
                fprintf(ctl->out, "The configuration is in force as revision %lld.\n", (long long) json_get_int(reply, "revision", 0));
        return status;
}
