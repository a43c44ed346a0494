#include <string.h>

#include "pxed/ctl/cmd.h"
#include "pxed/ctl/daemon_socket.h"
#include "pxed/ctl/show.h"

static int no_daemon(struct ctl *ctl, const char *name) {
        return ctl_fail(ctl, EXIT_NOT_FOUND, "there is no daemon '%s': they are pxed, dhcp, tftp, netcfg and introspect", name);
}

/* What pxed knows of a daemon that does not answer itself; NULL. */
static json_t *known_by_pxed(struct ctl *ctl, const char *short_name) {
        _cleanup_json_ json_t *reply = NULL;
        _cleanup_free_ char *error = NULL;
        if (ctl_try(ctl, "org.pxed.Appliance.GetStatus", json_object(), ctl_reply_timeout(ctl), &error, &reply) < 0 || error)
                return NULL;
        size_t i;
        json_t *daemon;
        json_array_foreach(json_get_array(reply, "daemons"), i, daemon) {
                const char *name = json_get_string(daemon, "name"), *is = name ? daemon_short_name(name) : NULL;
                if (is && strcmp(is, short_name) == 0)
                        return json_incref(daemon);
        }
        return NULL;
}

int cmd_daemon(struct ctl *ctl, const struct arguments *arguments) {
        const char *name = daemon_short_name(arguments_word(arguments, 0));
        _cleanup_free_ char *path = NULL, *error = NULL;
        _cleanup_json_ json_t *reply = NULL, *known = NULL;
        if (!name)
                return no_daemon(ctl, arguments_word(arguments, 0));

        int r = daemon_ask(ctl, name, "org.pxed.Daemon.GetStatus", json_object(), &path, &error, &reply), status = 0;
        if (r >= 0 && error)
                return ctl_fail_error(ctl, error, reply);
        if (r < 0) {
                known = known_by_pxed(ctl, name);
                status = ctl_fail_connection(ctl, r, path ? path : name);
                if (!known)
                        return status;
                ctl_note(ctl, "This is what pxed knows of it:");
                reply = json_pack("{s:O}", "status", known);
        }
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                show_daemon(json_get_object(reply, "status"), &ctl->look, ctl->out);
        return status;
}

int cmd_log_level(struct ctl *ctl, const struct arguments *arguments) {
        const char *name = daemon_short_name(arguments_word(arguments, 0)), *level = arguments_word(arguments, 1);
        static const char *const levels[] = { "error", "warning", "notice", "info", "debug" };
        _cleanup_free_ char *path = NULL, *error = NULL;
        _cleanup_json_ json_t *reply = NULL;
        bool known = false;
        if (!name)
                return no_daemon(ctl, arguments_word(arguments, 0));
        for (size_t i = 0; i < ELEMENTS(levels); i++)
                known = known || strcmp(levels[i], level) == 0;
        if (!known)
                return ctl_fail(ctl, EXIT_USAGE, "'%s' is no level: error, warning, notice, info, debug", level);

        int r = daemon_ask(ctl, name, "org.pxed.Daemon.SetLogLevel", json_pack("{s:s}", "level", level), &path, &error, &reply);
        if (r < 0)
                return ctl_fail_connection(ctl, r, path ? path : name);
        if (error)
                return ctl_fail_error(ctl, error, reply);
        if (ctl->json)
                ctl_print_json(ctl, reply);
        return 0;
}
