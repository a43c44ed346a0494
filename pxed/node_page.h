/*
 * Nodes by their names, a page of them in a call: as many as were asked for, but no more than fit into one piece of work of the loop, since boots and
 * workers wait for it meanwhile.
 */
#pragma once

#include <jansson.h>

#include "pxed/registry.h"

#define NODE_PAGE_USEC (50 * USEC_PER_MSEC)
/* After so many it is full. Two bytes can make a value, and with what one more node adds (introspect/api_inventory.c: 224 Ki) a page has no more values than json_parse takes. */
#define NODE_PAGE_BYTES ((size_t) 64 * 1024)

struct node_page {
        struct node *const *nodes;
        size_t count, at, end;
        uint64_t until; /* monotonic */
        size_t bytes;   /* of the reply so far: the caller adds to it */
        bool begun;
};

/* after: a name, NULL: from the first. Valid until nodes change. */
void node_page_begin(struct registry *registry, const char *after, size_t limit, struct node_page *ret);
/* The next node; NULL: the page is full, or there are no more. The first is given in any case. */
const struct node *node_page_next(struct node_page *page);
/* What `after` of the next call is, as JSON: a text, or null where there are no more. */
json_t *node_page_rest(const struct node_page *page);
