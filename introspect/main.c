/* pxed-introspect: takes the inventories that inspection ramdisks post, and hands them to pxed. */
#include <malloc.h>
#include <stdlib.h>

#include "introspect/introspect.h"

/* Four HTTP threads would each get an arena of their own, and freed inventories would stay in them. */
static void keep_memory_small(void) {
        mallopt(M_ARENA_MAX, 2);
        mallopt(M_MMAP_THRESHOLD, 128 * 1024);
        mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

int main(int argc, char **argv) {
        const struct daemon_options options = {
                .name = "pxed-introspect",
                .summary = "Takes the inventories that inspection ramdisks post, and hands them to pxed.",
        };
        _cleanup_(daemon_freep) struct daemon *daemon = NULL;
        _cleanup_(introspect_freep) struct introspect *introspect = NULL;

        keep_memory_small();
        int r = daemon_new(&options, argc, argv, &daemon);
        if (r != 0)
                return r == DAEMON_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
        if (introspect_new(daemon, &introspect) < 0 || introspect_start(introspect) < 0)
                return EXIT_FAILURE;
        return daemon_run(daemon);
}
