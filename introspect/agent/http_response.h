/* A bounded, pure parser of an HTTP/1.1 response (RFC 9112). It looks at everything received so far, holds no state
 * and no socket, and is fuzzed (tests/fuzz/fuzz_agent_http.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX 16384
#define HTTP_BODY_MAX 65536
/* Room for the framing of a chunked body of the largest size. */
#define HTTP_RESPONSE_MAX (HTTP_HEAD_MAX + 2 * HTTP_BODY_MAX)

struct http_response {
        int status;                   /* 100..599 */
        char reason[128];             /* of the status line, may be "" */
        char body[HTTP_BODY_MAX + 1]; /* decoded, NUL-terminated; may hold NULs itself */
        size_t body_size;
};

/* Parses `size` bytes of `data`; `closed` says that the peer has closed, so that no more will come. Interim responses (1xx) are
 * passed over. Content-Length, chunked and read-until-close bodies.
 * Returns 1 with *ret filled; 0 if more is needed; -EBADMSG (not HTTP, or two framings that disagree), -EMSGSIZE (larger than the
 * bounds above) or -EPIPE (closed before the end). On anything but 1, *ret is undefined. */
int http_response_parse(const char *data, size_t size, bool closed, struct http_response *ret);
