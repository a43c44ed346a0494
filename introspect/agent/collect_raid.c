#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "introspect/agent/collect.h"
#include "introspect/agent/raid_member.h"
#include "introspect/agent/sysfs.h"

#define MEMBERS_MAX 4096

static json_t *describe(const char *device, const struct raid_member *member) {
        return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "device", json_sprintf("/dev/%s", device), "format",
                         member->format, "version", json_text(member->version), "array_uuid", json_text(member->array_uuid),
                         "array_name", json_text(member->array_name), "level",
                         member->level == RAID_LEVEL_NONE ? json_null() : json_integer(member->level), "disks",
                         member->disks == 0 ? json_null() : json_integer(member->disks), "role",
                         member->role == RAID_ROLE_SPARE    ? json_string("spare")
                         : member->role == RAID_ROLE_FAULTY ? json_string("faulty")
                         : member->role == RAID_ROLE_NONE   ? json_null()
                                                            : json_integer(member->role));
}

/* A disk that cannot be read has nothing to tell: it is listed as a disk all the same. */
static bool look_at(const char *root, const char *device, uint64_t size, struct raid_member *ret) {
        char path[512];
        unsigned char block[RAID_BLOCK_SIZE];
        uint64_t offset;
        bool found = false;
        snprintf(path, sizeof path, "%s/dev/%s", root, device);
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        for (unsigned number = 0; fd >= 0 && !found && raid_member_offset(size, number, &offset); number++) {
                ssize_t n = pread(fd, block, sizeof block, (off_t) offset);
                if (n < 0)
                        break;
                found = raid_member_parse(block, (size_t) n, offset, size, ret);
        }
        if (fd >= 0)
                close(fd);
        return found;
}

/* `directory` is the device's own, in sysfs, below `root`. */
static void append_if_member(const char *root, const char *directory, const char *device, json_t *list) {
        struct raid_member member;
        long long sectors;
        if (json_array_size(list) < MEMBERS_MAX && sysfs_read_number(&sectors, "%s/%s/size", root, directory) == 0 && sectors > 0
            && look_at(root, device, (uint64_t) sectors * COLLECT_SECTOR_BYTES, &member))
                json_array_append_new(list, describe(device, &member));
}

static void append_partitions(const char *root, const char *disk, json_t *list) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char directory[600];
        if (sysfs_names(&names, "%s/sys/block/%s", root, disk) < 0)
                return;
        for (char **name = names; *name; name++) {
                snprintf(directory, sizeof directory, "sys/block/%.255s/%.255s", disk, *name);
                if (sysfs_exists("%s/%s/partition", root, directory))
                        append_if_member(root, directory, *name, list);
        }
}

int collect_raid_members(const char *root, json_t **ret) {
        char **names __attribute__((cleanup(sysfs_names_freep))) = NULL;
        char directory[300];
        int r = sysfs_names(&names, "%s/sys/block", root);
        if (r < 0)
                return r;
        json_t *list = json_array();
        for (char **name = names; *name; name++)
                if (collect_is_disk(root, *name)) {
                        snprintf(directory, sizeof directory, "sys/block/%.255s", *name);
                        append_if_member(root, directory, *name, list);
                        append_partitions(root, *name, list);
                }
        *ret = list;
        return 0;
}
