/* All networks: follows the desired state, what happens to interfaces, and what dnsmasq tells of leases. */
#pragma once

#include "lib/daemon.h"
#include "lib/macro.h"

struct manager;

int manager_new(struct daemon *daemon, struct manager **ret);
struct manager *manager_free(struct manager *manager);
DEFINE_CLEANUP(struct manager *, manager_free);

/* For daemon_options.stop: ends each dnsmasq, and takes the changes of leases that they leave. `userdata` is the manager; NULL: nothing. */
void manager_stop(struct daemon *daemon, void *userdata);

/* For daemon_options.methods: org.pxed.Explain. */
extern const struct varlink_method manager_methods[];
