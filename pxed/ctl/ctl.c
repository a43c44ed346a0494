#include "pxed/ctl/ctl.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/clock.h"
#include "pxed/ctl/failure.h"
#include "pxed/ctl/field.h"

#define REPLY_TIMEOUT (30 * USEC_PER_SEC)

static unsigned terminal_width(void) {
        struct winsize size;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
                return size.ws_col;
        int64_t columns;
        const char *text = getenv("COLUMNS");
        return text && parse_number(text, 20, 10000, &columns) == 0 ? (unsigned) columns : 80;
}

void ctl_refresh(struct ctl *ctl) {
        ctl->look.now = realtime_us();
        if (ctl->terminal)
                ctl->look.width = terminal_width();
}

static bool wants_color(const struct ctl *ctl, const struct arguments *arguments) {
        const char *no_color = getenv("NO_COLOR");
        return ctl->redraws && !arguments_given(arguments, "no-color") && !(no_color && *no_color);
}

int ctl_setup(struct ctl *ctl, const struct arguments *arguments) {
        setlocale(LC_CTYPE, "");
        *ctl = (struct ctl){ .out = stdout, .timeout = UINT64_MAX };
        ctl->monitor = arguments_given(arguments, "monitor");
        ctl->json = arguments_given(arguments, "json");
        ctl->terminal = isatty(STDOUT_FILENO);
        const char *term = getenv("TERM");
        ctl->redraws = ctl->terminal && term && *term && strcmp(term, "dumb") != 0;
        ctl->look.color = wants_color(ctl, arguments);
        ctl->look.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        ctl_refresh(ctl);

        ctl->runtime_dir = arguments_get(arguments, "runtime-dir");
        if (!ctl->runtime_dir)
                ctl->runtime_dir = getenv("PXED_RUNTIME_DIR");
        if (!ctl->runtime_dir || !*ctl->runtime_dir)
                ctl->runtime_dir = "/run/pxed";

        const char *timeout = arguments_get(arguments, "timeout");
        if (timeout && parse_seconds(timeout, &ctl->timeout) < 0)
                return ctl_fail(ctl, EXIT_USAGE, "--timeout takes seconds, not '%s'", timeout);
        return 0;
}

void ctl_close(struct ctl *ctl) {
        ctl->bus = varlink_client_free(ctl->bus);
}

