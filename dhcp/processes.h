/* Processes, as /proc has them. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Whether a process of the group runs; a zombie, which waits for init to take notice, does not. */
bool process_group_runs(pid_t group);
