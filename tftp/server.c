#include "tftp/server.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/worker.h"
#include "tftp/explain.h"
#include "tftp/listeners.h"
#include "tftp/loaders.h"
#include "tftp/tftpd.h"

#define CHECK_EVERY USEC_PER_SEC
#define SAMPLE_EVERY (200 * USEC_PER_MSEC)
#define KEY_SIZE 1280
#define TRIM_AFTER 500 /* entries */

struct server {
        struct daemon *daemon;
        struct worker *worker;
        struct server_options options;
        struct loaders *loaders;
        struct http_context http;
        struct listeners *listeners;
        struct snapshot *current; /* what is published, a reference of the main thread's */
        struct snapshot *next;    /* what is being put together; NULL: nothing */
        struct tftpd **children;
        size_t n_children;
        unsigned entries; /* taken since memory was given back: their text left free memory behind */
        sd_event_source *check, *sample, *reports;
};

static void observe(const struct report *report, void *userdata) {
        struct server *server = userdata;
        char key[KEY_SIZE];

        worker_observe(server->worker, "step", report_key(report, key, sizeof(key)) ? key : NULL, report->time, report_to_step(report));
}

/* ---- desired state ---- */

static struct snapshot *next_snapshot(struct server *server) {
        if (!server->next) {
                int r = server->current ? snapshot_copy(server->current, &server->next) : snapshot_new(&server->next);
                if (r < 0)
                        log_error("Cannot take the desired state: %s.", strerror(-r));
        }
        return server->next;
}

static void on_begin(void *userdata) {
        struct server *server = userdata;

        server->next = snapshot_unref(server->next);
        if (snapshot_new(&server->next) < 0)
                log_error("Cannot take the desired state: no memory.");
}

static void on_entry(const char *key, const json_t *entry, void *userdata) {
        struct server *server = userdata;
        struct snapshot *next = next_snapshot(server);
        int r = next ? snapshot_apply(next, key, entry) : 0;

        server->entries++;
        if (r < 0)
                log_error("Entry %s of the desired state cannot be used and is left out: %s.", key, strerror(-r));
}

static bool has_child_for(const struct server *server, const struct network *network) {
        for (size_t i = 0; i < server->n_children; i++)
                if (tftpd_is_for(server->children[i], network))
                        return true;
        return false;
}

static bool is_wanted(const struct server *server, const struct tftpd *tftpd) {
        for (size_t i = 0; i < server->current->n_networks; i++)
                if (tftpd_is_for(tftpd, server->current->networks[i]))
                        return true;
        return false;
}

static void add_child(struct server *server, const struct network *network) {
        struct tftpd **more = reallocarray(server->children, server->n_children + 1, sizeof(*more));
        int r = -ENOMEM;

        if (more) {
                server->children = more;
                r = tftpd_new(server->daemon, server->options.tftpd, loaders_directory(server->loaders), network, &more[server->n_children]);
        }
        if (r < 0)
                log_error("Cannot start in.tftpd of network %s: %s.", network->name, strerror(-r));
        else
                server->n_children++;
}

static void apply_children(struct server *server) {
        for (size_t i = 0; i < server->n_children; )
                if (is_wanted(server, server->children[i]))
                        i++;
                else {
                        tftpd_free(server->children[i]);
                        server->children[i] = server->children[--server->n_children];
                }
        for (size_t i = 0; i < server->current->n_networks; i++)
                if (!has_child_for(server, server->current->networks[i]))
                        add_child(server, server->current->networks[i]);
}

/* What a death kept from pxed: it would let the machine boot once more when this daemon's memory is lost too. */
static void tell_untold(struct server *server) {
        for (struct report *report = consumed_untold(server->http.consumed, server->current), *next; report; report = next) {
                next = report->next;
                observe(report, server);
                report_free(report);
        }
}

/* From the moment that this returns each new request is answered by the new state. */
static bool on_commit(uint64_t revision, void *userdata) {
        struct server *server = userdata;

        if (!server->next)
                return true;
        snapshot_unref(server->current);
        server->current = TAKE_POINTER(server->next);
        published_set(server->http.published, snapshot_ref(server->current));
        /* A state that is older than what was consumed would make it forgotten. */
        if (revision != WORKER_KEPT) {
                consumed_prune(server->http.consumed, server->current);
                tell_untold(server);
        }
        listeners_set(server->listeners, server->current);
        apply_children(server);
        if (revision != WORKER_KEPT)
                log_debug("Applied revision %" PRIu64 ": %zu nodes.", revision, server->current->n_nodes);
        return true;
}

