/*
 * A step of a boot: one thing that a machine did or was answered, as type Step of org.pxed.Boot and of org.pxed.Worker. Pure.
 * Times are microseconds of realtime.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum step_kind {
        STEP_DISCOVER,
        STEP_OFFER,
        STEP_REQUEST,
        STEP_ACKNOWLEDGE,
        STEP_NAK,
        STEP_TFTP,
        STEP_SCRIPT,
        STEP_FILE,
        STEP_STARTED,
        STEP_AGENT,
        STEP_INVENTORY,
        STEP_REFUSED,
        STEP_KINDS
};
enum step_stage { STAGE_NONE, STAGE_FIRMWARE, STAGE_IPXE, STAGE_OS, STAGES };

extern const char *const step_kind_names[STEP_KINDS];
extern const char *const step_stage_names[STAGES];

struct boot_step {
        uint64_t time;
        enum step_kind kind;
        enum step_stage stage;
        int architecture;     /* -1: not told */
        int64_t bytes, total; /* -1: not told */
        char *address, *file, *profile, *detail;
};

void boot_step_clear(struct boot_step *step);
/* -ENOMEM; texts are cut at the lengths that a boot keeps. */
int boot_step_copy(struct boot_step *to, const struct boot_step *from);

/* A new reference. */
json_t *boot_step_to_json(const struct boot_step *step);
/* The texts stay the JSON's. -EBADMSG: it is no step. */
int boot_step_from_json(const json_t *json, struct boot_step *ret);
