#include "lib/log.h"
#include "pxed/manager.h"

static void reload(struct daemon *daemon, void *userdata) {
        struct config_error error;
        (void) manager_reload(userdata, &error);
}

int main(int argc, char **argv) {
        static const char *config = "/etc/pxed/pxed.conf";
        const struct daemon_option arguments[] = {
                { "config", "FILE", "configuration file, with its drop-ins in FILE.d (/etc/pxed/pxed.conf)", &config },
                { NULL, NULL, NULL, NULL },
        };
        const struct daemon_options options = {
                .name = "pxed",
                .summary = "The coordinator: nodes, profiles, boot assignments, and the bus that they are served on.",
                .arguments = arguments,
                .reload = reload,
        };
        _cleanup_(daemon_freep) struct daemon *daemon = NULL;
        _cleanup_(manager_freep) struct manager *manager = NULL;

        int r = daemon_new(&options, argc, argv, &daemon);
        if (r != 0)
                return r == DAEMON_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
        if (manager_new(daemon, config, &manager) < 0)
                return EXIT_FAILURE;
        daemon_set_userdata(daemon, manager);
        if (manager_start(manager) < 0)
                return EXIT_FAILURE;
        return daemon_run(daemon);
}
