/*
 * The gateway for controllers: where it listens. On the socket RUNTIME/inspector (mode 0660, group pxed, as the bus) always, and on an address where the
 * configuration has one. What cannot be had is a problem of the daemon and tried again every second.
 */
#pragma once

#include "lib/daemon.h"

struct inspector;

int inspector_new(struct daemon *daemon, struct inspector **ret);
struct inspector *inspector_free(struct inspector *inspector);
DEFINE_CLEANUP(struct inspector *, inspector_free);

/* "127.0.0.1:5051"; "": no address. Opens and closes what has changed. */
void inspector_set_address(struct inspector *inspector, const char *address);
/* To be called every few seconds. */
void inspector_end_stuck(struct inspector *inspector);
