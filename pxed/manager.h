/* pxed itself: the state, the bus that it is served on, and the timers that let it age. */
#pragma once

#include <systemd/sd-event.h>

#include "lib/daemon.h"
#include "lib/varlink_server.h"
#include "pxed/access.h"
#include "pxed/change.h"
#include "pxed/reapply.h"
#include "pxed/streams.h"
#include "pxed/workers.h"

/* Events of the daemon itself that wait for a store that refuses writes. */
#define NOTES_MAX 64

struct note {
        const char *kind;
        char network[64], daemon[32], message[EVENT_MESSAGE_SIZE];
};

struct manager {
        struct daemon *daemon;
        const char *config_path;
        struct state *state;
        struct varlink_server *server;
        struct access_users users;
        struct workers workers;
        struct streams streams;
        sd_event_source *wake, *tick, *flush, *reapplies;
        struct reapply reapply;
        bool reapply_later; /* the store refuses now */
        json_t *own_status; /* as it was told last, for the events of its problems */
        struct note notes[NOTES_MAX];
        size_t n_notes;
        uint64_t changes_before; /* at the last tick; each tick tries one itself */
        bool was_busy;
        bool is_new;             /* no tick has been yet */
};

/* Reads the configuration and the store. Says itself what is wrong. */
int manager_new(struct daemon *daemon, const char *config_path, struct manager **ret);
/* Listens on the bus. */
int manager_start(struct manager *manager);
struct manager *manager_free(struct manager *manager);
DEFINE_CLEANUP(struct manager *, manager_free);

/* Reads the configuration again and takes it, or keeps the one there is: then -EINVAL or what failed, and *error. */
int manager_reload(struct manager *manager, struct config_error *error);
/* Stores an event of the daemon itself; soon, when the store refuses now. */
void manager_note(struct manager *manager, const char *kind, const char *network, const char *daemon, const char *format,
                  ...) _printf_(5, 6);

/* Nodes are in state reapplying, or may be. */
void manager_reapply(struct manager *manager);

/* Streams have something to be told: soon, and once for many changes. */
void manager_wake(struct manager *manager);

/* pxed/bus.c: the server with its table of methods, listening on RUNTIME/bus and RUNTIME/monitor. */
int bus_new(struct manager *manager, struct varlink_server **ret);
/* Looks up who is who for the authorization, as the settings name them. */
void bus_find_users(const struct settings *settings, struct access_users *ret);
