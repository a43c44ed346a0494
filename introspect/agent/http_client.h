/* An HTTP/1.1 client for one request at a time over a TCP socket of its own. */
#pragma once

#include "introspect/agent/http_response.h"
#include "introspect/agent/url.h"

/* POSTs `body` (JSON text) and waits for the answer, at most `timeout_ms` for everything; connecting may take 5 s of it.
 * Returns 0 with *ret filled, whatever its status; else a negative errno (-ETIMEDOUT, -ECONNREFUSED, ...; -EBADMSG, -EMSGSIZE and
 * -EPIPE as http_response_parse() says). Blocks. */
int http_post(const struct http_url *url, const char *body, size_t body_size, unsigned timeout_ms, struct http_response *ret);
