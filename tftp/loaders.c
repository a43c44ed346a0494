#include "tftp/loaders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/installed.h"
#include "lib/log.h"

#define LOADER_MAX (32 * 1024 * 1024)

static const struct loader {
        const char *name;
        bool own;        /* of pxed, not of package ipxe */
        const char *use; /* what cannot be done without it */
} loaders_table[] = {
        { "undionly.kpxe", false, "BIOS machines cannot boot" },
        { "snponly.efi", false, "UEFI machines cannot boot" },
        { LOCAL_LOADER, true, "UEFI machines cannot start their local disk" },
};

struct loaders {
        struct daemon *daemon;
        char *ipxe, *directory;
};

int loaders_new(struct daemon *daemon, const char *ipxe_directory, struct loaders **ret) {
        _cleanup_(loaders_freep) struct loaders *loaders = calloc(1, sizeof(*loaders));

        if (!loaders)
                return -ENOMEM;
        loaders->daemon = daemon;
        loaders->ipxe = strdup(ipxe_directory);
        loaders->directory = path_join(daemon_state_dir(daemon), "loaders");
        if (!loaders->ipxe || !loaders->directory)
                return -ENOMEM;
        *ret = TAKE_POINTER(loaders);
        return 0;
}

struct loaders *loaders_free(struct loaders *loaders) {
        if (loaders) {
                free(loaders->ipxe);
                free(loaders->directory);
                free(loaders);
        }
        return NULL;
}

const char *loaders_directory(const struct loaders *loaders) {
        return loaders->directory;
}

/* A copy has the time of what it was made from, so that one look tells whether it still is the same. */
static bool is_same(const char *from, const char *to) {
        struct stat a, b;

        return stat(from, &a) == 0 && stat(to, &b) == 0 && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
               a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

static int copy(const char *from, const char *to) {
        _cleanup_free_ char *data = NULL;
        struct stat status;
        size_t size;
        int r = file_read(from, LOADER_MAX, &data, &size);

        if (r < 0)
                return r;
        if (stat(from, &status) < 0)
                return -errno;
        r = file_write(to, data, size, 0644, false);
        if (r < 0)
                return r;
        const struct timespec times[] = { status.st_atim, status.st_mtim };
        return utimensat(AT_FDCWD, to, times, 0) < 0 ? -errno : 0;
}

static void check_one(struct loaders *loaders, const struct loader *loader) {
        _cleanup_free_ char *from = loader->own ? installed_path(PXED_DATADIR, loader->name) : path_join(loaders->ipxe, loader->name);
        _cleanup_free_ char *to = path_join(loaders->directory, loader->name);
        char subject[64];
        int r = 0;

        if (!from || !to)
                return;
        snprintf(subject, sizeof(subject), "loader %s", loader->name);
        if (!is_same(from, to)) {
                r = copy(from, to);
                if (r == 0)
                        log_info("Loader %s was taken from %s.", loader->name, from);
        }
        /* A copy that is there still serves when the package is gone. */
        if (r == 0 || (r == -ENOENT && access(to, R_OK) == 0))
                daemon_clear_problem(loaders->daemon, subject);
        else if (r == -ENOENT)
                daemon_set_problem(loaders->daemon, subject, "%s is missing, %s: %s", from, loader->use,
                                   loader->own ? "install pxed completely" : "apt install ipxe");
        else
                daemon_set_problem(loaders->daemon, subject, "cannot copy %s to %s: %s", from, to, strerror(-r));
}

static void check_probe(struct loaders *loaders) {
        _cleanup_free_ char *path = path_join(loaders->directory, LOADER_PROBE);
        int r;

        if (!path || access(path, R_OK) == 0)
                return;
        r = file_write(path, LOADER_PROBE_TEXT, strlen(LOADER_PROBE_TEXT), 0644, false);
        if (r < 0)
                daemon_set_problem(loaders->daemon, "loader folder", "cannot write %s: %s", path, strerror(-r));
        else
                daemon_clear_problem(loaders->daemon, "loader folder");
}

void loaders_check(struct loaders *loaders) {
        int r = folder_make(loaders->directory, 0755);

        /* in.tftpd reads it as nobody, whatever our umask is. */
        if (r >= 0 && chmod(loaders->directory, 0755) < 0)
                r = -errno;
        if (r < 0) {
                daemon_set_problem(loaders->daemon, "loader folder", "cannot make %s: %s", loaders->directory, strerror(-r));
                return;
        }
        check_probe(loaders);
        for (size_t i = 0; i < ELEMENTS(loaders_table); i++)
                check_one(loaders, &loaders_table[i]);
}
