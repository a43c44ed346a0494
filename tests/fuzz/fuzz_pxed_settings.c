/* A configuration file of any content is read or refused. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pxed/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static int fd = -1;
        static char path[64];
        if (fd < 0) {
                fd = memfd_create("pxed.conf", 0);
                snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        }
        if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t) size)
                return 0;
        struct settings *settings = NULL;
        struct config_error error = { 0 };
        if (settings_load(path, &settings, &error) < 0 && error.reason[0] == '\0' && size > 0)
                __builtin_trap(); /* refused without a word */
        settings_free(settings);
        return 0;
}
