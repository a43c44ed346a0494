#include "pxed/manager.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "pxed/aborts.h"
#include "pxed/ageing.h"
#include "pxed/status.h"

#define TICK USEC_PER_SEC
#define CONFIG_ERROR_SIZE (sizeof(struct config_error) + 16)

void manager_wake(struct manager *m) {
        if (m->wake)
                (void) sd_event_source_set_enabled(m->wake, SD_EVENT_ONESHOT);
}

static void on_committed(void *userdata) {
        manager_wake(userdata);
}

static void on_stored(int error, const char *reason, void *userdata) {
        struct manager *m = userdata;
        if (error < 0)
                daemon_set_problem(m->daemon, "store",
                                   "%s (%s/pxed.db): changes are refused and reports wait at their workers until it can be written%s",
                                   reason, daemon_state_dir(m->daemon), error == -ENOSPC ? ": make room on that disk" : "");
        else
                daemon_clear_problem(m->daemon, "store");
}

/* What concerns a daemon is in the log already: that daemon says it, or manager_note does. */
static void on_happened(const struct event *event, void *userdata) {
        char mac[MAC_TEXT_SIZE], node[UUID_TEXT_SIZE];

        if (event->daemon[0])
                return;
        log_fields(LOG_INFO,
                   (const char *[]) { "EVENT", event->kind, "NODE", event->has_node ? uuid_format(&event->node, node) : NULL, "MAC",
                                      event->has_mac ? mac_format(&event->mac, mac) : NULL, "NETWORK",
                                      event->network[0] ? event->network : NULL, NULL },
                   "%s", event->message);
}

static void on_status_changed(void *userdata) {
        manager_wake(userdata);
}

void manager_note(struct manager *m, const char *kind, const char *network, const char *daemon, const char *format, ...) {
        char message[EVENT_MESSAGE_SIZE];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        log_fields(LOG_NOTICE, (const char *[]) { "EVENT", kind, "NETWORK", network, "DAEMON", daemon, NULL }, "%s", message);
        if (m->n_notes == NOTES_MAX)
                return;
        struct note *note = &m->notes[m->n_notes++];
        note->kind = kind;
        snprintf(note->network, sizeof note->network, "%s", network ? network : "");
        snprintf(note->daemon, sizeof note->daemon, "%s", daemon ? daemon : "");
        snprintf(note->message, sizeof note->message, "%s", message);
        manager_wake(m);
}

/* Stores what was noted, or leaves it for the next time. */
static void store_notes(struct manager *m) {
        _cleanup_(change_freep) struct change *change = NULL;
        if (m->n_notes == 0 || change_begin(m->state, realtime_us(), &change) < 0)
                return;
        int r = 0;
        for (size_t i = 0; r == 0 && i < m->n_notes; i++) {
                const struct note *note = &m->notes[i];
                r = change_event(change, note->kind, NULL, NULL, note->network, note->daemon, "%s", note->message);
        }
        if (r == 0 && change_commit(change) == 0)
                m->n_notes = 0;
}

static int note_own(const char *kind, const char *message, void *userdata) {
        manager_note(userdata, kind, NULL, "pxed", "pxed: %s", message);
        return 0;
}

static void compare_own_status(struct manager *m) {
        json_t *status = daemon_status(m->daemon);
        if (!status)
                return;
        (void) status_compare(m->own_status, status, note_own, m);
        json_decref(m->own_status);
        m->own_status = status;
}

/* A network may name a profile that nobody has made yet. */
static void check_profiles(struct manager *m) {
        const struct settings *settings = m->state->settings;
        for (size_t i = 0; i < settings->n_networks; i++) {
                const struct network *n = &settings->networks[i];
                char subject[80];
                const char *missing = NULL;
                if (!profiles_find(&m->state->profiles, n->known))
                        missing = n->known;
                else if (n->unknown && !profiles_find(&m->state->profiles, n->unknown))
                        missing = n->unknown;
                snprintf(subject, sizeof subject, "network %s", n->name);
                if (missing)
                        daemon_set_problem(m->daemon, subject,
                                           "its configuration names profile %s, which does not exist: machines get no boot script "
                                           "until it is set", missing);
                else
                        daemon_clear_problem(m->daemon, subject);
        }
}

