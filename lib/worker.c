#include "lib/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/varlink_client.h"
#include "lib/worker_batch.h"
#include "lib/worker_kept.h"

#define QUEUE_MAX 10000
#define FLUSH_DELAY (20 * USEC_PER_MSEC)
#define RECONNECT_FIRST (100 * USEC_PER_MSEC)
#define RECONNECT_LAST (2 * USEC_PER_SEC)
/* Daemons start at the same time: for so long pxed's own state is waited for before an older one is served. */
#define PATIENCE (500 * USEC_PER_MSEC)
#define HELD_RETRY (1 * USEC_PER_SEC)
#define REPORTS_SUBJECT "reports to pxed"
/* What pxed sends at most: a chunk of desired state. */
#define MESSAGE_MAX (4 * 1024 * 1024)

struct worker {
        struct daemon *daemon;
        struct worker_options options;
        /* Two connections, because calls of one are answered one after the other and Watch is never done. They live and die together. */
        struct varlink_client *client; /* Report */
        struct varlink_client *watch;
        struct worker_kept *kept;
        bool has_state;  /* pxed's, or what was kept */
        bool is_coming;  /* pxed's has begun to */
        sd_event_source *reconnect, *flush, *drop, *patience;
        uint64_t backoff;
        bool failure_told;

        struct worker_batch batch;
        bool waiting; /* a Report is on its way */
        bool held;    /* pxed could not take the batch: it is sent again when the flush timer comes */
        char instance[UUID_TEXT_SIZE];

        bool has_applied;
        uint64_t applied;
        bool news; /* status or applied are to be told */
};

bool worker_is_connected(const struct worker *worker) {
        return worker->client != NULL;
}

