/* pxed-netcfg: watches the interfaces of the provisioning networks and what machines say on them. */
#include <string.h>

#include "lib/daemon.h"
#include "netcfg/capture_methods.h"
#include "netcfg/netcfg.h"
#include "netcfg/read.h"

static bool wants_json(int argc, char **argv) {
        for (int i = 1; i < argc; i++)
                if (strcmp(argv[i], "--json") == 0)
                        return true;
        return false;
}

/* Reading a file needs no folders and no socket: it is looked for before the daemon is set up. */
static const char *find(int argc, char **argv, const char *option) {
        for (int i = 1; i + 1 < argc; i++)
                if (strcmp(argv[i], option) == 0)
                        return argv[i + 1];
        return NULL;
}

int main(int argc, char **argv) {
        _cleanup_(daemon_freep) struct daemon *daemon = NULL;
        _cleanup_(netcfg_freep) struct netcfg *netcfg = NULL;
        const char *file = find(argc, argv, "--read");
        const struct daemon_option arguments[] = {
                { "read", "FILE", "print machines, boots and diagnoses of a capture file, and exit; with --json as JSON, with --own ADDRESS that of the appliance is known", &file },
                {},
        };
        const struct daemon_options options = {
                .name = "pxed-netcfg",
                .summary = "watches the interfaces of provisioning networks and the machines on them",
                .arguments = arguments,
                .methods = capture_methods,
        };

        if (file)
                return read_capture(file, wants_json(argc, argv), find(argc, argv, "--own"));
        int r = daemon_new(&options, argc, argv, &daemon);
        if (r != 0)
                return r == DAEMON_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
        if (netcfg_new(daemon, &netcfg) < 0)
                return EXIT_FAILURE;
        return daemon_run(daemon);
}
