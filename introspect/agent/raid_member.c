#include "introspect/agent/raid_member.h"

#include <linux/types.h>
#include <linux/raid/md_p.h>
#include <stdio.h>
#include <string.h>

#define SECTOR 512
#define SIZE_MIN (1024 * 1024)

#define MD0(member) offsetof(mdp_super_t, member)
#define MD1(member) offsetof(struct mdp_superblock_1, member)

/* What stands beyond the block is 0, which no magic number is. */
static uint64_t little(const unsigned char *block, size_t length, size_t at, size_t bytes) {
        uint64_t value = 0;
        for (size_t i = 0; i < bytes && at + i < length; i++)
                value |= (uint64_t) block[at + i] << (8 * i);
        return value;
}

static uint64_t md0_offset(uint64_t size) {
        return size / MD_RESERVED_BYTES * MD_RESERVED_BYTES - MD_RESERVED_BYTES;
}

/* At least 8 KiB from the end, on a border of 4 KiB (md.c, super_1_load). */
static uint64_t md10_offset(uint64_t size) {
        return (size / SECTOR - 16) / 8 * 8 * SECTOR;
}

/* Intel and DDF have theirs in the last two sectors. */
static uint64_t end_offset(uint64_t size) {
        return size / SECTOR * SECTOR - 2 * SECTOR;
}

bool raid_member_offset(uint64_t size, unsigned number, uint64_t *ret) {
        const uint64_t offsets[] = { 0, 4096, md0_offset(size), md10_offset(size), end_offset(size) };
        if (size < SIZE_MIN || number >= sizeof offsets / sizeof *offsets)
                return false;
        *ret = offsets[number];
        return true;
}

static void write_uuid(const unsigned char uuid[static 16], char ret[static 37]) {
        for (int i = 0, at = 0; i < 16; i++)
                at += snprintf(ret + at, (size_t) (37 - at), "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

static int md1_role(const unsigned char *block, size_t length) {
        uint64_t device = little(block, length, MD1(dev_number), 4);
        if (device >= little(block, length, MD1(max_dev), 4) || MD1(dev_roles) + 2 * device + 2 > length)
                return RAID_ROLE_NONE;
        uint64_t role = little(block, length, MD1(dev_roles) + 2 * (size_t) device, 2);
        if (role <= MD_DISK_ROLE_MAX)
                return (int) role;
        return role == MD_DISK_ROLE_SPARE ? RAID_ROLE_SPARE : role == MD_DISK_ROLE_FAULTY ? RAID_ROLE_FAULTY : RAID_ROLE_NONE;
}

/* The superblock says where it is: a copy within an image on the disk is not one. */
static bool parse_md1(const unsigned char *block, size_t length, uint64_t offset, uint64_t size, struct raid_member *ret) {
        if (length < MD1(dev_roles) || little(block, length, 0, 4) != MD_SB_MAGIC || little(block, length, MD1(major_version), 4) != 1
            || little(block, length, MD1(super_offset), 8) != offset / SECTOR)
                return false;
        *ret = (struct raid_member){
                .format = "linux_raid_member",
                .version = offset == 0 ? "1.1" : offset == 4096 ? "1.2" : "1.0",
                .level = (int) (int32_t) little(block, length, MD1(level), 4),
                .disks = (unsigned) little(block, length, MD1(raid_disks), 4),
                .role = md1_role(block, length),
        };
        write_uuid(block + MD1(set_uuid), ret->array_uuid);
        memcpy(ret->array_name, block + MD1(set_name), sizeof ret->array_name - 1);
        return true;
}

/* Its words are in the byte order of the machine that made it; big-endian ones are not read. */
static bool parse_md0(const unsigned char *block, size_t length, uint64_t offset, uint64_t size, struct raid_member *ret) {
        unsigned char uuid[16];
        if (length < RAID_BLOCK_SIZE || offset != md0_offset(size) || little(block, length, 0, 4) != MD_SB_MAGIC
            || little(block, length, MD0(major_version), 4) != 0 || little(block, length, MD0(minor_version), 4) != 90)
                return false;
        *ret = (struct raid_member){
                .format = "linux_raid_member",
                .version = "0.90",
                .level = (int) (int32_t) little(block, length, MD0(level), 4),
                .disks = (unsigned) little(block, length, MD0(raid_disks), 4),
                .role = RAID_ROLE_NONE,
        };
        uint64_t role = little(block, length, MD0(this_disk.raid_disk), 4);
        if (role < ret->disks && role < MD_SB_DISKS)
                ret->role = (int) role;
        memcpy(uuid, block + MD0(set_uuid0), 4);
        memcpy(uuid + 4, block + MD0(set_uuid1), 12);
        write_uuid(uuid, ret->array_uuid);
        return true;
}

/* Of firmware's own formats only the signature is looked at: which array it is, the adapter's setup tells. */
static bool parse_firmware(const unsigned char *block, size_t length, uint64_t offset, uint64_t size, struct raid_member *ret) {
        static const char intel[] = "Intel Raid ISM Cfg Sig. ";
        static const unsigned char ddf[] = { 0xde, 0x11, 0xde, 0x11 };
        if (length < 2 * SECTOR || offset != end_offset(size))
                return false;
        *ret = (struct raid_member){ .level = RAID_LEVEL_NONE, .role = RAID_ROLE_NONE };
        if (memcmp(block, intel, sizeof intel - 1) == 0)
                ret->format = "isw_raid_member";
        else if (memcmp(block + SECTOR, ddf, sizeof ddf) == 0)
                ret->format = "ddf_raid_member";
        return ret->format != NULL;
}

bool raid_member_parse(const unsigned char *block, size_t length, uint64_t offset, uint64_t size, struct raid_member *ret) {
        struct raid_member member;
        if (size < SIZE_MIN
            || (!parse_md1(block, length, offset, size, &member) && !parse_md0(block, length, offset, size, &member)
                && !parse_firmware(block, length, offset, size, &member)))
                return false;
        *ret = member;
        return true;
}