static void check_room(struct manager *m) {
        if (m->state->nodes.count >= m->state->settings->nodes_max)
                daemon_set_problem(m->daemon, "nodes", "there are %zu: machines that are not known are not taken in as nodes; "
                                   "delete some, or raise nodes-max", m->state->nodes.count);
        else
                daemon_clear_problem(m->daemon, "nodes");
}

/* One that an older or newer pxed took: whoever set it takes it to be in force. */
static void check_rules(struct manager *m) {
        json_t *lost = m->state->lost_rules;
        const char *name = json_object_iter_key(json_object_iter(lost));
        size_t count = json_object_size(lost);
        char more[32] = "";
        if (count == 0) {
                daemon_clear_problem(m->daemon, "rules");
                return;
        }
        if (count > 1)
                snprintf(more, sizeof more, " and %zu more", count - 1);
        daemon_set_problem(m->daemon, "rules", "inspection rule %s of the store%s %s not run, since it cannot be evaluated (%s): set it again, or delete it", name,
                           more, count > 1 ? "do" : "does", json_get_string(lost, name));
}

static int on_flush(sd_event_source *source, uint64_t usec, void *userdata) {
        manager_wake(userdata);
        return 0;
}

/* What follows from changes, once for all that were made since the last time. */
static int on_wake(sd_event_source *source, void *userdata) {
        struct manager *m = userdata;
        check_profiles(m);
        check_room(m);
        check_rules(m);
        compare_own_status(m);
        store_notes(m);
        workers_send(m);
        uint64_t delay = streams_send(m, monotonic_us());
        if (delay > 0) {
                (void) sd_event_source_set_time_relative(m->flush, delay);
                (void) sd_event_source_set_enabled(m->flush, SD_EVENT_ONESHOT);
        }
        return 0;
}

/* What large replies, reports and the store took, once things are quiet. */
static void give_back_memory(struct manager *m) {
        bool busy = m->state->changes > m->changes_before + 1;
        if (m->was_busy && (!busy || m->is_new)) {
                store_give_back_memory(m->state->store);
                malloc_trim(0);
        }
        m->was_busy = busy;
        m->is_new = false;
        m->changes_before = m->state->changes;
}

void manager_reapply(struct manager *m) {
        m->reapply.passed = 0;
        m->reapply_later = false;
        (void) sd_event_source_set_enabled(m->reapplies, SD_EVENT_ON);
}

static int on_reapply(sd_event_source *source, void *userdata) {
        struct manager *m = userdata;
        int r = reapply_some(m->state, &m->reapply, realtime_us());
        m->reapply_later = r < 0;
        if (r <= 0)
                (void) sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        struct manager *m = userdata;
        uint64_t now = realtime_us();
        (void) ageing_tick(m->state, now);
        (void) aborts_tick(m, now);
        if (m->reapply_later)
                manager_reapply(m);
        if (m->n_notes > 0)
                manager_wake(m);
        give_back_memory(m);
        (void) sd_event_source_set_time_relative(source, TICK);
        (void) sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        return 0;
}

/* "FILE:LINE: REASON"; without the line where none is to blame. Returns `buffer`. */
static char *describe_config_error(const struct manager *m, const struct config_error *error, int r, char *buffer, size_t size) {
        const char *file = *error->file ? error->file : m->config_path, *reason = *error->reason ? error->reason : strerror(-r);
        if (error->line > 0)
                snprintf(buffer, size, "%s:%u: %s", file, error->line, reason);
        else
                snprintf(buffer, size, "%s: %s", file, reason);
        return buffer;
}

