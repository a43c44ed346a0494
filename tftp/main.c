/* pxed-tftp: boot loaders by TFTP; boot scripts, loaders and images by HTTP. */
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/log.h"
#include "tftp/server.h"

/* Each connection and each file on its way takes a descriptor. */
static void raise_descriptors(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
                limit.rlim_cur = limit.rlim_max;
                setrlimit(RLIMIT_NOFILE, &limit);
        }
}

int main(int argc, char **argv) {
        _cleanup_(daemon_freep) struct daemon *daemon = NULL;
        _cleanup_(server_freep) struct server *server = NULL;
        struct server_options server_options = { .ipxe_directory = "/usr/lib/ipxe", .tftpd = "/usr/sbin/in.tftpd" };
        const struct daemon_option arguments[] = {
                { "ipxe-dir", "DIR", "folder of undionly.kpxe and snponly.efi (/usr/lib/ipxe)", &server_options.ipxe_directory },
                { "tftpd", "PROGRAM", "the TFTP server (/usr/sbin/in.tftpd)", &server_options.tftpd },
                {},
        };
        const struct daemon_options options = {
                .name = "pxed-tftp",
                .summary = "serves boot loaders by TFTP, boot scripts and images by HTTP",
                .arguments = arguments,
                .methods = server_methods,
        };

        /* A few threads that do little: one heap keeps memory small. */
        mallopt(M_ARENA_MAX, 1);
        int r = daemon_new(&options, argc, argv, &daemon);
        if (r != 0)
                return r == DAEMON_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
        raise_descriptors();
        r = server_new(daemon, &server_options, &server);
        if (r < 0) {
                log_error("Cannot start: %s.", strerror(-r));
                return EXIT_FAILURE;
        }
        return daemon_run(daemon);
}
