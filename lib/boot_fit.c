#include "lib/boot_fit.h"

#define FIRMWARE_AGAIN_USEC (60 * USEC_PER_SEC)
/* A ramdisk may speak so long after what was last heard of its boot. */
#define AGENT_GAP_USEC (3600 * USEC_PER_SEC)

bool boot_step_is_dhcp(const struct boot_step *step) {
        return step->kind <= STEP_NAK;
}

enum boot_rank boot_step_rank(const struct boot_step *step) {
        switch (step->kind) {
        case STEP_TFTP:
                return RANK_LOADER;
        case STEP_SCRIPT:
                return RANK_SCRIPT;
        case STEP_FILE:
                return RANK_FILE;
        case STEP_STARTED:
                return RANK_STARTED;
        case STEP_AGENT:
                return RANK_AGENT;
        case STEP_INVENTORY:
                return RANK_INVENTORY;
        case STEP_REFUSED:
                return RANK_NONE;
        default:
                return step->stage == STAGE_FIRMWARE ? RANK_FIRMWARE : step->stage == STAGE_IPXE ? RANK_IPXE : RANK_NONE;
        }
}

/* A machine that is booting does this of its own; the rest are answers, or signs of a system that runs. */
static bool opens(const struct boot_step *step) {
        if (step->kind == STEP_AGENT || step->kind == STEP_OFFER || step->kind == STEP_ACKNOWLEDGE ||
            step->kind == STEP_NAK)
                return false;
        return !boot_step_is_dhcp(step) || boot_step_rank(step) != RANK_NONE;
}

void boot_progress_add(struct boot_progress *p, const struct boot_step *step) {
        p->any = true;
        if (boot_step_rank(step) > p->rank)
                p->rank = boot_step_rank(step);
        if (boot_step_last(step) > p->last)
                p->last = boot_step_last(step);
        if (step->kind == STEP_ACKNOWLEDGE && step->stage == STAGE_FIRMWARE)
                p->acknowledged = step->time;
}

struct boot_progress boot_progress_until(const struct boot *boot, uint64_t time) {
        struct boot_progress progress = { 0 };
        for (size_t i = 0; i < boot->n_steps && boot->steps[i].time <= time; i++)
                boot_progress_add(&progress, &boot->steps[i]);
        return progress;
}

static bool begins_anew(const struct boot_progress *p, const struct boot_step *step) {
        if (step->kind == STEP_SCRIPT)
                return p->rank >= RANK_STARTED;
        if (step->kind != STEP_DISCOVER || boot_step_rank(step) == RANK_NONE)
                return false;
        if (p->rank > boot_step_rank(step))
                return true;
        return step->stage == STAGE_FIRMWARE && p->acknowledged != 0 && step->time - p->acknowledged > FIRMWARE_AGAIN_USEC;
}

static uint64_t since(uint64_t last, uint64_t time) {
        return time > last ? time - last : 0;
}

enum boot_fit boot_progress_fit(const struct boot_progress *p, const struct boot_step *step) {
        bool late = since(p->last, step->time) > (boot_step_rank(step) >= RANK_FILE ? AGENT_GAP_USEC : BOOT_GAP_USEC);
        if (!p->any || late || begins_anew(p, step))
                return opens(step) ? BOOT_FIT_NEW : BOOT_FIT_NOISE;
        return BOOT_FIT_THIS;
}

bool boot_is_renewal(const struct boot *boot, uint64_t last, const struct boot_step *step) {
        return boot_step_is_dhcp(step) && boot_step_rank(step) == RANK_NONE && boot->ended != 0 &&
               since(last, step->time) > BOOT_SILENT_EARLY_USEC;
}

enum boot_fit boot_fit(const struct boot *latest, const struct boot_step *step) {
        struct boot_progress progress = { 0 };
        if (latest)
                progress = boot_progress_until(latest, step->time);
        enum boot_fit fit = boot_progress_fit(&progress, step);
        return fit == BOOT_FIT_THIS && boot_is_renewal(latest, progress.last, step) ? BOOT_FIT_NOISE : fit;
}
