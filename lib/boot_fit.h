/*
 * How far a machine has got with a step, and where its next attempt begins: when it asks for an address, or for a script, although it
 * had got further already; when a firmware that was given an address a minute ago asks again; or after BOOT_GAP_USEC without a word.
 * DHCP of an operating system, answers of the DHCP server, and an agent's words alone begin none (pxed keeps words that are told late all the
 * same: what began their boot may still come). Pure.
 */
#pragma once

#include "lib/boot.h"

enum boot_rank { RANK_NONE, RANK_FIRMWARE, RANK_LOADER, RANK_IPXE, RANK_SCRIPT, RANK_FILE, RANK_STARTED, RANK_AGENT, RANK_INVENTORY };

enum boot_rank boot_step_rank(const struct boot_step *step);
bool boot_step_is_dhcp(const struct boot_step *step);

enum boot_fit {
        BOOT_FIT_NOISE, /* belongs to no attempt */
        BOOT_FIT_THIS,  /* to this one */
        BOOT_FIT_NEW,   /* begins one */
};

/* Of the steps of an attempt what decides whether the next one is of it, too. All zeros: there is no step. */
struct boot_progress {
        bool any;
        enum boot_rank rank;   /* the highest */
        uint64_t last;         /* when something was last heard */
        uint64_t acknowledged; /* when its firmware was last given an address; 0: never */
};

/* Steps in the order of their times. */
void boot_progress_add(struct boot_progress *progress, const struct boot_step *step);
/* Of the attempt's steps up to a time; UINT64_MAX: of all. */
struct boot_progress boot_progress_until(const struct boot *boot, uint64_t time);
enum boot_fit boot_progress_fit(const struct boot_progress *progress, const struct boot_step *step);

/* Where a step belongs that is not older than the latest attempt of its machine, which may be NULL: none is known. */
enum boot_fit boot_fit(const struct boot *latest, const struct boot_step *step);
/* Whether it is DHCP of the system that an attempt which has ended has started: a lease that is renewed. `last`: when the attempt was last heard of. */
bool boot_is_renewal(const struct boot *boot, uint64_t last, const struct boot_step *step);
