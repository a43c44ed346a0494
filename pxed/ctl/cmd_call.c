#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/daemon_socket.h"
#include "pxed/ctl/input.h"
#include "pxed/ctl/stream.h"

#define INPUT_MAX ((size_t) 16 * 1024 * 1024) /* what the bus takes at most */

static int read_parameters(struct ctl *ctl, const char *text, json_t **ret) {
        _cleanup_free_ char *input = NULL;
        const char *reason = "it is no JSON";
        size_t size = text ? strlen(text) : 0;
        if (text && strcmp(text, "-") == 0) {
                int r = input_read(text, INPUT_MAX, &input, &size);
                if (r < 0)
                        return ctl_fail(ctl, EXIT_USAGE, "standard input: %s", r == -EFBIG ? "it is longer than any call may be" : strerror(-r));
                text = input;
        }
        *ret = text ? json_parse(text, size, JSON_DEPTH_MAX, &reason) : json_object();
        if (!json_is_object(*ret)) {
                if (*ret)
                        reason = "it is no object";
                json_decref(*ret);
                *ret = NULL;
                return ctl_fail(ctl, EXIT_USAGE, "the parameters are a JSON object, as '{\"node\": \"web-1\"}': %s", reason);
        }
        return 0;
}

static int choose_socket(struct ctl *ctl, const struct arguments *arguments, char **ret_path) {
        const char *daemon = arguments_get(arguments, "daemon");
        if (!daemon)
                *ret_path = ctl_bus_socket(ctl);
        else {
                const char *name = daemon_short_name(daemon);
                char file[32];
                if (!name)
                        return ctl_fail(ctl, EXIT_NOT_FOUND, "there is no daemon '%s': they are pxed, dhcp, tftp, netcfg and introspect", daemon);
                snprintf(file, sizeof file, "%s.sock", name);
                *ret_path = ctl_socket(ctl, file);
        }
        return *ret_path ? 0 : ctl_fail(ctl, EXIT_REFUSED, "out of memory");
}

/* Whoever calls by hand wants the error as it came, too. */
static int fail_call(struct ctl *ctl, const char *error, const json_t *parameters) {
        _cleanup_free_ char *text = parameters ? json_dumps(parameters, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
        ctl_note(ctl, "%s %s", error, text ? text : "{}");
        return ctl_fail_error(ctl, error, parameters);
}

static int call_more(struct ctl *ctl, const char *path, const char *method, json_t *parameters) {
        _cleanup_json_ json_t *taken = parameters;
        _cleanup_(stream_freep) struct stream *stream = stream_new();
        uint64_t deadline = ctl->timeout != UINT64_MAX ? monotonic_us() + ctl->timeout : UINT64_MAX;
        int r = stream ? stream_call(stream, path, method, TAKE_POINTER(taken)) : -ENOMEM;
        for (bool continues = true; r >= 0 && continues;) {
                _cleanup_free_ char *error = NULL;
                _cleanup_json_ json_t *reply = NULL;
                r = stream_next(stream, deadline, &error, &reply, &continues);
                if (r < 0)
                        break;
                if (r != STREAM_REPLY || ferror(ctl->out))
                        return 0;
                if (error)
                        return fail_call(ctl, error, reply);
                ctl_print_json_line(ctl, reply);
        }
        return r < 0 ? ctl_fail_connection(ctl, r, path) : 0;
}

int cmd_call(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *parameters = NULL, *reply = NULL;
        _cleanup_free_ char *path = NULL, *error = NULL;
        const char *method = arguments_word(arguments, 0);
        if (!strchr(method, '.'))
                return ctl_fail(ctl, EXIT_USAGE, "'%s' is no method: it is named with its interface, as org.pxed.Node.List", method);
        int status = read_parameters(ctl, arguments_word(arguments, 1), &parameters);
        if (status == 0)
                status = choose_socket(ctl, arguments, &path);
        if (status != 0)
                return status;
        if (arguments_given(arguments, "more"))
                return call_more(ctl, path, method, TAKE_POINTER(parameters));

        int r = ctl_try_socket(path, method, TAKE_POINTER(parameters), ctl_reply_timeout(ctl), &error, &reply);
        if (r < 0)
                return ctl_fail_connection(ctl, r, path);
        if (error)
                return fail_call(ctl, error, reply);
        ctl_print_json(ctl, reply);
        return 0;
}
