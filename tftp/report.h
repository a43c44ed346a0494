/*
 * What the HTTP threads tell the main thread: a bounded queue with an eventfd. Each report becomes a Step of org.pxed.Worker.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/json.h"
#include "lib/macro.h"

enum report_kind { REPORT_SCRIPT, REPORT_FILE, REPORT_STARTED, REPORT_REFUSED };

#define NAME_SIZE 64 /* of networks and profiles, with the NUL */

struct report {
        struct report *next;
        enum report_kind kind;
        uint64_t time; /* microseconds of realtime: of a file, when its transfer began */
        struct mac mac;
        bool has_uuid, has_node, has_bytes;
        bool once; /* started: an assignment to be consumed */
        struct uuid uuid, node;
        uint64_t assignment, bytes, total;
        char network[NAME_SIZE], profile[NAME_SIZE], address[IP_TEXT_SIZE];
        char *file, *detail; /* NULL: none */
};

struct report *report_free(struct report *report);
DEFINE_CLEANUP(struct report *, report_free);

/* A Step, new reference; and the text under which the queue to pxed coalesces it (NULL: it does not). */
json_t *report_to_step(const struct report *report);
bool report_key(const struct report *report, char *buffer, size_t size);

struct reports;

int reports_new(struct reports **ret);
struct reports *reports_free(struct reports *reports);
DEFINE_CLEANUP(struct reports *, reports_free);

/* Any thread. Takes the report over; NULL is ignored. When 4096 wait, what is not REPORT_STARTED is dropped. */
void reports_push(struct reports *reports, struct report *report);
/* Any thread. Makes the descriptor readable without a report. */
void reports_wake(struct reports *reports);
/* Main thread: readable when something came. */
int reports_fd(const struct reports *reports);
/* Main thread: all that waited, oldest first, linked by `next`; the caller frees each. */
struct report *reports_take(struct reports *reports);
