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

unsigned file_status(int opened, const char **ret_why) {
        switch (opened) {
        case -EACCES:
        case -EPERM:
                *ret_why = "the file may not be read";
                return 403;
        case -EMFILE:
        case -ENFILE:
        case -ENOMEM:
                *ret_why = "too many files are open";
                return 503;
        default:
                *ret_why = opened < 0 ? "there is no such file" : NULL;
                return opened < 0 ? 404 : 200;
        }
}
