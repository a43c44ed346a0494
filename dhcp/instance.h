/*
 * One network: its dnsmasq, the files that it reads, its leases and the answers to router solicitations. What keeps it from working
 * is the problem "network NAME" of the daemon, and is looked at again at each instance_update.
 */
#pragma once

#include <stdbool.h>

#include "dhcp/config.h"
#include "dhcp/explain.h"
#include "dhcp/lease_message.h"
#include "lib/daemon.h"
#include "lib/worker.h"

/* What all networks share; outlives them. */
struct instance_context {
        struct daemon *daemon;
        struct worker *worker;    /* NULL until there is one */
        const char *lease_socket; /* path */
        /* The daemon's own, which dnsmasq stays: as another it could not read its files again, and would outlive the daemon, since the
         * kernel forgets the parent-death signal of a process that changes its user or group. NULL: not known. */
        const char *user, *group;
        void (*changed)(void *userdata); /* instance_is_settled or instance_is_gone may answer otherwise now */
        void *userdata;
};

struct instance;

int instance_new(const struct instance_context *context, const char *name, struct instance **ret);
/* Kills its dnsmasq. */
struct instance *instance_free(struct instance *instance);
DEFINE_CLEANUP(struct instance *, instance_free);

/* What it shall be from now on; `network` is type Network of org.pxed.Worker. instance_update makes it so. */
void instance_set(struct instance *instance, const json_t *network, unsigned http_port, const struct host *hosts, size_t hosts_size);
/* Not wanted any more: its dnsmasq is stopped, its problem goes. Leases stay on disk. */
void instance_remove(struct instance *instance);
/* Was removed and has ended: to be freed. */
bool instance_is_gone(const struct instance *instance);

/* Looks at what dnsmasq needs, and starts, restarts or stops it as that and the desired state say. */
void instance_update(struct instance *instance);
/* Whether what was set is what dnsmasq does, or cannot be for now. */
bool instance_is_settled(const struct instance *instance);
bool instance_has_problem(const struct instance *instance);

const char *instance_name(const struct instance *instance);
/* What it would answer the machine: see dhcp/explain.h. `hosts` are all of the desired state. */
json_t *instance_explain(struct instance *instance, const struct host *hosts, size_t hosts_size, const struct explain_question *question);
/* As type lease_handler. */
int instance_handle(struct instance *instance, const struct lease_message *message, pid_t peer, char **ret_reply);
void instance_tell_leases(struct instance *instance);

/* For the end of the daemon: SIGTERM, and whether dnsmasq, or changes of leases that it leaves behind, are still to be waited for. */
void instance_stop(struct instance *instance);
bool instance_is_ending(const struct instance *instance);
