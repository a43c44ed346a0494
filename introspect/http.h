/*
 * HTTP for machines: one request per connection, bounded in connections (of all and of one address), in time and in bytes. Carries requests to api.h and its answers
 * back.
 */
#pragma once

#include "introspect/api.h"
#include "lib/http_threads.h"

/* Begins without connections: they are added (http_threads_add). `api` must outlive it. */
int http_new(struct api *api, struct http_threads **ret);
