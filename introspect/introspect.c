#include "introspect/introspect.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "introspect/api.h"
#include "introspect/delivery.h"
#include "introspect/http.h"
#include "introspect/inspector.h"
#include "introspect/limiter.h"
#include "introspect/listeners.h"
#include "introspect/mailbox.h"
#include "introspect/spool.h"
#include "introspect/state.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/worker.h"
#include "lib/worker_queue.h"

#define SPOOL_POSTS 10000
#define SPOOL_BYTES (512ull * 1024 * 1024)
#define SPOOL_POSTS_PER_MACHINE 4
#define STORAGE_SUBJECT "inventory spool"
#define FLOOD_SUBJECT "inventory flood"
/* After the last machine that was refused for posting too much: while one goes on, it is told of more often. */
#define CALM_AFTER (POST_RATE_TELL_EVERY * 3 / 2)
#define CHECK_EVERY USEC_PER_SEC
#define SWEEP_EVERY (10 * USEC_PER_SEC)
/* Refusals per second that are logged and reported: anybody on the network can cause one. */
#define REFUSALS_PER_SECOND 20

struct introspect {
        struct daemon *daemon;
        struct state *state;
        struct spool *spool;
        struct mailbox *mailbox;
        struct api api;
        bool has_api;
        struct http_threads *http;
        struct listeners *listeners;
        struct inspector *inspector;
        struct delivery *delivery;
        struct worker *worker;
        struct limiter refusals;
        bool renewing; /* a whole state is on its way */
        sd_event_source *sweep, *check, *calm;
};

static void report_step(struct introspect *introspect, const struct note *note, const char *kind, const char *key) {
        char mac[MAC_TEXT_SIZE], node[UUID_TEXT_SIZE];
        json_t *step = json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:o}", "mac", mac_format(&note->mac, mac), "kind", kind, "network",
                                 note->network[0] ? note->network : NULL, "address", note->peer[0] ? note->peer : NULL, "assignment",
                                 json_int_or_null(note->assignment != 0, (int64_t) note->assignment), "detail", json_text(note->detail));

        if (!step)
                return;
        if (note->kind == NOTE_ABORTED)
                json_object_set_new(step, "aborted", json_true());
        if (note->has_node)
                json_object_set_new(step, "node", json_string(uuid_format(&note->node, node)));
        (void) worker_observe(introspect->worker, "step", key, note->time, step);
}

static void log_note(const struct note *note, int level, const char *what) {
        char mac[MAC_TEXT_SIZE], node[UUID_TEXT_SIZE];
        const char *fields[] = { "MAC",     note->has_mac ? mac_format(&note->mac, mac) : NULL,
                                 "NODE",    note->has_node ? uuid_format(&note->node, node) : NULL,
                                 "ADDRESS", note->peer,
                                 "NETWORK", note->network[0] ? note->network : NULL,
                                 NULL };

        log_fields(level, fields, "%s %s: %s", what, note->has_mac ? mac : note->peer, note->detail);
}

/* A machine that is refused again and again has one refusal a minute queued, not thousands. */
static void take_refusal(struct introspect *introspect, const struct note *note) {
        char key[64];
        unsigned missed;

        if (!limiter_allows(&introspect->refusals, monotonic_us(), &missed))
                return;
        if (missed > 0)
                log_warning("%u more refusals came too fast to be told of.", missed);
        log_note(note, LOG_WARNING, "Answered");
        if (!note->has_mac)
                return;
        report_step(introspect, note, "refused", worker_refusal_key(&note->mac, note->time, NULL, key, sizeof(key)) ? key : NULL);
}

/* It asks every other second until it has ended: one is queued. */
static void report_aborted(struct introspect *introspect, const struct note *note) {
        char key[sizeof("aborted/") + MAC_TEXT_SIZE] = "aborted/";

        mac_format(&note->mac, key + strlen(key));
        log_note(note, LOG_INFO, "The ramdisk of");
        report_step(introspect, note, "agent", key);
}

