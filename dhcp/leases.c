#include "dhcp/leases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dhcp/lease_journal.h"
#include "dhcp/network.h"
#include "lib/address.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Changes go to disk together, this long after the first of them; after a failure the next try comes later. */
#define SYNC_DELAY (100 * USEC_PER_MSEC)
#define SYNC_RETRY (1 * USEC_PER_SEC)

struct leases {
        struct daemon *daemon;
        struct worker *worker;
        char *network, *path, *subject;
        struct lease_table *table;
        struct lease_journal *journal;
        sd_event_source *sync;
        uint64_t opened;
};

static void schedule_sync(struct leases *leases, uint64_t delay) {
        int enabled;
        if (sd_event_source_get_enabled(leases->sync, &enabled) >= 0 && enabled != SD_EVENT_OFF)
                return;
        sd_event_source_set_time_relative(leases->sync, delay);
        sd_event_source_set_enabled(leases->sync, SD_EVENT_ONESHOT);
}

static void report(struct leases *leases, int r) {
        if (r < 0) {
                daemon_set_problem(leases->daemon, leases->subject,
                                   "leases cannot be stored in %s: %s; they are kept in memory and lost if pxed-dhcp ends. Make room or repair the disk",
                                   leases->path, strerror(-r));
                schedule_sync(leases, SYNC_RETRY);
        } else
                daemon_clear_problem(leases->daemon, leases->subject);
}

static int on_sync(sd_event_source *source, uint64_t usec, void *userdata) {
        struct leases *leases = userdata;
        report(leases, lease_journal_sync(leases->journal));
        return 0;
}

int leases_new(struct daemon *daemon, const char *network, const char *path, struct leases **ret) {
        _cleanup_(leases_freep) struct leases *leases = calloc(1, sizeof *leases);
        if (!leases)
                return -ENOMEM;
        leases->daemon = daemon;
        leases->opened = monotonic_us();
        leases->network = strdup(network);
        leases->path = strdup(path);
        if (asprintf(&leases->subject, "leases of network %s", network) < 0)
                leases->subject = NULL;
        if (!leases->network || !leases->path || !leases->subject)
                return -ENOMEM;

        int r = lease_table_new(&leases->table);
        if (r == 0)
                r = sd_event_add_time(daemon_event(daemon), &leases->sync, CLOCK_MONOTONIC, 0, 1, on_sync, leases);
        if (r < 0)
                return r;
        sd_event_source_set_enabled(leases->sync, SD_EVENT_OFF);

        size_t bad = 0;
        r = lease_journal_open(path, leases->table, &leases->journal, &bad);
        if (r < 0)
                return r;
        if (bad > 0)
                log_warning("%s: %zu bytes could not be understood and were left out; was the host switched off while it was written?", path, bad);
        if (lease_journal_is_dirty(leases->journal))
                schedule_sync(leases, 0);
        *ret = TAKE_POINTER(leases);
        return 0;
}

struct leases *leases_free(struct leases *leases) {
        if (!leases)
                return NULL;
        if (leases->journal)
                lease_journal_sync(leases->journal);
        if (leases->subject)
                daemon_clear_problem(leases->daemon, leases->subject);
        lease_journal_free(leases->journal);
        lease_table_free(leases->table);
        sd_event_source_disable_unref(leases->sync);
        free(leases->network);
        free(leases->path);
        free(leases->subject);
        free(leases);
        return NULL;
}

void leases_set_worker(struct leases *leases, struct worker *worker) {
        leases->worker = worker;
}

/* Told by network and address, so that the newest takes the place of one that was not sent. What is not an Ethernet address has no
 * place on the bus. */
static void tell(struct leases *leases, const struct lease *lease, bool ended) {
        char key[NETWORK_NAME_MAX + IP_TEXT_SIZE + 2], text[MAC_TEXT_SIZE], address[IP_TEXT_SIZE];
        struct mac mac;

        if (!leases->worker || mac_parse(lease->mac, &mac) < 0)
                return;
        snprintf(key, sizeof key, "%s/%s", leases->network, network_address_text(lease->address, address));
        worker_observe(leases->worker, "lease", key, realtime_us(),
                       json_pack("{s:s s:s s:s s:o s:o s:b}", "network", leases->network, "mac", mac_format(&mac, text),
                                 "address", address, "hostname", json_text(lease->hostname), "expires",
                                 json_int_or_null(lease->expires != 0, (int64_t) (lease->expires * USEC_PER_SEC)), "ended", ended));
}

static void store(struct leases *leases, enum lease_event event, const struct lease *lease) {
        int r = lease_journal_append(leases->journal, event, lease);
        if (r < 0)
                report(leases, r);
        schedule_sync(leases, SYNC_DELAY);
}

void leases_change(struct leases *leases, enum lease_action action, const struct lease *lease) {
        bool ended = action == LEASE_DEL;
        int r = ended ? lease_table_remove(leases->table, lease->address) : lease_table_set(leases->table, lease);

        if (r < 0)
                log_error("Cannot keep the lease of %s in network %s: %s", lease->mac, leases->network, strerror(-r));
        if (r <= 0)
                return;
        store(leases, ended ? LEASE_GONE : LEASE_HELD, lease);
        tell(leases, lease, ended);
}

char *leases_text(struct leases *leases) {
        char *text = NULL, line[LEASE_LINE_MAX];
        size_t size;

        lease_table_expire(leases->table, realtime_us() / USEC_PER_SEC);
        FILE *file = open_memstream(&text, &size);
        if (!file)
                return NULL;
        const struct lease *lease;
        for (size_t i = 0; (lease = lease_table_at(leases->table, i)); i++)
                fwrite(line, 1, lease_format(lease, line), file);
        fclose(file);
        return text;
}

void leases_tell_all(struct leases *leases) {
        const struct lease *lease;
        uint64_t now = realtime_us() / USEC_PER_SEC;
        for (size_t i = 0; (lease = lease_table_at(leases->table, i)); i++)
                tell(leases, lease, lease->expires != 0 && lease->expires <= now);
}

const struct lease_table *leases_table(const struct leases *leases) {
        return leases->table;
}

size_t leases_size(const struct leases *leases) {
        return lease_table_size(leases->table);
}

uint64_t leases_opened(const struct leases *leases) {
        return leases->opened;
}
