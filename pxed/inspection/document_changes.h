/* What is not the same in two documents of a node (pxed/inspection/hook.h), value by value. Pure. */
#pragma once

#include "lib/json.h"

/* Told of two documents at most. */
#define DOCUMENT_CHANGES_MAX 256

/*
 * Appends {"pointer", "before", "after"} for each to `changes`: pointers as RFC 6901, values as JSON text, null where there is none (a member that is
 * null is one that is not there). Objects are told by their members (an empty one is nothing), lists whose length is the same
 * by theirs, all else as a whole. -ENOMEM.
 */
int document_changes(const json_t *before, const json_t *after, json_t *changes);