/* ---- reports ---- */

static void log_report(const struct report *report) {
        static const char *const texts[] = {
                [REPORT_SCRIPT] = "was given the boot script of", [REPORT_STARTED] = "has fetched all of", [REPORT_REFUSED] = "was refused",
        };
        char mac[MAC_TEXT_SIZE], node[UUID_TEXT_SIZE];
        const char *const fields[] = { "MAC",     mac_format(&report->mac, mac),
                                       "NETWORK", report->network,
                                       "PROFILE", report->profile[0] ? report->profile : NULL,
                                       report->has_node ? "NODE" : NULL, report->has_node ? uuid_format(&report->node, node) : NULL, NULL };

        if (report->kind == REPORT_FILE)
                log_fields(LOG_DEBUG, fields, "%s was sent %" PRIu64 " of %" PRIu64 " bytes of %s.", mac, report->bytes, report->total, report->file);
        else
                log_fields(LOG_INFO, fields, "%s %s %s%s%s", mac, texts[report->kind], report->profile[0] ? report->profile : "a boot",
                           report->detail ? ": " : ".", report->detail ? report->detail : "");
}

/* The disk remembers before pxed hears of it: it must not be booted twice when we die in between. */
static void store_consumed(struct server *server, const struct report *report) {
        int r = consumed_store(server->http.consumed, report);

        if (r < 0)
                daemon_set_problem(server->daemon, "consumed assignments",
                                   "cannot write to %s: %s; after a restart of pxed-tftp a machine may boot once more what was to be booted once",
                                   daemon_state_dir(server->daemon), strerror(-r));
        else
                daemon_clear_problem(server->daemon, "consumed assignments");
}

