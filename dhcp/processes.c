#include "dhcp/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/macro.h"

static void closedirp(DIR **folder) {
        if (*folder)
                closedir(*folder);
}

/* proc(5), stat: "PID (NAME) STATE PARENT GROUP ...", where NAME may hold anything. */
static bool runs_in_group(int proc, const char *pid, pid_t group) {
        char path[300], stat[1024];
        snprintf(path, sizeof path, "%s/stat", pid);

        _cleanup_close_ int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, stat, sizeof stat - 1);
        stat[n > 0 ? n : 0] = '\0';

        char state;
        int parent, of;
        const char *after = strrchr(stat, ')');
        return after && sscanf(after, ") %c %d %d", &state, &parent, &of) == 3 && of == group && state != 'Z' && state != 'X';
}

bool process_group_runs(pid_t group) {
        /* Nearly always, and cheap. */
        if (group <= 0 || kill(-group, 0) < 0)
                return false;

        _cleanup_(closedirp) DIR *folder = opendir("/proc");
        const struct dirent *entry;
        while (folder && (entry = readdir(folder)))
                if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && runs_in_group(dirfd(folder), entry->d_name, group))
                        return true;
        return false;
}
