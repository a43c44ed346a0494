#include "lib/installed.h"

#include <limits.h>
#include <string.h>

#include "lib/file.h"
#include "lib/macro.h"

char *installed_path(const char *folder, const char *name) {
        char program[PATH_MAX];
        ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

        if (length > 0) {
                program[length] = 0;
                *strrchr(program, '/') = 0;
                _cleanup_free_ char *beside = path_join(program, name);
                if (!beside || access(beside, R_OK) == 0)
                        return TAKE_POINTER(beside);
        }
        return path_join(folder, name);
}
