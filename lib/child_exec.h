/* Making the process of a supervised program. */
#pragma once

#include <sys/types.h>

/* The exit status of a process whose program could not be executed; the reason is its last line of output. */
#define CHILD_EXEC_FAILED 127

/*
 * Forks and executes argv (argv[0] is a path or looked up in PATH) with that environment. The process leads its own group,
 * is killed when the calling thread ends, has /dev/null as input, a new pipe as output and error, no other descriptors and default
 * signals. *ret_output is the pipe's reading end, which does not block and is the caller's to close. Returns the pid or a negative
 * errno.
 */
pid_t child_exec(const char *const *argv, char *const *environment, int *ret_output);

/* A copy of the daemon's own environment with `added` ("NAME=value", NULL-terminated, may be NULL) and without what systemd says to
 * the daemon alone. One block for strv_free. NULL without memory. */
char **child_environment(const char *const *added);

/* Arrays of strings that end with NULL; NULL-safe. */
char **strv_copy(const char *const *strings);
char **strv_free(char **strings);
