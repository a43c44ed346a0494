#include "tftp/images.h"

#include <errno.h>
#include <string.h>

#include "lib/file.h"
#include "lib/installed.h"
#include "lib/macro.h"

#define RAMDISK "ramdisk"

int image_open(const char *folder, const char *file) {
        int fd = file_open_in(folder, file);

        if (fd != -ENOENT || strncmp(file, RAMDISK "/", sizeof(RAMDISK)) != 0)
                return fd;
        _cleanup_free_ char *brought = installed_path(PXED_DATADIR, RAMDISK);
        return brought ? file_open_in(brought, file + sizeof(RAMDISK)) : -ENOMEM;
}
