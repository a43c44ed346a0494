#include "introspect/agent/http_response.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* What is still unread. */
struct cursor {
        const char *at, *end;
};

struct framing {
        bool chunked;
        bool has_length;
        size_t length;
};

/* Takes a line without its CRLF (a bare LF is accepted, RFC 9112 2.2). Returns 1, or 0 if the line is not whole yet. */
static int take_line(struct cursor *in, const char **ret, size_t *ret_size) {
        const char *newline = memchr(in->at, '\n', (size_t) (in->end - in->at));
        if (!newline)
                return 0;
        *ret = in->at;
        *ret_size = (size_t) (newline - in->at);
        if (*ret_size > 0 && newline[-1] == '\r')
                --*ret_size;
        in->at = newline + 1;
        return 1;
}

/* "HTTP/1.1 200 OK" */
static int parse_status(const char *line, size_t size, struct http_response *response) {
        if (size < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !isdigit((unsigned char) line[7]) || line[8] != ' ')
                return -EBADMSG;
        int status = 0;
        for (int i = 9; i < 12; i++) {
                if (!isdigit((unsigned char) line[i]))
                        return -EBADMSG;
                status = status * 10 + (line[i] - '0');
        }
        if (status < 100 || status > 599 || (size > 12 && line[12] != ' '))
                return -EBADMSG;
        size_t reason = size > 13 ? size - 13 : 0;
        if (reason >= sizeof response->reason)
                reason = sizeof response->reason - 1;
        if (reason > 0)
                memcpy(response->reason, line + 13, reason);
        response->reason[reason] = '\0';
        response->status = status;
        return 0;
}

static int parse_size(const char *text, size_t size, unsigned base, size_t *ret) {
        size_t value = 0;
        if (size == 0)
                return -EBADMSG;
        for (size_t i = 0; i < size; i++) {
                unsigned char c = (unsigned char) text[i];
                unsigned digit = isdigit(c) ? (unsigned) (c - '0') : isalpha(c) ? (unsigned) tolower(c) - 'a' + 10 : 99;
                if (digit >= base)
                        return -EBADMSG;
                value = value * base + digit;
                if (value > HTTP_BODY_MAX)
                        return -EMSGSIZE;
        }
        *ret = value;
        return 0;
}

static bool named(const char *line, size_t size, const char *name) {
        size_t length = strlen(name);
        return size > length && line[length] == ':' && strncasecmp(line, name, length) == 0;
}

static void header_value(const char *line, size_t size, const char **ret, size_t *ret_size) {
        const char *colon = memchr(line, ':', size);
        const char *value = colon + 1, *end = line + size;
        while (value < end && (*value == ' ' || *value == '\t'))
                value++;
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
        *ret = value;
        *ret_size = (size_t) (end - value);
}

static int parse_header(const char *line, size_t size, struct framing *framing) {
        const char *value;
        size_t value_size, length;
        if (!memchr(line, ':', size))
                return -EBADMSG;
        header_value(line, size, &value, &value_size);
        if (named(line, size, "Transfer-Encoding")) {
                /* any other coding would need a decoder, and none was offered */
                if (value_size != 7 || strncasecmp(value, "chunked", 7) != 0)
                        return -EBADMSG;
                framing->chunked = true;
        } else if (named(line, size, "Content-Length")) {
                int r = parse_size(value, value_size, 10, &length);
                if (r < 0)
                        return r;
                if (framing->has_length && framing->length != length)
                        return -EBADMSG;
                framing->has_length = true;
                framing->length = length;
        }
        return 0;
}

/* Status line and headers up to the empty line. Returns 1 when whole, 0 if not yet, or a negative errno. */
static int parse_head(struct cursor *in, struct http_response *response, struct framing *framing) {
        const char *line;
        size_t size;
        *framing = (struct framing){ 0 };
        int r = take_line(in, &line, &size);
        if (r <= 0)
                return r;
        if ((r = parse_status(line, size, response)) < 0)
                return r;
        while ((r = take_line(in, &line, &size)) > 0) {
                if (size == 0)
                        return 1;
                if ((r = parse_header(line, size, framing)) < 0)
                        return r;
        }
        return r;
}

/* Appends what is there of `size` bytes; 1 when all of them are, 0 if not yet. */
static int take_body(struct cursor *in, size_t size, struct http_response *response) {
        if (size > HTTP_BODY_MAX - response->body_size)
                return -EMSGSIZE;
        if ((size_t) (in->end - in->at) < size)
                return 0;
        memcpy(response->body + response->body_size, in->at, size);
        response->body_size += size;
        in->at += size;
        return 1;
}

/* RFC 9112 7.1.1: the size in hexadecimal; extensions behind it are passed over. Returns 0 or a negative errno. */
static int chunk_size(const char *line, size_t size, size_t *ret) {
        size_t digits = 0;
        while (digits < size && isxdigit((unsigned char) line[digits]))
                digits++;
        if (digits < size && line[digits] != ';' && line[digits] != ' ')
                return -EBADMSG;
        return parse_size(line, digits, 16, ret);
}

/* RFC 9112 7.1. Returns as take_body(). */
static int take_chunked(struct cursor *in, struct http_response *response) {
        const char *line;
        size_t size, chunk = 1;
        int r;
        while (chunk > 0) {
                if ((r = take_line(in, &line, &size)) <= 0 || (r = chunk_size(line, size, &chunk)) < 0)
                        return r;
                if (chunk > 0) {
                        if ((r = take_body(in, chunk, response)) <= 0 || (r = take_line(in, &line, &size)) <= 0)
                                return r;
                        if (size != 0)
                                return -EBADMSG;
                }
        }
        /* trailers, passed over too */
        while ((r = take_line(in, &line, &size)) > 0)
                if (size == 0)
                        return 1;
        return r;
}

static int take_framed(struct cursor *in, const struct framing *framing, bool closed, struct http_response *response) {
        if (response->status == 204 || response->status == 304)
                return 1;
        if (framing->chunked && framing->has_length)
                return -EBADMSG; /* RFC 9112 6.3: a sign of smuggling */
        if (framing->chunked)
                return take_chunked(in, response);
        if (framing->has_length)
                return take_body(in, framing->length, response);
        size_t rest = (size_t) (in->end - in->at);
        if (rest > HTTP_BODY_MAX)
                return -EMSGSIZE;
        return closed ? take_body(in, rest, response) : 0;
}

int http_response_parse(const char *data, size_t size, bool closed, struct http_response *ret) {
        struct cursor in = { data, data + size };
        struct framing framing;
        int r;
        ret->body_size = 0;
        do {
                const char *head = in.at;
                r = parse_head(&in, ret, &framing);
                if (r >= 0 && (size_t) ((r > 0 ? in.at : in.end) - head) > HTTP_HEAD_MAX)
                        return -EMSGSIZE;
        } while (r > 0 && ret->status < 200);
        if (r > 0)
                r = take_framed(&in, &framing, closed, ret);
        if (r == 0 && size >= HTTP_RESPONSE_MAX)
                return -EMSGSIZE;
        if (r == 0 && closed)
                return -EPIPE;
        if (r > 0)
                ret->body[ret->body_size] = '\0';
        return r;
}
