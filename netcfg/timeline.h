/* Boots put together from the steps of a capture alone, as pxed does from what all daemons tell: for `pxed-netcfg --read`. Pure. */
#pragma once

#include "lib/diagnosis.h"
#include "netcfg/observer.h"

/* Machines beyond that are left out. */
#define TIMELINE_BOOTS_MAX 10000

struct timeline {
        struct boot **boots; /* by when each began to be seen */
        size_t n_boots;
        json_t *latest; /* by MAC: the number of its latest boot */
};

int timeline_new(struct timeline **ret);
struct timeline *timeline_free(struct timeline *timeline);
DEFINE_CLEANUP(struct timeline *, timeline_free);

/* A step as observed, in the order of the frames. -ENOMEM. */
int timeline_add(struct timeline *timeline, const struct step *step);

/*
 * Of the boot with this number in `boots`. False: nothing is wrong, or nothing can be said. `end`: the time of the capture's last frame. What a
 * capture does not hold (HTTP, the ramdisk's reports, the configuration) is not known. *ret_silence: only if nothing followed the end of the
 * capture, as where it was taken until the machine hung.
 */
bool timeline_diagnose(const struct timeline *timeline, size_t number, uint64_t end, struct diagnosis *ret, bool *ret_silence);
/* Members of type Boot of org.pxed.Boot, and `silence` as above; a new reference. */
json_t *timeline_boot_json(const struct timeline *timeline, size_t number, uint64_t end);
