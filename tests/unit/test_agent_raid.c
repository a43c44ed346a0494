/* The readers of RAID superblocks, on superblocks as the kernel's own header lays them out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/types.h>
#include <linux/raid/md_p.h>
#include <string.h>

#include "introspect/agent/raid_member.h"

#define SIZE (256 * 1024 * 1024ull + 512)
#define UUID "00112233-4455-6677-8899-aabbccddeeff"

static const unsigned char uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
static unsigned char block[RAID_BLOCK_SIZE];

static int clear_block(void **state) {
        memset(block, 0, sizeof block);
        return 0;
}

static struct mdp_superblock_1 *md1(uint64_t offset) {
        struct mdp_superblock_1 *super = (struct mdp_superblock_1 *) block;
        super->magic = MD_SB_MAGIC;
        super->major_version = 1;
        super->level = 5;
        super->raid_disks = 3;
        super->super_offset = offset / 512;
        super->dev_number = 1;
        super->max_dev = 4;
        super->dev_roles[1] = 2;
        memcpy(super->set_uuid, uuid, sizeof uuid);
        strcpy(super->set_name, "rack7:data");
        return super;
}

static void test_md1(void **state) {
        static const struct {
                uint64_t offset;
                const char *version;
        } places[] = { { 0, "1.1" }, { 4096, "1.2" }, { 256 * 1024 * 1024 - 8192, "1.0" } };
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                struct raid_member member;
                md1(places[i].offset);
                assert_true(raid_member_parse(block, sizeof block, places[i].offset, SIZE, &member));
                assert_string_equal(member.format, "linux_raid_member");
                assert_string_equal(member.version, places[i].version);
                assert_string_equal(member.array_uuid, UUID);
                assert_string_equal(member.array_name, "rack7:data");
                assert_int_equal(member.level, 5);
                assert_int_equal(member.disks, 3);
                assert_int_equal(member.role, 2);
        }
}

static void test_md1_roles(void **state) {
        struct raid_member member;
        struct mdp_superblock_1 *super = md1(0);
        super->dev_roles[1] = MD_DISK_ROLE_SPARE;
        super->level = (__u32) -1; /* linear */
        assert_true(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        assert_int_equal(member.role, RAID_ROLE_SPARE);
        assert_int_equal(member.level, -1);
        super->dev_roles[1] = MD_DISK_ROLE_FAULTY;
        assert_true(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        assert_int_equal(member.role, RAID_ROLE_FAULTY);
        super->dev_roles[1] = MD_DISK_ROLE_JOURNAL;
        assert_true(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        assert_int_equal(member.role, RAID_ROLE_NONE);
        super->max_dev = super->dev_number = 0x7fffffff; /* a lie about where the roles end */
        super->dev_number--;
        assert_true(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        assert_int_equal(member.role, RAID_ROLE_NONE);
        memset(super->set_name, 'x', sizeof super->set_name); /* without a NUL */
        assert_true(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        assert_int_equal(strlen(member.array_name), 32);
}

/* A superblock within an image that is stored on the disk, a part of one, a device too small for one. */
static void test_refused(void **state) {
        struct raid_member member;
        md1(4096);
        assert_false(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        md1(0);
        assert_false(raid_member_parse(block, 255, 0, SIZE, &member));
        assert_false(raid_member_parse(block, 0, 0, SIZE, &member));
        assert_false(raid_member_parse(block, sizeof block, 0, 65536, &member));
        md1(0)->major_version = 2;
        assert_false(raid_member_parse(block, sizeof block, 0, SIZE, &member));
        memset(block, 0, sizeof block);
        for (uint64_t offset = 0; offset < SIZE; offset += SIZE / 64)
                assert_false(raid_member_parse(block, sizeof block, offset, SIZE, &member));
}

static void test_md0(void **state) {
        const uint64_t offset = 256 * 1024 * 1024 - 65536;
        mdp_super_t *super = (mdp_super_t *) block;
        struct raid_member member;
        super->md_magic = MD_SB_MAGIC;
        super->minor_version = 90;
        super->level = 1;
        super->raid_disks = 2;
        super->this_disk.raid_disk = 1;
        memcpy(&super->set_uuid0, uuid, 4);
        memcpy(&super->set_uuid1, uuid + 4, 12);
        assert_true(raid_member_parse(block, sizeof block, offset, SIZE, &member));
        assert_string_equal(member.version, "0.90");
        assert_string_equal(member.array_uuid, UUID);
        assert_int_equal(member.level, 1);
        assert_int_equal(member.disks, 2);
        assert_int_equal(member.role, 1);
        assert_false(raid_member_parse(block, sizeof block, offset - 65536, SIZE, &member));
        super->this_disk.raid_disk = 7; /* none of the array's places: a spare or nonsense */
        assert_true(raid_member_parse(block, sizeof block, offset, SIZE, &member));
        assert_int_equal(member.role, RAID_ROLE_NONE);
}

static void test_firmware(void **state) {
        struct raid_member member;
        memcpy(block, "Intel Raid ISM Cfg Sig. 1.3.00", 30);
        assert_true(raid_member_parse(block, 1024, SIZE - 1024, SIZE, &member));
        assert_string_equal(member.format, "isw_raid_member");
        assert_null(member.version);
        assert_int_equal(member.level, RAID_LEVEL_NONE);
        memset(block, 0, sizeof block);
        memcpy(block + 512, "\xde\x11\xde\x11", 4);
        assert_true(raid_member_parse(block, 1024, SIZE - 1024, SIZE, &member));
        assert_string_equal(member.format, "ddf_raid_member");
        assert_false(raid_member_parse(block, 1024, 0, SIZE, &member));
}

static void test_offsets(void **state) {
        uint64_t offset;
        unsigned count = 0;
        for (; raid_member_offset(SIZE, count, &offset); count++)
                assert_true(offset < SIZE);
        assert_int_equal(count, 5);
        assert_false(raid_member_offset(512, 0, &offset));
        assert_false(raid_member_offset(0, 0, &offset));
}

#define BLOCK_TEST(function) cmocka_unit_test_setup(function, clear_block)

int main(void) {
        const struct CMUnitTest tests[] = {
                BLOCK_TEST(test_md1), BLOCK_TEST(test_md1_roles), BLOCK_TEST(test_refused),
                BLOCK_TEST(test_md0), BLOCK_TEST(test_firmware),  cmocka_unit_test(test_offsets),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
