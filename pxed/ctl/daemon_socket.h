/* The daemons of the appliance and the sockets on which each can be asked by itself. */
#pragma once

#include "pxed/ctl/ctl.h"

/* Short names, as of RUNTIME/NAME.sock; ends with NULL. */
extern const char *const daemon_sockets[];

/* The short name of "dhcp" or "pxed-dhcp"; NULL: there is no such daemon. */
const char *daemon_short_name(const char *name);

/* Calls a method on the daemon's own socket; takes over `parameters`. As ctl_try; *ret_path is the socket (the caller's to free). */
int daemon_ask(struct ctl *ctl, const char *short_name, const char *method, json_t *parameters, char **ret_path, char **ret_error, json_t **ret);
