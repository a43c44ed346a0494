/* The leases of one network: in memory, in the journal, and told to pxed. */
#pragma once

#include "dhcp/lease_message.h"
#include "dhcp/lease_table.h"
#include "lib/daemon.h"
#include "lib/worker.h"

struct leases;

/* Takes the stored leases from the journal at `path`. Negative errno: it cannot be read. While it cannot be written there is a problem
 * "leases of network NAME", and leases are kept in memory alone. Nothing is told before leases_set_worker. */
int leases_new(struct daemon *daemon, const char *network, const char *path, struct leases **ret);
struct leases *leases_free(struct leases *leases);
DEFINE_CLEANUP(struct leases *, leases_free);

/* What changes is told to this worker from now on. */
void leases_set_worker(struct leases *leases, struct worker *worker);
/* A change that dnsmasq made (not LEASE_INIT). */
void leases_change(struct leases *leases, enum lease_action action, const struct lease *lease);
/* Those that have not ended, as dnsmasq reads them; the caller frees. NULL without memory. */
char *leases_text(struct leases *leases);
/* Tells all of them, as after a new connection. */
void leases_tell_all(struct leases *leases);
/* Borrowed; ended ones may be in it. */
const struct lease_table *leases_table(const struct leases *leases);
size_t leases_size(const struct leases *leases);
/* Monotonic time of leases_new. */
uint64_t leases_opened(const struct leases *leases);
