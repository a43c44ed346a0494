/*
 * Varlink messages (https://varlink.org/Method-Call): the text of calls and replies, and their framing on a stream. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/json.h"
#include "lib/macro.h"

/* What has been received and not been consumed. All zero is an empty one. */
struct varlink_input {
        char *data;
        size_t start, scanned, end, capacity;
        size_t max; /* bytes of a message, its NUL not counted */
};

/* Room for at least one byte more: *ret_size bytes at *ret. -EMSGSIZE: the message that is being received is over `max`. -ENOMEM. */
int varlink_input_room(struct varlink_input *input, char **ret, size_t *ret_size);
/* `size` bytes have been written there. */
void varlink_input_add(struct varlink_input *input, size_t size);
/* Whether a whole message is there. */
bool varlink_input_ready(struct varlink_input *input);
/* Consumes a message: its text, good until the next call of varlink_input_room or _clear. NULL: there is no whole one. */
const char *varlink_input_next(struct varlink_input *input, size_t *ret_size);
/* Bytes that are there and not consumed. */
static inline size_t varlink_input_size(const struct varlink_input *input) {
        return input->end - input->start;
}
/* Frees the memory when nothing is left in it, so that an idle connection holds none. */
void varlink_input_trim(struct varlink_input *input);
/* Drops everything. */
void varlink_input_clear(struct varlink_input *input);

/* What is queued to be sent. */
struct varlink_chunk {
        struct varlink_chunk *next;
        char *text;
        size_t size, sent;
};

struct varlink_output {
        struct varlink_chunk *first, **end;
        size_t size; /* bytes not sent yet */
};

/* Takes over `text`, of `size` bytes, its NUL among them; also on failure (-ENOMEM). */
int varlink_output_add(struct varlink_output *output, char *text, size_t size);
/* Sends what the socket takes now. 0, also when something is left; a negative errno when the connection is of no more use. */
int varlink_output_send(struct varlink_output *output, int fd);
void varlink_output_clear(struct varlink_output *output);

/* A call, as its caller wrote it. */
struct varlink_request {
        const char *method;
        json_t *parameters; /* borrowed from the message; NULL: none were given */
        bool more, oneway;
};

/*
 * Reads the members of a call. -EINVAL: *ret_member is the one that is missing, of a wrong type, not known, or (upgrade) not to be
 * had. `request` then still tells whether it was `oneway`.
 */
int varlink_read_request(const json_t *message, struct varlink_request *request, const char **ret_member);

/* Texts of messages, NUL-terminated, *ret_size with the NUL. Each takes over the reference to `parameters`. NULL: out of memory. */
char *varlink_write_request(const char *method, json_t *parameters, bool more, size_t *ret_size);
char *varlink_write_reply(const char *error, json_t *parameters, bool continues, size_t *ret_size);

/* The members of a reply; `error` NULL: it is none; `parameters` borrowed, may be NULL. -EBADMSG: not a reply. */
struct varlink_response {
        const char *error;
        json_t *parameters;
        bool continues;
};
int varlink_read_response(const json_t *message, struct varlink_response *response);
