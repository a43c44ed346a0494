/*
 * The framing of a stream that comes in pieces: the messages are those that the bytes hold, whatever the pieces. Each is then read
 * as a call and as a reply. The first byte is the size of the pieces.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/varlink_message.h"

#define MESSAGE_MAX 64

static void read_message(const char *text, size_t size) {
        _cleanup_json_ json_t *message = json_parse(text, size, JSON_DEPTH_MAX, NULL);
        struct varlink_request request;
        struct varlink_response response;
        const char *member;
        size_t length;

        if (!message)
                return;
        if ((varlink_read_request(message, &request, &member) < 0) != (member != NULL))
                abort();
        if (!member)
                free(varlink_write_request(request.method, json_incref(request.parameters), request.more, &length));
        if (varlink_read_response(message, &response) == 0)
                free(varlink_write_reply(response.error, json_incref(response.parameters), response.continues, &length));
}

/* Takes the messages that are there, and compares each with what stands in the data. */
static const uint8_t *take(struct varlink_input *input, const uint8_t *expected) {
        const char *text;
        size_t size;

        while ((text = varlink_input_next(input, &size))) {
                if (size > MESSAGE_MAX || size != strlen(text) || memcmp(text, expected, size + 1) != 0)
                        abort();
                read_message(text, size);
                expected += size + 1;
        }
        varlink_input_trim(input);
        if (input->capacity > MESSAGE_MAX + 1 || (varlink_input_size(input) == 0 && input->data))
                abort();
        return expected;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct varlink_input input = { .max = MESSAGE_MAX };
        const uint8_t *p, *expected, *end = data + size;
        size_t piece, room;
        char *to;

        if (size < 2)
                return 0;
        piece = data[0] ? data[0] : 1;
        for (p = expected = data + 1; p < end; p += room) {
                int r = varlink_input_room(&input, &to, &room);
                if (r < 0) {
                        /* refused exactly when a message is over the limit */
                        if (r != -EMSGSIZE || memchr(expected, '\0', MESSAGE_MAX + 1))
                                abort();
                        break;
                }
                room = room < piece ? room : piece;
                room = room < (size_t) (end - p) ? room : (size_t) (end - p);
                memcpy(to, p, room);
                varlink_input_add(&input, room);
                expected = take(&input, expected);
        }
        varlink_input_clear(&input);
        return 0;
}
