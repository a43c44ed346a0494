/*
 * Keeps the interfaces of all networks as the configuration says, or tells what is wrong with them (`manage = repair | report`): the
 * kernel's state is read, a plan is made, and done or told. What pxed-netcfg made for networks that are no more is deleted.
 */
#pragma once

#include "lib/daemon.h"
#include "lib/json.h"
#include "lib/worker.h"

struct manage;

/* `worker` gets an observation "repair" of each repair; problems are the daemon's: "network NAME", "interfaces", "neighbour limits". */
int manage_new(struct daemon *daemon, struct worker *worker, struct manage **ret);
struct manage *manage_free(struct manage *manage);
DEFINE_CLEANUP(struct manage *, manage_free);

/*
 * `networks`: all that are wanted, by name (type Network of org.pxed.Worker). What is not understood is passed over. Problems of networks that are not among them any more are cleared. -ENOMEM: all stays as it was.
 */
int manage_configure(struct manage *manage, const json_t *networks);

/* Whether an event about this interface is about one that is managed (see links_handlers). */
bool manage_has_link(const struct manage *manage, int index, const char *name);
/* Whether something has a problem that an event about any interface may end: an address that is elsewhere, a name that is taken. */
bool manage_is_unsettled(const struct manage *manage);

/* Reads, plans, repairs, tells. Nothing before the first manage_configure. Runs again by itself where a repair has to wait. */
void manage_run(struct manage *manage);
