/* pxed-tftp as a whole: takes the desired state of role "tftp", keeps what serves it going, and reports what was served. */
#pragma once

#include "lib/daemon.h"

struct server;

struct server_options {
        const char *ipxe_directory; /* of package ipxe's files */
        const char *tftpd;          /* program in.tftpd */
};

int server_new(struct daemon *daemon, const struct server_options *options, struct server **ret);
struct server *server_free(struct server *server);
DEFINE_CLEANUP(struct server *, server_free);

/* For daemon_options.methods: org.pxed.Explain. */
extern const struct varlink_method server_methods[];
