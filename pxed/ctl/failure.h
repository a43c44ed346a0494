/* What went wrong, for a person: Varlink errors and broken connections as a line that says what to do, and an exit status. All pure. */
#pragma once

#include "lib/json.h"

/*
 * A declared error. Returns the exit status; *ret_message is the caller's to free (NULL when memory is short) and holds text of
 * the wire that is not escaped yet.
 */
int failure_of_error(const char *error, const json_t *parameters, char **ret_message);

/* A call that failed with negative errno `r`, connecting to or talking through `path`. */
int failure_of_connection(int r, const char *path, char **ret_message);
