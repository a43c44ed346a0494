/*
 * What a controller asks of the gateway: paths, versions, entity tags (RFC 9110 8.8.3) and the arguments of a list. Nothing of it has been checked
 * before. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The versions of ironic-inspector's API that are answered. */
#define INSPECTOR_VERSION_OLDEST "1.0"
#define INSPECTOR_VERSION "1.18"

#define INSPECTOR_NODE_SIZE 64
#define INSPECTOR_ETAG_SIZE 48
#define INSPECTOR_LIST_MAX 1000

/* Whether the path is that of the pattern, in which '*' stands for one segment: that is copied to `node`, "" when it can be no node's id,
 * name or MAC. A '/' at the end of the path does not count. */
bool inspector_match(const char *pattern, const char *path, char node[static INSPECTOR_NODE_SIZE]);

/*
 * The values of X-OpenStack-Ironic-Inspector-API-Version and OpenStack-API-Version, NULL where they are missing. 0: it can be answered, as it can
 * where none is asked for; -EINVAL: it is no version; -ERANGE: one that is not served.
 */
int inspector_check_version(const char *own, const char *common);

/* "REVISION", and "REVISION-INVENTORY" for what an inventory is part of (0: none), in quotes. Returns `buffer`. */
char *inspector_etag(uint64_t revision, uint64_t inventory, char buffer[static INSPECTOR_ETAG_SIZE]);
/* Whether If-None-Match (NULL: none) has this tag, by weak comparison. */
bool inspector_none_match(const char *header, const char *etag);
/* The revision that If-Match asks for. 0; -ENODATA: any, also where it is NULL; -EINVAL: it is no tag that was given here; -E2BIG: more than one tag. */
int inspector_if_match(const char *header, uint64_t *ret);

struct inspector_list {
        size_t limit;
        const char *marker; /* borrowed; NULL: from the first */
        unsigned states;    /* bits by inspector_state_names */
};

#define INSPECTOR_STATES 6
/* The states of inspections that have begun, as org.pxed.Node and inspector name them. */
extern const char *const inspector_state_names[INSPECTOR_STATES];

/* The arguments of a list, NULL where they are missing. NULL, or what is wrong (static text). */
const char *inspector_parse_list(const char *limit, const char *marker, const char *states, struct inspector_list *ret);

/* The value of a Host header fit to be put into links; else "localhost". */
const char *inspector_host(const char *host);
