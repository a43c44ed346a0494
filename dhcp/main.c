/* pxed-dhcp: gives machines addresses and their first boot file, by one dnsmasq per network. */
#include <stdlib.h>

#include "dhcp/manager.h"
#include "lib/daemon.h"

int main(int argc, char **argv) {
        const struct daemon_options options = {
                .name = "pxed-dhcp",
                .summary = "addresses and the first boot file, by one dnsmasq per network",
                .stop = manager_stop,
                .methods = manager_methods,
        };
        _cleanup_(daemon_freep) struct daemon *daemon = NULL;
        _cleanup_(manager_freep) struct manager *manager = NULL;

        int r = daemon_new(&options, argc, argv, &daemon);
        if (r == DAEMON_DONE)
                return EXIT_SUCCESS;
        if (r < 0)
                return EXIT_FAILURE;

        r = manager_new(daemon, &manager);
        if (r < 0)
                return EXIT_FAILURE;
        return daemon_run(daemon);
}
