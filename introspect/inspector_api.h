/*
 * What controllers are answered, without HTTP: ironic-inspector's API v1, and Ironic's of an inventory. Each request becomes calls on the bus, and nothing
 * of their answers is kept. Any thread may call it; it waits for pxed, for at most as long as INSPECTOR_BUS_TIME.
 * Errors are {"error": {"message": ...}}, as inspector's.
 */
#pragma once

#include <pthread.h>
#include <stddef.h>

#include "introspect/inspector_target.h"

struct inspector_api {
        const char *bus;       /* the socket's path, borrowed */
        pthread_mutex_t large; /* one inventory is taken apart at a time, since it may take 100 MiB */
};

/* All borrowed; NULL: the request has none. */
struct inspector_request {
        const char *method, *path;
        const char *host, *own_version, *common_version, *if_match, *if_none_match; /* headers */
        const char *limit, *marker, *states;                                        /* of the query */
        size_t body; /* bytes that came with it */
};

struct inspector_answer {
        unsigned status;
        char *body; /* JSON, owned; NULL: empty */
        char etag[INSPECTOR_ETAG_SIZE]; /* "": none */
        const char *allow;    /* header of 405; NULL */
        unsigned retry_after; /* seconds; 0: no such header */
};

void inspector_api_init(struct inspector_api *api, const char *bus);
void inspector_api_clear(struct inspector_api *api);

/* *ret is written in any case; its body is the caller's to free. */
void inspector_api_answer(struct inspector_api *api, const struct inspector_request *request, struct inspector_answer *ret);