int manager_new(struct daemon *daemon, const char *config_path, struct manager **ret) {
        _cleanup_(manager_freep) struct manager *m = calloc(1, sizeof *m);
        struct config_error error = { 0 };
        char reason[400] = "", text[CONFIG_ERROR_SIZE];
        if (!m)
                return -ENOMEM;
        m->daemon = daemon;
        m->config_path = config_path;

        _cleanup_(settings_freep) struct settings *settings = NULL;
        int r = settings_load(config_path, &settings, &error);
        if (r < 0) {
                log_error("%s", describe_config_error(m, &error, r, text, sizeof text));
                return r;
        }
        r = state_new(daemon_state_dir(daemon), settings, realtime_us(), &m->state, reason, sizeof reason);
        if (r < 0) {
                log_error("%s", *reason ? reason : strerror(-r));
                return r;
        }
        settings = NULL;
        m->state->committed = on_committed;
        m->state->stored = on_stored;
        m->state->happened = on_happened;
        m->state->userdata = m;
        /* Reading the store was work, and telling the workers all of it is, which is done by the first tick. */
        m->was_busy = m->is_new = true;
        bus_find_users(m->state->settings, &m->users);
        *ret = TAKE_POINTER(m);
        return 0;
}

int manager_start(struct manager *m) {
        sd_event *event = daemon_event(m->daemon);
        int r = sd_event_add_defer(event, &m->wake, on_wake, m);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &m->tick, CLOCK_MONOTONIC, TICK, TICK / 2, on_tick, m);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &m->flush, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_flush, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->wake, PRIORITY_BUS);
        if (r >= 0)
                r = sd_event_add_defer(event, &m->reapplies, on_reapply, m);
        /* Those that a stop has left. */
        if (r >= 0)
                manager_reapply(m);
        if (r < 0)
                return r;
        daemon_set_status_hooks(m->daemon, NULL, on_status_changed, m);
        return bus_new(m, &m->server);
}

struct manager *manager_free(struct manager *m) {
        if (!m)
                return NULL;
        /* Streams and calls that wait end with the server, while the rest is still there. */
        varlink_server_free(m->server);
        daemon_set_status_hooks(m->daemon, NULL, NULL, NULL);
        sd_event_source_disable_unref(m->wake);
        sd_event_source_disable_unref(m->tick);
        sd_event_source_disable_unref(m->flush);
        sd_event_source_disable_unref(m->reapplies);
        workers_clear(&m->workers);
        json_decref(m->own_status);
        state_free(m->state);
        free(m);
        return NULL;
}

/* The state's revision moves with the settings, also when that cannot be stored now. */
static void revise(struct manager *m) {
        _cleanup_(change_freep) struct change *change = NULL;
        int r = change_begin(m->state, realtime_us(), &change);
        if (r == 0) {
                (void) change_revision(change);
                r = change_commit(change);
        }
        if (r < 0)
                m->state->revision++;
        manager_wake(m);
}

static int refuse_reload(struct manager *m, const struct config_error *error, int r) {
        char text[CONFIG_ERROR_SIZE];
        describe_config_error(m, error, r, text, sizeof text);
        daemon_set_problem(m->daemon, "configuration", "%s: the configuration that was read before stays in force", text);
        manager_note(m, "config.refused", NULL, "pxed", "%s", text);
        return r;
}

int manager_reload(struct manager *m, struct config_error *error) {
        _cleanup_(settings_freep) struct settings *settings = NULL;
        *error = (struct config_error) { 0 };
        int r = settings_load(m->config_path, &settings, error);
        if (r < 0)
                return refuse_reload(m, error, r);
        bus_find_users(settings, &m->users);
        for (size_t i = 0; i < m->state->settings->n_networks; i++) {
                char subject[80];
                snprintf(subject, sizeof subject, "network %s", m->state->settings->networks[i].name);
                daemon_clear_problem(m->daemon, subject);
        }
        r = state_set_settings(m->state, settings);
        if (r < 0)
                return r;
        settings = NULL;
        daemon_clear_problem(m->daemon, "configuration");
        if (r > 0)
                revise(m);
        manager_note(m, "config.reloaded", NULL, "pxed", "The configuration was read again: %s",
                     r > 0 ? "it has changed" : "nothing has changed for the workers");
        return 0;
}