/* One that was not reported yet makes room for the next: pxed is told of the newest. */
static void report_beat(struct introspect *introspect, const struct note *note) {
        char key[sizeof("beat/") + UUID_TEXT_SIZE], mac[MAC_TEXT_SIZE], node[UUID_TEXT_SIZE];

        snprintf(key, sizeof(key), "beat/%s", uuid_format(&note->node, node));
        json_t *beat = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s?}", "node", node, "mac", mac_format(&note->mac, mac), "callbackUrl", note->url,
                                 "agentVersion", note->version[0] ? note->version : NULL, "agentToken", note->agent_token, "verifyCa",
                                 note->verify_ca);
        if (beat)
                (void) worker_observe(introspect->worker, "heartbeat", key, note->time, beat);
}

static void arm(sd_event_source *timer, uint64_t delay) {
        sd_event_source_set_time_relative(timer, delay);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void take_storage_failure(struct introspect *introspect, const struct note *note) {
        daemon_set_problem(introspect->daemon, STORAGE_SUBJECT,
                           "Inventories are not taken into %s/spool: %s. Ramdisks are told to try again until then.",
                           daemon_state_dir(introspect->daemon), note->detail);
        arm(introspect->check, CHECK_EVERY);
}

/* Told of each machine now and then, however much it posts. */
static void take_flood(struct introspect *introspect, const struct note *note) {
        char mac[MAC_TEXT_SIZE];

        take_refusal(introspect, note);
        daemon_set_problem(introspect->daemon, FLOOD_SUBJECT,
                           "The machine %s at %s posts more inventories than one machine may (%s). Others are served. See what runs on it, and switch it off if need be.",
                           mac_format(&note->mac, mac), note->peer[0] ? note->peer : "an unknown address", note->detail);
        arm(introspect->calm, CALM_AFTER);
}

static int on_calm(sd_event_source *source, uint64_t usec, void *userdata) {
        struct introspect *introspect = userdata;

        daemon_clear_problem(introspect->daemon, FLOOD_SUBJECT);
        return 0;
}

static int on_check(sd_event_source *source, uint64_t usec, void *userdata) {
        struct introspect *introspect = userdata;

        if (spool_has_room(introspect->spool))
                daemon_clear_problem(introspect->daemon, STORAGE_SUBJECT);
        else
                arm(introspect->check, CHECK_EVERY);
        return 0;
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *userdata) {
        struct introspect *introspect = userdata;

        http_threads_end_stuck(introspect->http);
        inspector_end_stuck(introspect->inspector);
        arm(introspect->sweep, SWEEP_EVERY);
        return 0;
}

static void on_note(const struct note *note, void *userdata) {
        struct introspect *introspect = userdata;

        switch (note->kind) {
        case NOTE_REFUSED:
                take_refusal(introspect, note);
                break;
        case NOTE_AGENT:
                log_note(note, LOG_DEBUG, "The ramdisk of");
                report_step(introspect, note, "agent", NULL);
                break;
        case NOTE_BEAT:
                report_beat(introspect, note);
                break;
        case NOTE_ACCEPTED:
                log_note(note, LOG_INFO, "Accepted the inventory of");
                report_step(introspect, note, "inventory", NULL);
                delivery_go_on(introspect->delivery);
                break;
        case NOTE_ABORTED:
                report_aborted(introspect, note);
                break;
        case NOTE_FLOOD:
                take_flood(introspect, note);
                break;
        case NOTE_STORAGE:
                take_storage_failure(introspect, note);
                break;
        }
}

static void on_begin(void *userdata) {
        struct introspect *introspect = userdata;

        introspect->renewing = true;
        state_begin(introspect->state);
}

static void on_entry(const char *key, const json_t *entry, void *userdata) {
        struct introspect *introspect = userdata;

        if (key)
                state_apply(introspect->state, key, entry);
}

static bool on_commit(uint64_t revision, void *userdata) {
        struct introspect *introspect = userdata;
        const struct state_network *networks;

        state_commit(introspect->state);
        /* The messages of a whole state are some megabytes, which nobody needs again. */
        if (introspect->renewing)
                malloc_trim(0);
        introspect->renewing = false;
        size_t size = state_networks(introspect->state, &networks);
        listeners_set(introspect->listeners, networks, size, state_port(introspect->state));
        inspector_set_address(introspect->inspector, state_inspector(introspect->state));
        delivery_go_on(introspect->delivery);
        log_debug("Revision %llu: %zu nodes, %zu networks.", (unsigned long long) revision, state_nodes(introspect->state), size);
        return true;
}

int introspect_new(struct daemon *daemon, struct introspect **ret) {
        _cleanup_(introspect_freep) struct introspect *introspect = calloc(1, sizeof(*introspect));

        if (!introspect)
                return -ENOMEM;
        introspect->daemon = daemon;
        introspect->refusals = limiter_new(REFUSALS_PER_SECOND);
        int r = state_new(&introspect->state);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(introspect);
        return 0;
}

struct introspect *introspect_free(struct introspect *introspect) {
        if (!introspect)
                return NULL;
        inspector_free(introspect->inspector);
        listeners_free(introspect->listeners);
        http_threads_free(introspect->http); /* no thread is left after this */
        worker_free(introspect->worker);
        delivery_free(introspect->delivery);
        if (introspect->has_api)
                api_clear(&introspect->api);
        mailbox_free(introspect->mailbox);
        spool_free(introspect->spool);
        state_free(introspect->state);
        sd_event_source_disable_unref(introspect->sweep);
        sd_event_source_disable_unref(introspect->check);
        sd_event_source_disable_unref(introspect->calm);
        free(introspect);
        return NULL;
}

static int add_timer(struct introspect *introspect, sd_event_source **ret, uint64_t delay, sd_event_time_handler_t handler) {
        sd_event *event = daemon_event(introspect->daemon);

        return sd_event_add_time_relative(event, ret, CLOCK_MONOTONIC, delay, USEC_PER_SEC / 4, handler, introspect);
}

static int start_parts(struct introspect *introspect) {
        const struct worker_options options = {
                .role = "introspect",
                .begin = on_begin,
                .entry = on_entry,
                .commit = on_commit,
                .userdata = introspect,
        };
        struct daemon *daemon = introspect->daemon;
        int r;

        if ((r = mailbox_new(daemon_event(daemon), PRIORITY_NORMAL, on_note, introspect, &introspect->mailbox)) < 0 ||
            (r = api_init(&introspect->api, introspect->state, introspect->spool, introspect->mailbox)) < 0)
                return r;
        introspect->has_api = true;
        if ((r = http_new(&introspect->api, &introspect->http)) < 0 ||
            (r = listeners_new(daemon, introspect->http, &introspect->listeners)) < 0 ||
            (r = inspector_new(daemon, &introspect->inspector)) < 0 || (r = delivery_new(daemon, introspect->spool, &introspect->delivery)) < 0 ||
            (r = add_timer(introspect, &introspect->sweep, SWEEP_EVERY, on_sweep)) < 0 ||
            (r = add_timer(introspect, &introspect->check, CHECK_EVERY, on_check)) < 0 ||
            (r = add_timer(introspect, &introspect->calm, CALM_AFTER, on_calm)) < 0 ||
            (r = worker_new(daemon, &options, &introspect->worker)) < 0)
                return r;
        delivery_set_worker(introspect->delivery, introspect->worker);
        return 0;
}

int introspect_start(struct introspect *introspect) {
        const struct spool_limits limits = { .posts = SPOOL_POSTS, .bytes = SPOOL_BYTES, .posts_per_machine = SPOOL_POSTS_PER_MACHINE };
        const char *folder = daemon_state_dir(introspect->daemon);
        int r = spool_new(folder, &limits, &introspect->spool);

        if (r < 0) {
                log_error("Cannot use the state directory %s: %s. Inventories are kept there until pxed has them.", folder, strerror(-r));
                return r;
        }
        r = start_parts(introspect);
        if (r < 0)
                log_error("Cannot start: %s", strerror(-r));
        return r;
}