static void complain_json(int status, const char *error, const json_t *parameters, const char *message) {
        _cleanup_json_ json_t *object = json_pack("{s:i, s:o, s:s?, s:O?}", "status", status, "message", json_text(message), "error", error, "parameters",
                                                  parameters);
        if (object && json_dumpf(object, stderr, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
                fputc('\n', stderr);
}

static int complain(struct ctl *ctl, int status, const char *error, const json_t *parameters, const char *message) {
        fflush(ctl->out);
        if (ctl->json) {
                complain_json(status, error, parameters, message ? message : "out of memory");
                return status;
        }
        fputs("pxectl: ", stderr);
        field_put(stderr, message ? message : "out of memory");
        fputc('\n', stderr);
        return status;
}

int ctl_fail(struct ctl *ctl, int status, const char *format, ...) {
        _cleanup_free_ char *message = NULL;
        va_list arguments;
        va_start(arguments, format);
        if (vasprintf(&message, format, arguments) < 0)
                message = NULL;
        va_end(arguments);
        return complain(ctl, status, NULL, NULL, message);
}

int ctl_fail_error(struct ctl *ctl, const char *error, const json_t *parameters) {
        _cleanup_free_ char *message = NULL;
        int status = failure_of_error(error, parameters, &message);
        return complain(ctl, status, error, parameters, message);
}

int ctl_fail_error_of(struct ctl *ctl, const char *subject, const char *error, const json_t *parameters) {
        _cleanup_free_ char *message = NULL, *whole = NULL;
        int status = failure_of_error(error, parameters, &message);
        if (message && asprintf(&whole, "%s: %s", subject, message) < 0)
                whole = NULL;
        return complain(ctl, status, error, parameters, whole);
}

int ctl_fail_connection(struct ctl *ctl, int r, const char *path) {
        _cleanup_free_ char *message = NULL;
        int status = failure_of_connection(r, path, &message);
        return complain(ctl, status, NULL, NULL, message);
}

void ctl_note(struct ctl *ctl, const char *format, ...) {
        if (ctl->json)
                return;
        _cleanup_free_ char *message = NULL;
        va_list arguments;
        va_start(arguments, format);
        if (vasprintf(&message, format, arguments) < 0)
                message = NULL;
        va_end(arguments);
        fflush(ctl->out);
        field_put(stderr, message ? message : "out of memory");
        fputc('\n', stderr);
}

char *ctl_socket(const struct ctl *ctl, const char *name) {
        char *path;
        return asprintf(&path, "%s/%s", ctl->runtime_dir, name) < 0 ? NULL : path;
}

char *ctl_bus_socket(const struct ctl *ctl) {
        return ctl_socket(ctl, ctl->monitor ? "monitor" : "bus");
}

uint64_t ctl_reply_timeout(const struct ctl *ctl) {
        return ctl->timeout != UINT64_MAX ? ctl->timeout : REPLY_TIMEOUT;
}

int ctl_try_socket(const char *path, const char *method, json_t *parameters, uint64_t timeout, char **ret_error, json_t **ret) {
        _cleanup_json_ json_t *taken = parameters;
        _cleanup_(varlink_client_freep) struct varlink_client *client = NULL;
        int r = varlink_client_connect(NULL, path, 0, &client);
        if (r < 0)
                return r;
        return varlink_client_call_wait(client, method, TAKE_POINTER(taken), timeout, ret_error, ret);
}

int ctl_try(struct ctl *ctl, const char *method, json_t *parameters, uint64_t timeout, char **ret_error, json_t **ret) {
        _cleanup_json_ json_t *taken = parameters;
        if (!ctl->bus) {
                _cleanup_free_ char *path = ctl_bus_socket(ctl);
                int r = path ? varlink_client_connect(NULL, path, 0, &ctl->bus) : -ENOMEM;
                if (r < 0)
                        return r;
        }
        int r = varlink_client_call_wait(ctl->bus, method, TAKE_POINTER(taken), timeout, ret_error, ret);
        /* After a timeout the late reply would be taken for the next call's. */
        if (r < 0)
                ctl->bus = varlink_client_free(ctl->bus);
        return r;
}

int ctl_call(struct ctl *ctl, const char *method, json_t *parameters, json_t **ret) {
        _cleanup_free_ char *error = NULL;
        _cleanup_json_ json_t *reply = NULL;
        int r = ctl_try(ctl, method, parameters, ctl_reply_timeout(ctl), &error, &reply);
        if (r < 0) {
                _cleanup_free_ char *path = ctl_bus_socket(ctl);
                return ctl_fail_connection(ctl, r, path ? path : "?");
        }
        if (error)
                return ctl_fail_error(ctl, error, reply);
        *ret = reply ? TAKE_POINTER(reply) : json_object();
        return 0;
}

int ctl_call_pages(struct ctl *ctl, const char *method, json_t *parameters, const char *key, json_t **ret) {
        _cleanup_json_ json_t *asked = parameters ? parameters : json_object(), *all = json_array();
        for (;;) {
                _cleanup_json_ json_t *reply = NULL;
                int status = ctl_call(ctl, method, json_deep_copy(asked), &reply);
                if (status != 0)
                        return status;
                json_array_extend(all, json_object_get(reply, key));

                const char *next = json_get_string(reply, "next"), *after = json_get_string(asked, "after");
                if (!next)
                        break;
                /* A page that leads to itself would go on for ever. */
                if (after && strcmp(after, next) == 0)
                        return ctl_fail(ctl, EXIT_REFUSED, "%s does not get on after '%s'", method, next);
                json_object_set_new(asked, "after", json_string(next));
        }
        *ret = json_pack("{s:O}", key, all);
        return *ret ? 0 : ctl_fail(ctl, EXIT_REFUSED, "out of memory");
}

/* jansson escapes C0; a terminal takes C1 (U+0080 to U+009F) for commands too, so that there all but ASCII is escaped. */
static void print_json(struct ctl *ctl, const json_t *value, size_t flags) {
        if (json_dumpf(value, ctl->out, flags | JSON_ENCODE_ANY | (ctl->terminal ? JSON_ENSURE_ASCII : 0)) == 0)
                fputc('\n', ctl->out);
        fflush(ctl->out);
}

void ctl_print_json(struct ctl *ctl, const json_t *value) {
        print_json(ctl, value, JSON_INDENT(2));
}

void ctl_print_json_line(struct ctl *ctl, const json_t *value) {
        print_json(ctl, value, JSON_COMPACT);
}

int ctl_finish(struct ctl *ctl, int status) {
        ctl_close(ctl);
        errno = 0;
        if (fflush(ctl->out) == 0 && !ferror(ctl->out))
                return status;
        /* Whoever read has enough; that is no failure of ours. */
        if (errno == EPIPE)
                return status;
        return ctl_fail(ctl, EXIT_REFUSED, "cannot write the output: %s", errno != 0 ? strerror(errno) : "an earlier write failed");
}
