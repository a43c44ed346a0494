/* A file of kept state: whatever is in it, what is delivered is whole entries, or nothing. */
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/kept_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *key, const json_t *entry, void *userdata) {
        assert(key[0] && json_get_string(entry, "key"));
        ++*(unsigned *) userdata;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char path[64];
        unsigned delivered = 0;
        _cleanup_(kept_state_freep) struct kept_state *kept = NULL;

        snprintf(path, sizeof(path), "/tmp/pxed-fuzz-kept-%d", (int) getpid());
        if (file_write(path, data, size, 0600, false) < 0 || kept_state_new(path, "tftp", &kept) < 0)
                return 0;
        int r = kept_state_load(kept, check, &delivered);
        assert(r == 0 || delivered == 0);
        unlink(path);
        return 0;
}
