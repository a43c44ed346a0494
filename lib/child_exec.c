#include "lib/child_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/macro.h"

char **strv_free(char **strings) {
        for (char **s = strings; s && *s; s++)
                free(*s);
        free(strings);
        return NULL;
}

char **strv_copy(const char *const *strings) {
        size_t n = 0;
        while (strings[n])
                n++;

        char **copy = calloc(n + 1, sizeof *copy);
        for (size_t i = 0; copy && i < n; i++)
                if (!(copy[i] = strdup(strings[i])))
                        return strv_free(copy);
        return copy;
}

static bool same_name(const char *a, const char *b) {
        size_t length = strcspn(a, "=");
        return strncmp(a, b, length) == 0 && (b[length] == '=' || b[length] == '\0');
}

static bool names(const char *const *list, const char *assignment) {
        for (; list && *list; list++)
                if (same_name(assignment, *list))
                        return true;
        return false;
}

char **child_environment(const char *const *added) {
        static const char *const own[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
                                           "JOURNAL_STREAM", NULL };
        size_t n = 0, m = 0;
        while (environ && environ[n])
                n++;
        while (added && added[m])
                m++;

        _cleanup_free_ const char **all = calloc(n + m + 1, sizeof *all);
        if (!all)
                return NULL;

        size_t k = 0;
        for (size_t i = 0; i < n; i++)
                if (!names(own, environ[i]) && !names(added, environ[i]))
                        all[k++] = environ[i];
        for (size_t i = 0; i < m; i++)
                all[k++] = added[i];
        return strv_copy(all);
}

/* The rest of the process before it is another program. Only async-signal-safe calls: the daemon may have threads. */
static _Noreturn void become(const char *const *argv, char *const *environment, int input, int output, pid_t parent) {
        sigset_t none;
        sigemptyset(&none);
        for (int i = 1; i < SIGRTMAX; i++)
                signal(i, SIG_DFL);
        sigprocmask(SIG_SETMASK, &none, NULL);

        setpgid(0, 0);
        /* The daemon may have died before the kernel was asked to tell. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                _exit(CHILD_EXEC_FAILED);

        if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0 ||
            close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
                _exit(CHILD_EXEC_FAILED);

        execvpe(argv[0], (char *const *) argv, environment);
        dprintf(STDERR_FILENO, "cannot execute %s: %s\n", argv[0], strerror(errno));
        _exit(CHILD_EXEC_FAILED);
}

pid_t child_exec(const char *const *argv, char *const *environment, int *ret_output) {
        _cleanup_close_ int input = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (input < 0)
                return -errno;

        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        _cleanup_close_ int reading = ends[0], writing = ends[1];

        /* Only the daemon's end: a program that finds its standard output non-blocking may lose lines. */
        if (fcntl(reading, F_SETFL, O_NONBLOCK) < 0)
                return -errno;

        pid_t parent = getpid();
        pid_t pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                become(argv, environment, input, writing, parent);

        /* Also here, so that the group exists when fork has returned, whoever runs first. */
        setpgid(pid, pid);
        *ret_output = TAKE_FD(reading);
        return pid;
}
