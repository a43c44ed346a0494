/* pxed-introspect as a whole: takes inventories from ramdisks and hands them to pxed. */
#pragma once

#include "lib/daemon.h"

struct introspect;

int introspect_new(struct daemon *daemon, struct introspect **ret);
struct introspect *introspect_free(struct introspect *introspect);
DEFINE_CLEANUP(struct introspect *, introspect_free);

/* Reads the spool, starts the HTTP threads, and connects to pxed. Says what is wrong itself. */
int introspect_start(struct introspect *introspect);
