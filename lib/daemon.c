#include "lib/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "lib/clock.h"
#include "lib/daemon_internal.h"
#include "lib/file.h"
#include "lib/listen.h"
#include "lib/log.h"

#define SHORT_NAME(daemon) daemon_short_name((daemon)->options.name)

const char *daemon_short_name(const char *name) {
        return strncmp(name, "pxed-", 5) == 0 ? name + 5 : name;
}

sd_event *daemon_event(struct daemon *daemon) {
        return daemon->event;
}

const char *daemon_runtime_dir(const struct daemon *daemon) {
        return daemon->runtime_dir;
}

const char *daemon_state_dir(const struct daemon *daemon) {
        return daemon->state_dir;
}

void daemon_set_userdata(struct daemon *daemon, void *userdata) {
        daemon->options.userdata = userdata;
}

void *daemon_userdata(const struct daemon *daemon) {
        return daemon->options.userdata;
}

void daemon_set_status_hooks(struct daemon *daemon, void (*add_status)(json_t *status, void *userdata),
                             void (*status_changed)(void *userdata), void *userdata) {
        daemon->options.add_status = add_status;
        daemon->options.status_changed = status_changed;
        daemon->status_userdata = userdata;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        struct daemon *daemon = userdata;

        log_info("Stopping on %s.", strsignal((int) info->ssi_signo));
        daemon->state = DAEMON_STOPPING;
        sd_notify(false, "STOPPING=1\nSTATUS=Stopping");
        if (daemon->options.stop)
                daemon->options.stop(daemon, daemon->options.userdata);
        return sd_event_exit(daemon->event, EXIT_SUCCESS);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        struct daemon *daemon = userdata;

        if (!daemon->options.reload)
                return 0;
        sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long) monotonic_us());
        daemon->options.reload(daemon, daemon->options.userdata);
        sd_notify(false, "READY=1");
        return 0;
}

