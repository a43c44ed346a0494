#include "pxed/workers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "pxed/api.h"
#include "pxed/manager.h"

/* Entries in one reply. */
#define CHUNK 200

/* A stream of desired state. It holds nothing but how far it has been told. */
struct watch {
        struct watch *next;
        struct manager *manager;
        struct varlink_call *call;
        enum role role;
        uint64_t told;     /* sequence of the feed */
        uint64_t revision; /* of the last reply */
        bool began;     /* the first reply was sent */
        bool completed; /* the last reply said `complete` */
};

struct waiter {
        struct waiter *next;
        struct manager *manager;
        struct varlink_call *call;
        struct uuid node;
        uint64_t revision;
        sd_event_source *timeout;
};

static const unsigned wanted[ROLE_COUNT] = {
        [ROLE_DHCP] = DESIRED_SETTINGS | DESIRED_NETWORK | DESIRED_HOST,
        [ROLE_TFTP] = DESIRED_SETTINGS | DESIRED_NETWORK | DESIRED_PROFILE | DESIRED_NODE,
        [ROLE_NETCFG] = DESIRED_SETTINGS | DESIRED_NETWORK | DESIRED_CAPTURE,
        [ROLE_INTROSPECT] = DESIRED_SETTINGS | DESIRED_NETWORK | DESIRED_NODE,
};

/* The next piece: at most CHUNK entries. NULL: there is nothing to tell. */
static json_t *next_chunk(struct watch *w) {
        struct state *s = w->manager->state;
        const struct feed_item *item = feed_after(&s->desired, w->told, wanted[w->role]);
        if (!item && w->began && w->completed) {
                /* What has changed is nothing to this role: it is not to be looked through again. */
                w->told = s->desired.sequence;
                return NULL;
        }
        bool first = !w->began;
        json_t *entries = json_array();
        for (; item && json_array_size(entries) < CHUNK; item = feed_next(item, wanted[w->role])) {
                w->told = item->sequence;
                /* Of what was gone before the stream began it need not know. */
                if (item->exists || !first)
                        json_array_append_new(entries, desired_entry(s, item->key));
        }
        w->began = true;
        w->completed = item == NULL;
        if (w->completed)
                w->told = s->desired.sequence;
        w->revision = s->revision;
        return json_pack("{s:I, s:b, s:b, s:o}", "revision", (json_int_t) s->revision, "reset", (int) first, "complete",
                         (int) w->completed, "entries", entries);
}

/* One piece at a time: the next when this one has been sent. */
static void send_next(struct watch *w) {
        if (varlink_call_queued(w->call) > 0)
                return;
        json_t *chunk = next_chunk(w);
        if (chunk)
                (void) varlink_reply_more(w->call, chunk);
}

static void on_drained(struct varlink_call *call, void *data) {
        send_next(data);
}

/* What every stream knows of as gone is forgotten. */
static void prune(struct manager *m) {
        uint64_t told = UINT64_MAX;
        for (const struct watch *w = m->workers.watches; w; w = w->next)
                told = w->told < told ? w->told : told;
        feed_prune(&m->state->desired, told);
}

static void on_watch_closed(struct varlink_call *call, void *data) {
        struct watch *w = data;
        struct manager *m = w->manager;
        struct worker_record *record = &m->workers.roles[w->role];

        for (struct watch **at = &m->workers.watches; *at; at = &(*at)->next)
                if (*at == w) {
                        *at = w->next;
                        break;
                }
        if (--record->watches == 0) {
                record->has_applied = false;
                manager_note(m, "daemon.disconnected", NULL, api_worker_name(w->role), "%s has left the bus",
                             api_worker_name(w->role));
        }
        free(w);
}

int workers_watch(struct manager *m, struct varlink_call *call, enum role role) {
        struct worker_record *record = &m->workers.roles[role];
        struct watch *w = calloc(1, sizeof *w);
        if (!w)
                return -ENOMEM;
        w->manager = m;
        w->call = call;
        w->role = role;
        w->next = m->workers.watches;
        m->workers.watches = w;
        if (record->watches++ == 0) {
                record->has_applied = false;
                manager_note(m, "daemon.connected", NULL, api_worker_name(role), "%s is on the bus", api_worker_name(role));
        }
        varlink_call_on_closed(call, on_watch_closed, w);
        varlink_call_on_drained(call, on_drained);
        send_next(w);
        return 0;
}

