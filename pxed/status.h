/* What is worth an event between two statuses of a daemon. Pure. */
#pragma once

#include <jansson.h>

/* Calls `tell` for each problem that came or went, and for each child that was started again, loops, or is well again. Statuses are of type
 * Status of org.pxed.Daemon; old NULL: none was known. Ends with what tell returns when that is negative. */
int status_compare(const json_t *old, const json_t *new, int (*tell)(const char *kind, const char *message, void *userdata),
                   void *userdata);
