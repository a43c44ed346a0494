/* The readers of RAID superblocks: the first byte chooses where the rest was read, the texts always end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "introspect/agent/raid_member.h"

#define SIZE (64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct raid_member member;
        uint64_t offset;
        if (size == 0 || size > 1 + RAID_BLOCK_SIZE || !raid_member_offset(SIZE, data[0] % 8, &offset))
                return 0;
        if (raid_member_parse(data + 1, size - 1, offset, SIZE, &member)
            && (!member.format || strlen(member.array_uuid) > 36 || strlen(member.array_name) > 32 || member.role > 0xffff))
                abort();
        return 0;
}