static void arm(sd_event_source *timer, uint64_t delay) {
        sd_event_source_set_time_relative(timer, delay);
        sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Asks for a report soon: what comes within the delay goes out together. */
static void schedule_flush(struct worker *worker, uint64_t delay) {
        int enabled = SD_EVENT_OFF;
        uint64_t at, now = 0;

        if (!worker->client || worker->waiting || worker->held)
                return;
        sd_event_source_get_enabled(worker->flush, &enabled);
        sd_event_source_get_time(worker->flush, &at);
        sd_event_now(daemon_event(worker->daemon), CLOCK_MONOTONIC, &now);
        if (enabled == SD_EVENT_OFF || at > now + delay)
                arm(worker->flush, delay);
}

/* What must be known stored is waited for by somebody: it goes at once. */
static uint64_t next_delay(const struct worker *worker) {
        return worker->news || worker->batch.first || worker->batch.durables.first ? 0 : FLUSH_DELAY;
}

/* It is for what is in the batch that pxed will not have it. Whatever else pxed says (PermissionDenied, while the configuration names another user) may pass. */
static bool blames_batch(const char *error) {
        return strcmp(error, "org.pxed.Worker.Invalid") == 0 || strcmp(error, "org.varlink.service.InvalidParameter") == 0;
}

/* The batch is sent again after a while. */
static void hold(struct worker *worker, const char *error) {
        worker->held = true;
        arm(worker->flush, HELD_RETRY);
        /* Where it is pxed's storage, pxed itself tells. */
        if (strcmp(error, "org.pxed.Worker.StorageFailed") != 0)
                daemon_set_problem(worker->daemon, REPORTS_SUBJECT,
                                   "pxed answers %.100s: what is to be reported waits, and it is tried again every second. See that this daemon is run by the user "
                                   "that [bus] of pxed.conf names for it, and that both are of one version.",
                                   error);
}

/* The batch will not be taken, and nothing is gained by sending it again. */
static void give_up(struct worker *worker, int result, const char *error, const json_t *parameters) {
        _cleanup_free_ char *text = parameters ? json_dumps(parameters, JSON_COMPACT) : NULL;

        log_error("%zu observations are given up: pxed %s %s", worker->batch.at_once, error, text ?: "");
        worker_batch_settle(&worker->batch, result);
}

static void on_report_reply(struct varlink_client *client, const char *error, const json_t *parameters, bool continues, void *userdata) {
        struct worker *worker = userdata;

        worker->waiting = false;
        if (error && !error[0]) { /* connection lost: the batch is sent again */
                if (!worker_batch_lost(&worker->batch))
                        give_up(worker, -EIO, "closed the connection on them again and again", NULL);
                return;
        }
        if (error && !blames_batch(error)) {
                hold(worker, error);
                return;
        }
        daemon_clear_problem(worker->daemon, REPORTS_SUBJECT);
        if (!error)
                worker_batch_settle(&worker->batch, 0);
        else if (!worker_batch_split(&worker->batch))
                give_up(worker, -EINVAL, error, parameters);
        if (worker->batch.first || worker_batch_waiting(&worker->batch) > 0 || worker->news)
                schedule_flush(worker, next_delay(worker));
}

/* The parameters of Report but for the batch. */
static json_t *report_head(struct worker *worker) {
        /* What pxed keeps is how things stand once it has taken this. */
        json_t *status = daemon_status(worker->daemon);

        json_object_set_new(status, "queued", json_integer((json_int_t) worker_batch_waiting(&worker->batch)));
        return json_pack("{s:s, s:s, s:o, s:o}", "role", worker->options.role, "instance", worker->instance, "applied",
                         json_int_or_null(worker->has_applied, (int64_t) worker->applied), "status", status);
}

static void send_report(struct worker *worker) {
        worker_batch_fill(&worker->batch);
        worker->news = false;
        _cleanup_json_ json_t *head = report_head(worker);
        size_t size;
        char *report = head ? worker_batch_write(&worker->batch, head, &size) : NULL;
        worker->waiting = true;
        int r = report ? varlink_client_call_text(worker->client, report, size, on_report_reply, worker) : -ENOMEM;
        if (r < 0) {
                worker->waiting = false;
                worker->held = worker->news = true;
                arm(worker->flush, HELD_RETRY);
                log_warning("Cannot report to pxed: %s", strerror(-r));
        }
}

static int on_flush(sd_event_source *source, uint64_t usec, void *userdata) {
        struct worker *worker = userdata;

        worker->held = false;
        if (worker->client && !worker->waiting)
                send_report(worker);
        return 0;
}

static void on_watch_reply(struct varlink_client *client, const char *error, const json_t *parameters, bool continues, void *userdata) {
        struct worker *worker = userdata;
        const json_t *entry;
        size_t i;

        if (error && !error[0])
                return;
        if (error || !parameters) {
                log_error("pxed does not let this daemon watch the desired state: %s. Is it run by the user that [bus] of pxed.conf names?",
                          error ?: "no reply");
                arm(worker->drop, 0);
                return;
        }
        if (json_get_bool(parameters, "reset", false)) {
                worker->is_coming = true;
                worker_kept_begin(worker->kept);
                if (worker->options.begin)
                        worker->options.begin(worker->options.userdata);
        }
        json_array_foreach(json_get_array(parameters, "entries"), i, entry) {
                worker_kept_take(worker->kept, json_get_string(entry, "key"), entry);
                worker->options.entry(json_get_string(entry, "key"), entry, worker->options.userdata);
        }
        if (!json_get_bool(parameters, "complete", false))
                return;
        uint64_t revision = (uint64_t) json_get_int(parameters, "revision", 0);
        worker->backoff = RECONNECT_FIRST;
        worker->has_state = true;
        if (!worker->options.commit || worker->options.commit(revision, worker->options.userdata))
                worker_applied(worker, revision);
        /* Machines go first. */
        worker_kept_commit(worker->kept, revision);
}

/* Closes the connection outside of the client's own callbacks, and comes back after a while. */
static int on_drop(sd_event_source *source, uint64_t usec, void *userdata) {
        struct worker *worker = userdata;

        worker->client = varlink_client_free(worker->client);
        worker->watch = varlink_client_free(worker->watch);
        worker->waiting = worker->is_coming = false;
        arm(worker->reconnect, worker->backoff);
        worker->backoff = worker->backoff * 2 > RECONNECT_LAST ? RECONNECT_LAST : worker->backoff * 2;
        return 0;
}

static void on_closed(struct varlink_client *client, void *userdata) {
        struct worker *worker = userdata;
        int enabled = SD_EVENT_OFF;

        sd_event_source_get_enabled(worker->drop, &enabled);
        if (enabled == SD_EVENT_OFF) /* the first of the two that ends */
                log_notice("The connection to pxed has ended; machines go on being served from what is known.");
        arm(worker->drop, 0);
}

static void tell_failure(struct worker *worker, const char *path, int error) {
        if (!worker->failure_told)
                log_notice("Cannot connect to pxed at %s (%s); will try until it is there.", path, strerror(-error));
        worker->failure_told = true;
}

static int connect_one(struct worker *worker, const char *path, struct varlink_client **ret) {
        int r = varlink_client_connect(daemon_event(worker->daemon), path, MESSAGE_MAX, ret);

        if (r == 0)
                varlink_client_on_closed(*ret, on_closed, worker);
        return r;
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata) {
        struct worker *worker = userdata;
        char path[256];
        int r;

        snprintf(path, sizeof(path), "%s/bus", daemon_runtime_dir(worker->daemon));
        if ((r = connect_one(worker, path, &worker->watch)) == 0 && (r = connect_one(worker, path, &worker->client)) == 0)
                r = varlink_client_call(worker->watch, "org.pxed.Worker.Watch", json_pack("{s:s}", "role", worker->options.role), true,
                                        on_watch_reply, worker);
        if (r < 0) {
                tell_failure(worker, path, r);
                return on_drop(NULL, 0, worker);
        }
        log_info("Connected to pxed.");
        worker->failure_told = false;
        /* The number is of the state before: another pxed, or one whose store was put back, counts anew. */
        worker->has_applied = false;
        send_report(worker);
        return 0;
}

/* pxed is not there, or says nothing. */
static int on_patience(sd_event_source *source, uint64_t usec, void *userdata) {
        struct worker *worker = userdata;

        if (worker->has_state)
                return 0;
        if (worker->is_coming) {
                arm(worker->patience, PATIENCE);
                return 0;
        }
        worker->has_state = true;
        worker_kept_deliver(worker->kept, &worker->options);
        return 0;
}

static void add_status(json_t *status, void *userdata) {
        struct worker *worker = userdata;

        json_object_set_new(status, "connected", json_boolean(worker->client != NULL));
        json_object_set_new(status, "applied", json_int_or_null(worker->has_applied, (int64_t) worker->applied));
        json_object_set_new(status, "queued", json_integer((json_int_t) (worker_batch_waiting(&worker->batch) + worker->batch.size)));
        json_object_set_new(status, "dropped", json_integer((json_int_t) worker->batch.queue.dropped));
}

static void on_status_changed(void *userdata) {
        struct worker *worker = userdata;

        worker->news = true;
        schedule_flush(worker, FLUSH_DELAY);
}

static int add_timer(struct worker *worker, sd_event_source **ret, sd_event_time_handler_t handler) {
        int r = sd_event_add_time_relative(daemon_event(worker->daemon), ret, CLOCK_MONOTONIC, 0, 1, handler, worker);

        if (r == 0)
                r = sd_event_source_set_priority(*ret, PRIORITY_BUS);
        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int worker_new(struct daemon *daemon, const struct worker_options *options, struct worker **ret) {
        _cleanup_(worker_freep) struct worker *worker = calloc(1, sizeof(*worker));
        struct uuid instance;
        int r;

        if (!worker)
                return -ENOMEM;
        worker->daemon = daemon;
        worker->options = *options;
        worker->batch.queue.max = options->queue_max ?: QUEUE_MAX;
        worker->backoff = RECONNECT_FIRST;
        if ((r = worker_kept_new(daemon, options->role, &worker->kept)) < 0)
                return r;
        uuid_random(&instance);
        uuid_format(&instance, worker->instance);
        if ((r = add_timer(worker, &worker->reconnect, on_reconnect)) < 0 || (r = add_timer(worker, &worker->flush, on_flush)) < 0 ||
            (r = add_timer(worker, &worker->drop, on_drop)) < 0 || (r = add_timer(worker, &worker->patience, on_patience)) < 0)
                return r;
        daemon_set_status_hooks(daemon, add_status, on_status_changed, worker);
        arm(worker->reconnect, 0);
        arm(worker->patience, PATIENCE);
        *ret = TAKE_POINTER(worker);
        return 0;
}

struct worker *worker_free(struct worker *worker) {
        if (!worker)
                return NULL;
        daemon_set_status_hooks(worker->daemon, NULL, NULL, NULL);
        varlink_client_free(worker->client);
        varlink_client_free(worker->watch);
        sd_event_source_disable_unref(worker->reconnect);
        sd_event_source_disable_unref(worker->flush);
        sd_event_source_disable_unref(worker->drop);
        sd_event_source_disable_unref(worker->patience);
        worker_kept_free(worker->kept);
        worker_batch_clear(&worker->batch, -ECANCELED);
        free(worker);
        return NULL;
}

void worker_applied(struct worker *worker, uint64_t revision) {
        worker->has_applied = true;
        worker->applied = revision;
        worker->news = true;
        schedule_flush(worker, 0);
}

bool worker_observe(struct worker *worker, const char *kind, const char *key, uint64_t time, json_t *value) {
        struct worker_item *item = calloc(1, sizeof(*item));

        if (!item || (key && !(item->key = strdup(key)))) {
                json_decref(value);
                free(item);
                return false;
        }
        item->value = json_pack("{s:I, s:o}", "time", (json_int_t) time, kind, value);
        if (!item->value) {
                worker_item_free(item);
                return false;
        }
        bool kept = worker_queue_add(&worker->batch.queue, item);
        schedule_flush(worker, next_delay(worker));
        return kept;
}

void worker_observe_durably(struct worker *worker, char *observation, size_t size, void (*done)(int result, void *data), void *data) {
        if (!worker_batch_add_durable(&worker->batch, observation, size, done, data)) {
                free(observation);
                done(-ENOMEM, data);
                return;
        }
        schedule_flush(worker, next_delay(worker));
}
