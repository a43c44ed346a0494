#include "tftp/report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "lib/worker_queue.h"

#define QUEUE_MAX 4096

struct report *report_free(struct report *report) {
        if (report) {
                free(report->file);
                free(report->detail);
                free(report);
        }
        return NULL;
}

static void set(json_t *step, const char *key, json_t *value) {
        json_object_set_new(step, key, value);
}

json_t *report_to_step(const struct report *report) {
        static const char *const kinds[] = {
                [REPORT_SCRIPT] = "script", [REPORT_FILE] = "file", [REPORT_STARTED] = "started", [REPORT_REFUSED] = "refused"
        };
        char mac[MAC_TEXT_SIZE], uuid[UUID_TEXT_SIZE];
        json_t *step = json_object();

        set(step, "mac", json_text(mac_format(&report->mac, mac)));
        set(step, "kind", json_string(kinds[report->kind]));
        if (report->network[0])
                set(step, "network", json_text(report->network));
        if (report->has_uuid)
                set(step, "uuid", json_string(uuid_format(&report->uuid, uuid)));
        if (report->has_node)
                set(step, "node", json_string(uuid_format(&report->node, uuid)));
        if (report->address[0])
                set(step, "address", json_string(report->address));
        if (report->profile[0])
                set(step, "profile", json_text(report->profile));
        if (report->kind == REPORT_SCRIPT || report->kind == REPORT_STARTED)
                set(step, "assignment", json_integer((json_int_t) report->assignment));
        if (report->file)
                set(step, "file", json_text(report->file));
        if (report->has_bytes) {
                set(step, "bytes", json_integer((json_int_t) report->bytes));
                set(step, "total", json_integer((json_int_t) report->total));
        }
        if (report->detail)
                set(step, "detail", json_text(report->detail));
        return step;
}

bool report_key(const struct report *report, char *buffer, size_t size) {
        char mac[MAC_TEXT_SIZE];

        mac_format(&report->mac, mac);
        if (report->kind == REPORT_FILE)
                return snprintf(buffer, size, "file/%s/%" PRIu64 "/%s", mac, report->time, report->file ? report->file : "") < (int) size;
        if (report->kind == REPORT_REFUSED)
                return worker_refusal_key(&report->mac, report->time, report->detail, buffer, size);
        return false;
}

struct reports {
        pthread_mutex_t lock;
        struct report *first, **end;
        unsigned count;
        int fd;
};

int reports_new(struct reports **ret) {
        _cleanup_(reports_freep) struct reports *reports = calloc(1, sizeof(*reports));

        if (!reports)
                return -ENOMEM;
        pthread_mutex_init(&reports->lock, NULL);
        reports->end = &reports->first;
        reports->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (reports->fd < 0)
                return -errno;
        *ret = TAKE_POINTER(reports);
        return 0;
}

struct reports *reports_free(struct reports *reports) {
        if (!reports)
                return NULL;
        for (struct report *report = reports->first, *next; report; report = next) {
                next = report->next;
                report_free(report);
        }
        closep(&reports->fd);
        pthread_mutex_destroy(&reports->lock);
        free(reports);
        return NULL;
}

void reports_wake(struct reports *reports) {
        eventfd_write(reports->fd, 1);
}

void reports_push(struct reports *reports, struct report *report) {
        if (!report)
                return;
        pthread_mutex_lock(&reports->lock);
        bool full = reports->count >= QUEUE_MAX && report->kind != REPORT_STARTED;
        bool was_empty = !reports->first;
        if (!full) {
                report->next = NULL;
                *reports->end = report;
                reports->end = &report->next;
                reports->count++;
        }
        pthread_mutex_unlock(&reports->lock);

        if (full)
                report_free(report);
        else if (was_empty)
                reports_wake(reports);
}

int reports_fd(const struct reports *reports) {
        return reports->fd;
}

struct report *reports_take(struct reports *reports) {
        eventfd_t value;

        eventfd_read(reports->fd, &value);
        pthread_mutex_lock(&reports->lock);
        struct report *first = reports->first;
        reports->first = NULL;
        reports->end = &reports->first;
        reports->count = 0;
        pthread_mutex_unlock(&reports->lock);
        return first;
}
