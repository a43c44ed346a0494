#include "lib/varlink_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* A first buffer that most calls fit in; it doubles. */
#define INPUT_FIRST 4096

static void compact(struct varlink_input *input) {
        if (input->start == 0)
                return;
        memmove(input->data, input->data + input->start, input->end - input->start);
        input->end -= input->start;
        input->scanned -= input->start;
        input->start = 0;
}

int varlink_input_room(struct varlink_input *input, char **ret, size_t *ret_size) {
        size_t limit = input->max + 1, capacity;
        char *data;

        compact(input);
        if (input->end == input->capacity) {
                if (input->capacity >= limit)
                        return -EMSGSIZE;
                capacity = input->capacity > 0 ? input->capacity * 2 : INPUT_FIRST;
                if (capacity > limit)
                        capacity = limit;
                data = realloc(input->data, capacity);
                if (!data)
                        return -ENOMEM;
                input->data = data;
                input->capacity = capacity;
        }
        *ret = input->data + input->end;
        *ret_size = input->capacity - input->end;
        return 0;
}

void varlink_input_add(struct varlink_input *input, size_t size) {
        input->end += size;
}

bool varlink_input_ready(struct varlink_input *input) {
        const char *nul;

        if (input->scanned == input->end)
                return false;
        /* What was looked at before is not looked at again: a message that comes byte by byte costs no more than one. */
        nul = memchr(input->data + input->scanned, '\0', input->end - input->scanned);
        input->scanned = nul ? (size_t) (nul - input->data) : input->end;
        return nul != NULL;
}

const char *varlink_input_next(struct varlink_input *input, size_t *ret_size) {
        const char *text;

        if (!varlink_input_ready(input))
                return NULL;
        text = input->data + input->start;
        *ret_size = input->scanned - input->start;
        input->start = ++input->scanned;
        return text;
}

void varlink_input_trim(struct varlink_input *input) {
        if (input->start == input->end)
                varlink_input_clear(input);
}

void varlink_input_clear(struct varlink_input *input) {
        free(input->data);
        *input = (struct varlink_input){ .max = input->max };
}

int varlink_output_add(struct varlink_output *output, char *text, size_t size) {
        struct varlink_chunk *chunk = malloc(sizeof(*chunk));

        if (!chunk) {
                free(text);
                return -ENOMEM;
        }
        *chunk = (struct varlink_chunk){ .text = text, .size = size };
        if (!output->first)
                output->end = &output->first;
        *output->end = chunk;
        output->end = &chunk->next;
        output->size += size;
        return 0;
}

static void sent(struct varlink_output *output, size_t n) {
        output->size -= n;
        while (n > 0) {
                struct varlink_chunk *chunk = output->first;
                size_t left = chunk->size - chunk->sent;

                if (n < left) {
                        chunk->sent += n;
                        return;
                }
                n -= left;
                output->first = chunk->next;
                free(chunk->text);
                free(chunk);
        }
}

int varlink_output_send(struct varlink_output *output, int fd) {
        while (output->first) {
                struct iovec vectors[32];
                struct msghdr message = { .msg_iov = vectors };
                ssize_t n;

                for (struct varlink_chunk *c = output->first; c && message.msg_iovlen < ELEMENTS(vectors); c = c->next)
                        vectors[message.msg_iovlen++] = (struct iovec){ c->text + c->sent, c->size - c->sent };
                n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                sent(output, (size_t) n);
        }
        return 0;
}

void varlink_output_clear(struct varlink_output *output) {
        sent(output, output->size);
}

/* Absent and null are the same. */
static bool read_bool(const json_t *value, bool *ret) {
        *ret = json_is_true(value);
        return !value || json_is_boolean(value) || json_is_null(value);
}

static const char *undeclared_member(const json_t *message) {
        static const char *const members[] = { "method", "parameters", "more", "oneway", "upgrade" };
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) message, key, value) {
                size_t i = 0;
                while (i < ELEMENTS(members) && strcmp(members[i], key) != 0)
                        i++;
                if (i == ELEMENTS(members))
                        return key;
        }
        return NULL;
}

int varlink_read_request(const json_t *message, struct varlink_request *request, const char **ret_member) {
        json_t *parameters = json_object_get(message, "parameters");
        bool upgrade, right;

        *request = (struct varlink_request){
                .method = json_get_string(message, "method"),
                .parameters = json_is_null(parameters) ? NULL : parameters,
        };
        *ret_member = NULL;
        if (!read_bool(json_object_get(message, "oneway"), &request->oneway))
                *ret_member = "oneway";
        else if (!request->method)
                *ret_member = "method";
        else if (request->parameters && !json_is_object(request->parameters))
                *ret_member = "parameters";
        else if (!read_bool(json_object_get(message, "more"), &request->more))
                *ret_member = "more";
        else {
                right = read_bool(json_object_get(message, "upgrade"), &upgrade);
                *ret_member = right && !upgrade ? undeclared_member(message) : "upgrade";
        }
        return *ret_member ? -EINVAL : 0;
}

static char *write_message(json_t *message, size_t *ret_size) {
        size_t length;
        char *text = message ? json_write(message, JSON_COMPACT, &length) : NULL;

        json_decref(message);
        if (text)
                *ret_size = length + 1;
        return text;
}

/* Sets a member of a message that is being put together; a message that could not be is NULL. */
static json_t *with(json_t *message, const char *key, json_t *value) {
        if (message && value && json_object_set_new(message, key, value) == 0)
                return message;
        /* json_object_set_new has taken `value` over, also when it failed */
        if (!message)
                json_decref(value);
        json_decref(message);
        return NULL;
}

char *varlink_write_request(const char *method, json_t *parameters, bool more, size_t *ret_size) {
        json_t *message = with(json_object(), "method", json_string(method));

        if (parameters)
                message = with(message, "parameters", parameters);
        if (more)
                message = with(message, "more", json_true());
        return write_message(message, ret_size);
}

char *varlink_write_reply(const char *error, json_t *parameters, bool continues, size_t *ret_size) {
        json_t *message = json_object();

        if (error)
                message = with(message, "error", json_string(error));
        message = with(message, "parameters", parameters ? parameters : json_object());
        if (continues)
                message = with(message, "continues", json_true());
        return write_message(message, ret_size);
}

int varlink_read_response(const json_t *message, struct varlink_response *response) {
        const json_t *error = json_object_get(message, "error");
        json_t *parameters = json_object_get(message, "parameters");

        if (!json_is_object(message) || !read_bool(json_object_get(message, "continues"), &response->continues))
                return -EBADMSG;
        if (error && !json_is_null(error) && (!json_is_string(error) || json_string_length(error) == 0))
                return -EBADMSG;
        if (parameters && !json_is_null(parameters) && !json_is_object(parameters))
                return -EBADMSG;
        response->error = json_string_value(error);
        response->parameters = json_is_object(parameters) ? parameters : NULL;
        if (response->error)
                response->continues = false;
        return 0;
}
