#include "lib/explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INTERFACE "org.pxed.Explain."
#define FIELD_BYTES_MAX 255 /* of an option, RFC 2132 2 */

static int refuse(struct varlink_call *call, const char *field, const char *reason) {
        return varlink_error(call, INTERFACE "Invalid", json_pack("{s:s, s:s}", "field", field, "reason", reason));
}

/* Names the field that is wrong, and why; NULL: none is. */
static const char *parse(const json_t *parameters, struct explain_question *ret, const char **ret_reason) {
        const char *uuid = json_get_string(parameters, "uuid");
        int64_t architecture = json_get_int(parameters, "architecture", 0);

        *ret = (struct explain_question) { .architecture = (unsigned) architecture, .has_uuid = uuid != NULL };
        *ret_reason = "it is no address of a machine: write it as 52:54:00:12:34:56";
        if (mac_parse(json_get_string(parameters, "mac"), &ret->mac) < 0 || !mac_is_unicast(&ret->mac))
                return "mac";
        *ret_reason = "it is no UUID: write it as 01234567-89ab-cdef-0123-456789abcdef";
        if (uuid && uuid_parse(uuid, &ret->uuid) < 0)
                return "uuid";
        *ret_reason = "it is a number from 0 to 65535, as option 93 carries it";
        if (architecture < 0 || architecture > UINT16_MAX)
                return "architecture";
        return NULL;
}

static bool find_network(const struct explain_source *source, void *userdata, const char *name, size_t *ret) {
        const char *other;

        for (size_t i = 0; (other = source->network(userdata, i)); i++)
                if (strcmp(other, name) == 0) {
                        *ret = i;
                        return true;
                }
        return false;
}

int explain_handle(struct varlink_call *call, const json_t *parameters, const struct explain_source *source, void *userdata) {
        const char *name = json_get_string(parameters, "network"), *field, *reason;
        struct explain_question question;
        size_t network = 0;

        field = parse(parameters, &question, &reason);
        if (field)
                return refuse(call, field, reason);
        if (name && !find_network(source, userdata, name, &network))
                return varlink_error(call, INTERFACE "NotFound", json_pack("{s:s, s:s}", "kind", "network", "reference", name));
        if (!name && !source->network(userdata, 0))
                return refuse(call, "network", "this daemon serves no network: pxed has told none yet, or none is configured");
        if (!name && source->network(userdata, 1))
                return refuse(call, "network", "there are several: name the one that the machine is on");

        json_t *answers = source->answers(userdata, network, &question);
        return answers ? varlink_reply(call, json_pack("{s:s, s:o}", "network", source->network(userdata, network), "answers", answers)) : -ENOMEM;
}

static _printf_(1, 0) json_t *text_of(const char *format, va_list arguments) {
        _cleanup_free_ char *text = NULL;

        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        return text ? json_text(text) : NULL;
}

json_t *explain_answer(json_t *answers, const char *protocol, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        json_t *answer = json_pack("{s:o, s:s, s:b, s:[], s:[]}", "request", text_of(format, arguments), "protocol", protocol, "answered", 0,
                                   "rules", "fields");
        va_end(arguments);
        return json_array_append_new(answers, answer) < 0 ? NULL : answer;
}

void explain_rule(json_t *answer, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        json_array_append_new(json_object_get(answer, "rules"), text_of(format, arguments));
        va_end(arguments);
}

void explain_answered(json_t *answer) {
        json_object_set_new(answer, "answered", json_true());
}

void explain_field(json_t *answer, int code, const char *name, const void *bytes, size_t size, const char *format, ...) {
        char hexadecimal[2 * FIELD_BYTES_MAX + 1] = "";
        va_list arguments;

        for (size_t i = 0; i < size && i < FIELD_BYTES_MAX; i++)
                snprintf(hexadecimal + 2 * i, 3, "%02x", ((const unsigned char *) bytes)[i]);
        va_start(arguments, format);
        json_t *value = text_of(format, arguments);
        va_end(arguments);
        json_array_append_new(json_object_get(answer, "fields"),
                              json_pack("{s:o, s:s, s:o, s:s}", "code", json_int_or_null(code != EXPLAIN_HEADER, code), "name", name, "value", value,
                                        "bytes", hexadecimal));
}