static int on_sample(sd_event_source *source, uint64_t now, void *userdata) {
        struct server *server = userdata;

        if (transfers_sample(server->http.transfers, observe, server) == 0)
                return sd_event_source_set_enabled(source, SD_EVENT_OFF);
        sd_event_source_set_time(source, now + SAMPLE_EVERY);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_reports(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        struct server *server = userdata;
        int enabled;

        for (struct report *report = reports_take(server->http.reports), *next; report; report = next) {
                next = report->next;
                if (report->kind == REPORT_STARTED && report->once && report->has_node)
                        store_consumed(server, report);
                observe(report, server);
                log_report(report);
                report_free(report);
        }
        /* A transfer may have begun. */
        if (sd_event_source_get_enabled(server->sample, &enabled) >= 0 && enabled == SD_EVENT_OFF) {
                sd_event_source_set_time(server->sample, monotonic_us() + SAMPLE_EVERY);
                sd_event_source_set_enabled(server->sample, SD_EVENT_ONESHOT);
        }
        return 0;
}

/* ---- explanation ---- */

static const char *explained_network(void *userdata, size_t index) {
        const struct server *server = userdata;
        return server->current && server->current->settings && index < server->current->n_networks ? server->current->networks[index]->name : NULL;
}

static const char *tftp_silence(const struct server *server, const struct network *network) {
        for (size_t i = 0; i < server->n_children; i++)
                if (tftpd_is_for(server->children[i], network))
                        return tftpd_silence(server->children[i]);
        return "it could not be started";
}

static json_t *explained_answers(void *userdata, size_t index, const struct explain_question *question) {
        const struct server *server = userdata;
        const struct network *network = server->current->networks[index];
        const struct explain_inputs inputs = {
                .snapshot = server->current, .network = network, .consumed = server->http.consumed,
                .loader_directory = server->http.loader_directory, .tftp_problem = tftp_silence(server, network),
                .http_problem = listeners_silence(server->listeners, &network->address, server->current->settings->http_port),
        };
        return explain_boot(&inputs, question);
}

static int handle_explain(struct varlink_call *call, const json_t *parameters, void *userdata) {
        static const struct explain_source source = { explained_network, explained_answers };
        return explain_handle(call, parameters, &source, daemon_userdata(userdata));
}

const struct varlink_method server_methods[] = {
        { "org.pxed.Explain.Explain", handle_explain, VARLINK_READ },
        {},
};

/* ---- what is looked after ---- */

static void check_images(struct server *server) {
        const char *directory = server->current && server->current->settings ? server->current->settings->image_directory : NULL;

        if (directory && access(directory, R_OK | X_OK) < 0)
                daemon_set_problem(server->daemon, "image folder", "%s cannot be read (%s): create it and put the images there", directory,
                                   strerror(errno));
        else
                daemon_clear_problem(server->daemon, "image folder");
}

static int on_check(sd_event_source *source, uint64_t now, void *userdata) {
        struct server *server = userdata;

        loaders_check(server->loaders);
        listeners_check(server->listeners);
        check_images(server);
        listeners_end_stuck(server->listeners);
        if (server->entries >= TRIM_AFTER && !server->next) {
                malloc_trim(0);
                server->entries = 0;
        }
        sd_event_source_set_time(source, now + CHECK_EVERY);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int add_sources(struct server *server) {
        sd_event *event = daemon_event(server->daemon);
        int r = sd_event_add_time(event, &server->check, CLOCK_MONOTONIC, monotonic_us() + CHECK_EVERY, 0, on_check, server);

        if (r >= 0)
                r = sd_event_add_time(event, &server->sample, CLOCK_MONOTONIC, UINT64_MAX, 10 * USEC_PER_MSEC, on_sample, server);
        if (r >= 0)
                r = sd_event_source_set_enabled(server->sample, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_io(event, &server->reports, reports_fd(server->http.reports), EPOLLIN, on_reports, server);
        return r;
}

static int make_http_context(struct server *server) {
        struct http_context *http = &server->http;
        _cleanup_free_ char *consumed = path_join(daemon_state_dir(server->daemon), "consumed");
        int r = consumed ? 0 : -ENOMEM;

        if (r >= 0 && (r = consumed_new(consumed, &http->consumed)) < 0)
                log_error("Cannot use the folder %s: %s.", consumed, strerror(-r));
        if (r >= 0)
                r = published_new(&http->published);
        if (r >= 0)
                r = reports_new(&http->reports);
        if (r >= 0)
                r = transfers_new(http->reports, &http->transfers);
        if (r >= 0)
                r = boots_new(&http->boots);
        http->loader_directory = loaders_directory(server->loaders);
        return r;
}

int server_new(struct daemon *daemon, const struct server_options *options, struct server **ret) {
        _cleanup_(server_freep) struct server *server = calloc(1, sizeof(*server));
        const struct worker_options worker = {
                .role = "tftp", .begin = on_begin, .entry = on_entry, .commit = on_commit, .userdata = server
        };
        int r;

        if (!server)
                return -ENOMEM;
        server->daemon = daemon;
        server->options = *options;
        r = loaders_new(daemon, options->ipxe_directory, &server->loaders);
        if (r >= 0)
                r = make_http_context(server);
        if (r >= 0)
                r = listeners_new(daemon, &server->http, &server->listeners);
        if (r >= 0)
                r = add_sources(server);
        if (r < 0)
                return r;
        loaders_check(server->loaders);
        r = worker_new(daemon, &worker, &server->worker);
        if (r < 0)
                return r;
        daemon_set_userdata(daemon, server);
        *ret = TAKE_POINTER(server);
        return 0;
}

struct server *server_free(struct server *server) {
        if (!server)
                return NULL;
        daemon_set_userdata(server->daemon, NULL);
        /* The HTTP threads end first: they use all the rest. */
        listeners_free(server->listeners);
        for (size_t i = 0; i < server->n_children; i++)
                tftpd_free(server->children[i]);
        free(server->children);
        worker_free(server->worker);
        sd_event_source_disable_unref(server->check);
        sd_event_source_disable_unref(server->sample);
        sd_event_source_disable_unref(server->reports);
        snapshot_unref(server->current);
        snapshot_unref(server->next);
        boots_free(server->http.boots);
        transfers_free(server->http.transfers);
        reports_free(server->http.reports);
        published_free(server->http.published);
        consumed_free(server->http.consumed);
        loaders_free(server->loaders);
        free(server);
        return NULL;
}
