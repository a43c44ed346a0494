/*
 * Of which boots the packets are to be kept: the newest CAPTURES_MAX that failed or went silent. They are the entries "capture/BOOT" of the desired
 * state. Nothing of it is stored: it follows from the boots that are. Pure.
 */
#pragma once

#include "lib/boot.h"

#define CAPTURES_MAX 100

struct capture {
        uint64_t boot;
        struct mac mac;
};

/* By id. All zeros is empty. */
struct captures {
        struct capture list[CAPTURES_MAX];
        size_t count;
};

/*
 * The boot is as it is now. Returns whether the entry of a boot has come (*ret_added; its id; 0: none) or gone (*ret_removed): the boot's own,
 * or the oldest one's, which made room.
 */
bool captures_note(struct captures *captures, const struct boot *boot, uint64_t *ret_added, uint64_t *ret_removed);
/* NULL: it is not to be kept. */
const struct capture *captures_find(const struct captures *captures, uint64_t boot);
