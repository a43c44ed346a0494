#include "introspect/agent/init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
        const char *type, *target, *options;
        unsigned long flags;
} mounts[] = {
        { "devtmpfs", "/dev", "mode=0755", MS_NOSUID },
        { "proc", "/proc", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV },
        { "sysfs", "/sys", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV },
        { "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV },
};

int init_system(void) {
        int first = 0;
        umask(022);
        setenv("PATH", "/sbin:/bin:/usr/sbin:/usr/bin", 1);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
                mkdir(mounts[i].target, 0755);
                if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) < 0
                    && errno != EBUSY && first == 0)
                        first = -errno;
        }
        /* Ctrl-Alt-Del restarts the machine at once: there is nothing here to lose */
        reboot(RB_ENABLE_CAD);
        return first;
}

static void child_streams(bool console) {
        int fd = open(console ? "/dev/console" : "/dev/null", O_RDWR);
        for (int i = 0; fd >= 0 && i < 3; i++)
                dup2(fd, i);
        if (fd > 2)
                close(fd);
        if (console)
                ioctl(0, TIOCSCTTY, 1);
}

pid_t init_spawn(const char *const argv[], bool console) {
        pid_t pid = fork();
        if (pid != 0)
                return pid < 0 ? -errno : pid;
        /* programs wait for their own children, which an ignored SIGCHLD would make impossible */
        signal(SIGCHLD, SIG_DFL);
        signal(SIGPIPE, SIG_DFL);
        setsid();
        child_streams(console);
        execv(argv[0], (char *const *) argv);
        _exit(127);
}

bool init_alive(pid_t pid) {
        return pid > 0 && kill(pid, 0) == 0;
}

void init_shell(void) {
        static pid_t shell;
        static const char *const argv[] = { "/bin/busybox", "sh", NULL };
        if (!init_alive(shell))
                shell = init_spawn(argv, true);
}

int init_restart(void) {
        sync();
        reboot(RB_AUTOBOOT);
        return -errno;
}

int init_power_off(void) {
        sync();
        reboot(RB_POWER_OFF);
        return -errno;
}
