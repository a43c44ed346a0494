#include "lib/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/varlink_client.h"
#include "lib/worker_kept.h"
#include "lib/worker_queue.h"

#define QUEUE_MAX 10000
#define BATCH_MAX 200
#define FLUSH_DELAY (20 * USEC_PER_MSEC)
#define RECONNECT_FIRST (100 * USEC_PER_MSEC)
#define RECONNECT_LAST (2 * USEC_PER_SEC)
#define BATCH_LOSSES_MAX 10
/* Daemons start at the same time: for so long pxed's own state is waited for before an older one is served. */
#define PATIENCE (500 * USEC_PER_MSEC)
#define STORAGE_RETRY (1 * USEC_PER_SEC)
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

        struct worker_queue queue;
        struct worker_item *batch; /* sent, or to be sent again, under the number `batch_number`; NULL: none */
        size_t batch_size;
        unsigned batch_losses; /* connections that ended while it was on its way */
        bool waiting; /* a Report is on its way */
        bool held;    /* pxed could not store the batch: it is sent again when the flush timer comes */
        char instance[UUID_TEXT_SIZE];
        uint64_t batch_number;

        bool has_applied;
        uint64_t applied;
        bool news; /* status or applied are to be told */
};

static void send_report(struct worker *worker);

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

static void free_batch(struct worker *worker, int result) {
        struct worker_item *item = TAKE_POINTER(worker->batch);

        worker->batch_size = 0;
        worker->batch_losses = 0;
        while (item) {
                struct worker_item *next = item->next;
                if (item->done)
                        item->done(result, item->data);
                worker_item_free(item);
                item = next;
        }
}

/* An observation that must be known stored may be large: it goes alone. */
static void fill_batch(struct worker *worker) {
        struct worker_item **end = &worker->batch;

        while (worker->queue.first && worker->batch_size < BATCH_MAX) {
                bool alone = worker->queue.first->durable;
                if (alone && worker->batch_size > 0)
                        break;
                *end = worker_queue_take(&worker->queue);
                end = &(*end)->next;
                worker->batch_size++;
                if (alone)
                        break;
        }
        worker->batch_number++;
}

/* A batch that ends the connection each time it is sent would hold up all that comes after it for ever. */
static void give_up_poison(struct worker *worker) {
        if (!worker->batch || ++worker->batch_losses < BATCH_LOSSES_MAX)
                return;
        log_error("pxed closed the connection %u times on the same %zu observations; they are given up.", worker->batch_losses,
                  worker->batch_size);
        free_batch(worker, -EIO);
}

/* What must be known stored is waited for by somebody: it goes at once. */
static uint64_t next_delay(const struct worker *worker) {
        return worker->news || (worker->queue.first && worker->queue.first->durable) ? 0 : FLUSH_DELAY;
}

static void on_report_reply(struct varlink_client *client, const char *error, const json_t *parameters, bool continues, void *userdata) {
        struct worker *worker = userdata;

        worker->waiting = false;
        if (error && !error[0]) { /* connection lost: the batch is sent again under its number */
                give_up_poison(worker);
                return;
        }
        if (error && strcmp(error, "org.pxed.Worker.StorageFailed") == 0) {
                worker->held = true;
                arm(worker->flush, STORAGE_RETRY);
                return;
        }
        if (error) {
                _cleanup_free_ char *text = json_dumps(parameters, JSON_COMPACT);
                log_error("pxed refused %zu observations: %s %s", worker->batch_size, error, text ?: "");
        }
        free_batch(worker, error ? -EINVAL : 0);
        if (worker->queue.first || worker->news)
                schedule_flush(worker, next_delay(worker));
}

static void send_report(struct worker *worker) {
        json_t *observations = json_array();

        if (!worker->batch)
                fill_batch(worker);
        for (struct worker_item *item = worker->batch; item; item = item->next)
                json_array_append(observations, item->value);
        worker->news = false;
        /* What pxed keeps is how things stand once it has taken this. */
        json_t *status = daemon_status(worker->daemon);
        json_object_set_new(status, "queued", json_integer((json_int_t) worker->queue.size));
        json_t *report = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o}", "role", worker->options.role, "instance", worker->instance, "batch",
                                   (json_int_t) worker->batch_number, "applied",
                                   json_int_or_null(worker->has_applied, (int64_t) worker->applied), "status",
                                   status, "observations", observations);
        worker->waiting = true;
        int r = varlink_client_call(worker->client, "org.pxed.Worker.Report", report, false, on_report_reply, worker);
        if (r < 0) {
                worker->waiting = false;
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
        json_object_set_new(status, "queued", json_integer((json_int_t) (worker->queue.size + worker->batch_size)));
        json_object_set_new(status, "dropped", json_integer((json_int_t) worker->queue.dropped));
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
        worker->queue.max = options->queue_max ?: QUEUE_MAX;
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
        free_batch(worker, -ECANCELED);
        worker_queue_clear(&worker->queue);
        free(worker);
        return NULL;
}

void worker_applied(struct worker *worker, uint64_t revision) {
        worker->has_applied = true;
        worker->applied = revision;
        worker->news = true;
        schedule_flush(worker, 0);
}

static bool observe(struct worker *worker, const char *kind, uint64_t time, json_t *value, struct worker_item *item) {
        item->value = json_pack("{s:I, s:o}", "time", (json_int_t) time, kind, value);
        if (!item->value) {
                if (item->done)
                        item->done(-ENOMEM, item->data);
                worker_item_free(item);
                return false;
        }
        bool kept = worker_queue_add(&worker->queue, item);
        schedule_flush(worker, next_delay(worker));
        return kept;
}

bool worker_observe(struct worker *worker, const char *kind, const char *key, uint64_t time, json_t *value) {
        struct worker_item *item = calloc(1, sizeof(*item));

        if (!item || (key && !(item->key = strdup(key)))) {
                json_decref(value);
                free(item);
                return false;
        }
        return observe(worker, kind, time, value, item);
}

void worker_observe_durably(struct worker *worker, const char *kind, uint64_t time, json_t *value,
                            void (*done)(int result, void *data), void *data) {
        struct worker_item *item = calloc(1, sizeof(*item));

        if (!item) {
                json_decref(value);
                done(-ENOMEM, data);
                return;
        }
        item->durable = true;
        item->done = done;
        item->data = data;
        (void) observe(worker, kind, time, value, item);
}
