/* The duties of process 1 in a ramdisk. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Mounts /proc, /sys, /dev and /run, sets a PATH and a file mode mask, and lets the kernel reap every child (SIGCHLD ignored), also the
 * orphans that process 1 inherits. A mount that fails is said on the console by the caller: returns 0 or the first negative errno,
 * having tried all. */
int init_system(void);

/* Starts a program and does not wait for it; its output goes nowhere unless `console`, which makes /dev/console its terminal.
 * Returns its process id or a negative errno. */
pid_t init_spawn(const char *const argv[], bool console);

/* Is that child still there? */
bool init_alive(pid_t pid);

/* A busybox shell on /dev/console, unless one runs already. */
void init_shell(void);

/* Syncs and restarts (or switches off) the machine. Does not return where it is allowed to; else returns a negative errno. */
int init_restart(void);
int init_power_off(void);