/* SIGPIPE is ignored: a peer that closes is an error of write. SIGCHLD is blocked for the child sources. */
static int set_up_signals(struct daemon *daemon) {
        static const struct {
                int signal;
                sd_event_signal_handler_t handler;
        } handled[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };
        sigset_t blocked;

        signal(SIGPIPE, SIG_IGN);
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGCHLD);
        for (size_t i = 0; i < ELEMENTS(handled); i++)
                sigaddset(&blocked, handled[i].signal);
        if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < ELEMENTS(handled); i++) {
                int r = sd_event_add_signal(daemon->event, NULL, handled[i].signal, handled[i].handler, daemon);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The first of a list of folders that systemd may give, separated by colons. */
static char *first_folder(const char *variable) {
        const char *value = getenv(variable);

        return value && value[0] ? strndup(value, strcspn(value, ":")) : NULL;
}

static int choose_folders(struct daemon *daemon, const struct daemon_arguments *arguments) {
        const char *runtime = arguments->runtime_dir, *state = arguments->state_dir;

        daemon->runtime_dir = runtime ? strdup(runtime) : first_folder("RUNTIME_DIRECTORY") ?: strdup("/run/pxed");
        if (!state)
                daemon->state_dir = first_folder("STATE_DIRECTORY");
        if (!daemon->state_dir)
                daemon->state_dir = path_join(state ?: "/var/lib/pxed", SHORT_NAME(daemon));
        if (!daemon->runtime_dir || !daemon->state_dir)
                return -ENOMEM;

        int r = folder_make(daemon->runtime_dir, 0755);
        if (r < 0) {
                log_error("Cannot create the folder %s: %s", daemon->runtime_dir, strerror(-r));
                return r;
        }
        r = folder_make(daemon->state_dir, 0750);
        if (r < 0)
                log_error("Cannot create the folder %s: %s", daemon->state_dir, strerror(-r));
        return r;
}

int daemon_new(const struct daemon_options *options, int argc, char **argv, struct daemon **ret) {
        _cleanup_(daemon_freep) struct daemon *daemon = calloc(1, sizeof(*daemon));
        struct daemon_arguments arguments = { 0 };

        if (!daemon)
                return -ENOMEM;
        daemon->options = *options;
        daemon->status_userdata = options->userdata;
        daemon->started = realtime_us();
        log_open(options->name);

        int r = daemon_parse_arguments(options, argc, argv, &arguments);
        if (r != 0)
                return r;
        if ((r = choose_folders(daemon, &arguments)) < 0)
                return r;
        if ((r = sd_event_default(&daemon->event)) < 0 || (r = set_up_signals(daemon)) < 0 ||
            (r = sd_event_set_watchdog(daemon->event, true)) < 0) {
                log_error("Cannot set up the event loop: %s", strerror(-r));
                return r;
        }
        *ret = TAKE_POINTER(daemon);
        return 0;
}

struct daemon *daemon_free(struct daemon *daemon) {
        if (!daemon)
                return NULL;
        varlink_server_free(daemon->server);
        for (size_t i = 0; i < daemon->problems_size; i++) {
                free(daemon->problems[i].subject);
                free(daemon->problems[i].reason);
        }
        free(daemon->problems);
        free(daemon->children);
        free(daemon->methods);
        free(daemon->runtime_dir);
        free(daemon->state_dir);
        sd_event_unref(daemon->event);
        free(daemon);
        return NULL;
}

static int handle_get_status(struct varlink_call *call, const json_t *parameters, void *userdata) {
        struct daemon *daemon = userdata;

        return varlink_reply(call, json_pack("{s:o}", "status", daemon_status(daemon)));
}

static int handle_set_log_level(struct varlink_call *call, const json_t *parameters, void *userdata) {
        const char *level = json_get_string(parameters, "level");

        log_set_level(log_level_from_name(level));
        log_notice("The log level is %s from now on.", level);
        return varlink_reply(call, NULL);
}

static const struct varlink_method own_methods[] = {
        { "org.pxed.Daemon.GetStatus", handle_get_status, VARLINK_READ },
        { "org.pxed.Daemon.SetLogLevel", handle_set_log_level, 0 },
};

static int listen_on_own_socket(struct daemon *daemon) {
        char path[256];
        size_t more = 0;

        while (daemon->options.methods && daemon->options.methods[more].name)
                more++;
        daemon->methods = calloc(ELEMENTS(own_methods) + more + 1, sizeof(*daemon->methods));
        if (!daemon->methods)
                return -ENOMEM;
        memcpy(daemon->methods, own_methods, sizeof(own_methods));
        if (more)
                memcpy(daemon->methods + ELEMENTS(own_methods), daemon->options.methods, more * sizeof(*daemon->methods));

        const struct varlink_server_options options = {
                .product = daemon->options.name,
                .methods = daemon->methods,
                .userdata = daemon,
                .connections_max = 64,
                .connections_per_user = 32,
                .priority = PRIORITY_BUS,
        };
        int r = varlink_server_new(daemon->event, &options, &daemon->server);
        if (r < 0)
                return r;
        snprintf(path, sizeof(path), "%s/%s.sock", daemon->runtime_dir, SHORT_NAME(daemon));
        return varlink_server_listen(daemon->server, path, 0660, find_group("pxed"), 0);
}

static void tell_ready(struct daemon *daemon) {
        daemon->state = DAEMON_READY;
        log_info("Ready after %llu ms.", (unsigned long long) (realtime_us() - daemon->started) / 1000);
        sd_notify(false, "READY=1");
        daemon_status_changed(daemon);
}

int daemon_run(struct daemon *daemon) {
        int r = listen_on_own_socket(daemon);

        if (r < 0) {
                log_error("Cannot listen on %s/%s.sock: %s", daemon->runtime_dir, SHORT_NAME(daemon), strerror(-r));
                return EXIT_FAILURE;
        }
        tell_ready(daemon);
        r = sd_event_loop(daemon->event);
        if (r < 0) {
                log_error("The event loop failed: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        return r;
}
