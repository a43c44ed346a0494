/* The one kind of URL the agent understands: http://ADDRESS[:PORT]/path?query with a numeric address. A static program has
 * no resolver worth having, and the appliance knows its own address. */
#pragma once

#include <sys/socket.h>

#include "introspect/agent/cmdline.h"

struct http_url {
        struct sockaddr_storage address;
        socklen_t address_size;
        char host[96];              /* for the Host header (RFC 9110 7.2): with brackets and with the port, if it is not 80 */
        char target[AGENT_URL_MAX]; /* path and query, starts with '/' */
};

/* Parses `text` (RFC 3986, a fragment is dropped). Returns 0, -EPROTONOSUPPORT (not http), -EDESTADDRREQ (a name instead of an
 * address) or -EINVAL (anything else: also blanks and control characters, which could break a request). */
int http_url_parse(const char *text, struct http_url *ret);

/* Writes the URL at which the agent asks for orders: `callback` with the last component of its path replaced by "agent"; the
 * query, which carries the token, stays. Returns 0, -EINVAL (no path) or -ENAMETOOLONG. */
int agent_order_url(const char *callback, char *buf, size_t size);