void workers_send(struct manager *m) {
        for (struct watch *w = m->workers.watches; w; w = w->next)
                send_next(w);
        prune(m);
}

static void waiter_remove(struct waiter *waiter) {
        for (struct waiter **at = &waiter->manager->workers.waiters; *at; at = &(*at)->next)
                if (*at == waiter) {
                        *at = waiter->next;
                        break;
                }
        sd_event_source_disable_unref(waiter->timeout);
        free(waiter);
}

static void on_waiter_closed(struct varlink_call *call, void *data) {
        waiter_remove(data);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        struct waiter *waiter = userdata;
        (void) varlink_error(waiter->call, "org.pxed.Node.NotApplied",
                             json_pack("{s:I, s:s}", "revision", (json_int_t) waiter->revision, "role", role_names[ROLE_TFTP]));
        waiter_remove(waiter);
        return 0;
}

/* Whether the stream has told all that there is to be told to its worker, and the worker has applied that. */
static bool is_level(const struct state *s, const struct watch *w, uint64_t applied) {
        return w->completed && !feed_after(&s->desired, w->told, wanted[w->role]) && applied >= w->revision;
}

/* A change that concerns the role in nothing is never told to it: then what it was told last is what it must have applied. */
bool workers_serve(const struct manager *m, uint64_t revision) {
        const struct worker_record *tftp = &m->workers.roles[ROLE_TFTP];
        if (tftp->watches == 0 || !tftp->has_applied)
                return false;
        bool level = true;
        for (const struct watch *w = m->workers.watches; w; w = w->next)
                level = level && (w->role != ROLE_TFTP || is_level(m->state, w, tftp->applied));
        return level || tftp->applied >= revision;
}

int workers_wait(struct manager *m, struct varlink_call *call, const struct uuid *node, uint64_t revision, unsigned timeout) {
        if (workers_serve(m, revision))
                return api_reply_node(m, call, node);
        struct waiter *waiter = calloc(1, sizeof *waiter);
        if (!waiter)
                return -ENOMEM;
        *waiter = (struct waiter) { m->workers.waiters, m, call, *node, revision, NULL };
        int r = sd_event_add_time_relative(daemon_event(m->daemon), &waiter->timeout, CLOCK_MONOTONIC, timeout * USEC_PER_SEC,
                                           USEC_PER_MSEC, on_timeout, waiter);
        if (r < 0) {
                free(waiter);
                return r;
        }
        m->workers.waiters = waiter;
        varlink_call_on_closed(call, on_waiter_closed, waiter);
        return 0;
}

void workers_applied(struct manager *m, enum role role) {
        if (role != ROLE_TFTP)
                return;
        for (struct waiter *waiter = m->workers.waiters, *next; waiter; waiter = next) {
                next = waiter->next;
                if (!workers_serve(m, waiter->revision))
                        continue;
                struct varlink_call *call = waiter->call;
                struct uuid node = waiter->node;
                waiter_remove(waiter);
                (void) api_reply_node(m, call, &node);
        }
}

json_t *worker_to_json(const struct workers *workers, enum role role) {
        const struct worker_record *record = &workers->roles[role];
        json_t *json = record->status ? json_deep_copy(record->status)
                                      : json_pack("{s:[], s:[]}", "children", "problems");
        if (!json)
                return NULL;
        json_object_set_new(json, "name", json_string(api_worker_name(role)));
        json_object_set_new(json, "connected", json_boolean(record->watches > 0));
        if (record->has_applied)
                json_object_set_new(json, "applied", json_integer((json_int_t) record->applied));
        if (record->watches == 0)
                json_object_set_new(json, "state", json_string("absent"));
        else if (!record->status)
                json_object_set_new(json, "state", json_string("starting"));
        return json;
}

void workers_clear(struct workers *workers) {
        for (int role = 0; role < ROLE_COUNT; role++)
                json_decref(workers->roles[role].status);
}
