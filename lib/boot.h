/*
 * One boot attempt of one machine: the steps that different workers saw, merged in the order of their times, and how it ended by
 * them. Where one attempt ends and the next begins is lib/boot_fit.h's. Pure: `now` is passed in, microseconds of realtime, as all times.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/address.h"
#include "lib/macro.h"
#include "lib/step.h"

enum boot_outcome { BOOT_RUNNING, BOOT_BOOTED, BOOT_INSPECTED, BOOT_FAILED, BOOT_SILENT, BOOT_OUTCOMES };

extern const char *const boot_outcome_names[BOOT_OUTCOMES];

/* Steps kept of one attempt: past that the least telling ones go. */
#define STEPS_MAX 64
#define BOOT_GAP_USEC (600 * USEC_PER_SEC)
/* Silence that ends an attempt: before the boot script was served, and after it (a server's ramdisk may start slowly). */
#define BOOT_SILENT_EARLY_USEC (180 * USEC_PER_SEC)
#define BOOT_SILENT_LATE_USEC (900 * USEC_PER_SEC)

struct boot {
        uint64_t id;
        struct mac mac;
        char *network;
        bool has_node;
        struct uuid node;
        uint64_t started;
        uint64_t heard; /* when something was last heard of it */
        uint64_t ended; /* 0: in flight */
        enum boot_outcome outcome;
        char *reason;
        struct boot_step *steps; /* by time */
        size_t n_steps;
        json_t *diagnosis;   /* type Diagnosis of org.pxed.Boot, never changed once it is here; NULL: nothing is wrong */
        bool told_stuck;     /* that it is stuck has been told */
        char *capture;       /* a file with its packets; NULL: none */
        uint64_t change; /* the change that made this copy and may edit it still */
};

int boot_new(const struct mac *mac, uint64_t started, struct boot **ret);
struct boot *boot_copy(const struct boot *boot);
struct boot *boot_free(struct boot *boot);
DEFINE_CLEANUP(struct boot *, boot_free);

/* Whether a profile is of kind inspect: such a boot has not ended when everything is fetched. */
typedef bool boot_inspects_t(const char *profile, void *userdata);

/* What adding a step did. */
enum { BOOT_UNCHANGED, BOOT_PROGRESS /* only bytes of a file that is not complete */, BOOT_CHANGED };

/*
 * Adds a copy of the step where its time belongs, or to the step that it goes on with, and draws the conclusions: outcome, end,
 * reason. inspects: the step's profile is of kind inspect. Returns one of the above, or -ENOMEM.
 */
int boot_add(struct boot *boot, const struct boot_step *step, bool inspects, uint64_t now);
/* Adds a copy of the step where its time belongs, and concludes nothing. -ENOMEM. */
int boot_insert(struct boot *boot, const struct boot_step *step);
/* Concludes outcome, end and reason anew, from the first step on. -ENOMEM. */
int boot_conclude(struct boot *boot, boot_inspects_t *inspects, void *userdata);
/* The ramdisk said itself that it failed. */
int boot_fail(struct boot *boot, const char *reason, uint64_t time);
/* The machine began again at `time`: what was in flight has ended. Returns 1, 0 when it had ended before, or -ENOMEM. */
int boot_supersede(struct boot *boot, uint64_t time);
/* Whether it has been silent for too long. */
bool boot_is_silent(const struct boot *boot, uint64_t now);
/* Ends it when it has been silent for too long. Returns 1 when it has been ended now, 0, or -ENOMEM. */
int boot_check_silence(struct boot *boot, uint64_t now);

/* As type Step of org.pxed.Boot, and back; steps_from refuses what to_json has not written with -EBADMSG. */
json_t *boot_steps_to_json(const struct boot *boot);
int boot_steps_from_json(struct boot *boot, const json_t *steps);

/* What a store keeps of it beside its columns: the steps, and in an object around them diagnosis and capture where there are any. */
json_t *boot_record_to_json(const struct boot *boot);
int boot_record_from_json(struct boot *boot, const json_t *record);
