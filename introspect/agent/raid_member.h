/* What a disk or partition says of the software RAID that it belongs to. Pure readers of single blocks; fuzzed by tests/fuzz/fuzz_agent_raid.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAID_BLOCK_SIZE 4096 /* what a reader looks at */

struct raid_member {
        const char *format;  /* as lsblk's FSTYPE: "linux_raid_member", "isw_raid_member", "ddf_raid_member" */
        const char *version; /* "0.90", "1.0", "1.1", "1.2"; NULL where the format has none */
        char array_uuid[37]; /* as lsblk writes it; "" where it is not read */
        char array_name[33]; /* "host:name" mostly; may hold any bytes; "" if none */
        int level;           /* 0, 1, 4, 5, 6, 10; negative: linear and others (RAID_LEVEL_NONE: not known) */
        unsigned disks;      /* that the array has when whole; 0: not known */
        int role;            /* its place in the array, RAID_ROLE_SPARE, RAID_ROLE_FAULTY, or RAID_ROLE_NONE if not known */
};

enum { RAID_LEVEL_NONE = -1000, RAID_ROLE_SPARE = -1, RAID_ROLE_FAULTY = -2, RAID_ROLE_NONE = -3 };

/* Where on a device of `size` bytes the `number`-th block to look at is (RAID_BLOCK_SIZE bytes, or fewer at its end). False when there are no
 * more, also for devices that are too small for a member. */
bool raid_member_offset(uint64_t size, unsigned number, uint64_t *ret);

/* Looks for a superblock in the block of `length` bytes that was read at `offset`. True and *ret filled if there is one. */
bool raid_member_parse(const unsigned char *block, size_t length, uint64_t offset, uint64_t size, struct raid_member *ret);
