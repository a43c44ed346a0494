/*
 * A step of a boot: one thing that a machine did or was answered, as type Step of org.pxed.Boot and of org.pxed.Worker. Pure.
 * Times are microseconds of realtime.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/step_options.h"

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
enum step_protocol { STEP_PROTOCOL_NONE, STEP_DHCP4, STEP_DHCP6, STEP_PROTOCOLS };
/* How far a TFTP transfer has got. */
enum step_transfer {
        TRANSFER_NONE,
        TRANSFER_REQUESTED, /* nothing was answered */
        TRANSFER_OPTIONS,   /* the server acknowledged options (RFC 2347), the machine has not answered that */
        TRANSFER_AGREED,    /* the machine has, and waits for the first block */
        TRANSFER_DATA,      /* the machine acknowledged data */
        TRANSFER_DONE,      /* all of it */
        TRANSFER_REFUSED,   /* by an error of the server */
        TRANSFER_ABORTED,   /* by an error of the machine */
        TRANSFERS
};
/* Whose an answer is. */
enum step_foreign { FOREIGN_UNKNOWN, FOREIGN_NO, FOREIGN_YES };

extern const char *const step_kind_names[STEP_KINDS];
extern const char *const step_stage_names[STAGES];
extern const char *const step_protocol_names[STEP_PROTOCOLS];
extern const char *const step_transfer_names[TRANSFERS];

struct boot_step {
        uint64_t time;
        enum step_kind kind;
        enum step_stage stage;
        enum step_protocol protocol;
        enum step_transfer transfer;
        enum step_foreign foreign;
        bool has_xid, has_vlan;
        uint32_t xid;
        uint16_t vlan;
        unsigned repeats;     /* how often the same came again */
        uint64_t last;        /* when it came last; 0: only once */
        int architecture;     /* -1: not told */
        int64_t bytes, total; /* -1: not told */
        char *address, *file, *profile, *detail, *server;
        char *options; /* see step_options.h */
};

/* Frees the texts; also as `_cleanup_(boot_step_clear)`. */
void boot_step_clear(struct boot_step *step);
/* -ENOMEM; texts are cut at the lengths that a boot keeps. */
int boot_step_copy(struct boot_step *to, const struct boot_step *from);
/* When it was last seen. */
static inline uint64_t boot_step_last(const struct boot_step *step) {
        return step->last > step->time ? step->last : step->time;
}

/* A new reference. */
json_t *boot_step_to_json(const struct boot_step *step);
/* As a worker reports it, too, which has its time beside it: `time` counts where the JSON has none. -EBADMSG: it is no step; -ENOMEM. */
int boot_step_from_json(const json_t *json, uint64_t time, struct boot_step *ret);
