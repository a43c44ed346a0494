#include "lib/clock.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/request.h"
#include "pxed/ctl/show.h"
#include "pxed/ctl/stream.h"

#define PAGE 1000 /* the most that one Watch without "more" gives */
#define SHOWN_DEFAULT 100
#define FOLLOW_DEFAULT 10
#define RETRY (500 * USEC_PER_MSEC)

/* Prints events, with --json one in a line, and remembers the last one's number. */
static void print_events(struct ctl *ctl, const json_t *reply, int64_t *last) {
        size_t i;
        json_t *event;
        json_array_foreach(json_get_array(reply, "events"), i, event) {
                *last = json_get_int(event, "number", *last);
                if (ctl->json)
                        ctl_print_json_line(ctl, event);
                else
                        show_event(event, &ctl->look, ctl->out);
        }
        fflush(ctl->out);
}

static int newest(struct ctl *ctl, int64_t limit, json_t **ret) {
        return ctl_call(ctl, "org.pxed.Event.Watch", json_pack("{s:I}", "limit", (json_int_t) limit), ret);
}

/* The oldest `limit` events after `after` in one object. */
static int all_after(struct ctl *ctl, int64_t after, int64_t limit, json_t **ret) {
        _cleanup_json_ json_t *all = json_array();
        while (limit > 0) {
                _cleanup_json_ json_t *reply = NULL;
                int status = ctl_call(ctl, "org.pxed.Event.Watch",
                                      json_pack("{s:I, s:I}", "after", (json_int_t) after, "limit", (json_int_t) (limit < PAGE ? limit : PAGE)),
                                      &reply);
                if (status != 0)
                        return status;
                const json_t *events = json_get_array(reply, "events");
                size_t n = json_array_size(events);
                json_array_extend(all, (json_t *) events);
                if (n == 0 || json_get_bool(reply, "synchronized", false))
                        break;
                after = json_get_int(json_array_get(events, n - 1), "number", after);
                limit -= (int64_t) n;
        }
        *ret = json_pack("{s:O}", "events", all);
        return 0;
}

static int show_stored(struct ctl *ctl, const json_t *options) {
        _cleanup_json_ json_t *reply = NULL;
        int64_t after = json_get_int(options, "after", -1), last = 0;
        int status = after >= 0 ? all_after(ctl, after, json_get_int(options, "limit", INT64_MAX), &reply)
                                : newest(ctl, json_get_int(options, "limit", SHOWN_DEFAULT), &reply);
        if (status != 0)
                return status;
        if (ctl->json)
                ctl_print_json(ctl, reply);
        else
                print_events(ctl, reply, &last);
        return 0;
}

/* Where following begins: the last number of the newest events, which are shown as `tail -f` does. */
static int begin(struct ctl *ctl, const json_t *options, int64_t *ret_after) {
        _cleanup_json_ json_t *reply = NULL;
        int64_t limit = json_get_int(options, "limit", FOLLOW_DEFAULT);
        *ret_after = json_get_int(options, "after", -1);
        if (*ret_after >= 0)
                return 0;
        *ret_after = 0;
        int status = newest(ctl, limit > 0 ? limit : 1, &reply);
        if (status != 0)
                return status;
        const json_t *events = json_get_array(reply, "events");
        if (limit > 0)
                print_events(ctl, reply, ret_after);
        else
                *ret_after = json_get_int(json_array_get(events, json_array_size(events) - 1), "number", 0);
        return 0;
}

/* One connection's worth. Returns an exit status, or -1 when the connection ended. */
static int follow_once(struct ctl *ctl, struct stream *stream, uint64_t deadline, int64_t *last) {
        for (;;) {
                _cleanup_free_ char *error = NULL;
                _cleanup_json_ json_t *reply = NULL;
                bool continues;
                int event = stream_next(stream, deadline, &error, &reply, &continues);
                if (event < 0)
                        return -1;
                if (event != STREAM_REPLY)
                        return 0;
                if (error)
                        return ctl_fail_error(ctl, error, reply);
                print_events(ctl, reply, last);
                if (ferror(ctl->out))
                        return 0;
                if (!continues)
                        return -1;
        }
}

/* pxed may be restarted while we follow: the next connection goes on after the last event that came. */
static int follow(struct ctl *ctl, int64_t after) {
        _cleanup_free_ char *path = ctl_bus_socket(ctl);
        _cleanup_(stream_freep) struct stream *stream = stream_new();
        uint64_t deadline = ctl->timeout != UINT64_MAX ? monotonic_us() + ctl->timeout : UINT64_MAX;
        if (!path || !stream)
                return ctl_fail(ctl, EXIT_REFUSED, "out of memory");

        for (bool lost = false; monotonic_us() < deadline;) {
                int r = stream_call(stream, path, "org.pxed.Event.Watch", json_pack("{s:I}", "after", (json_int_t) after));
                if (r >= 0) {
                        if (lost)
                                ctl_note(ctl, "pxectl: pxed is back");
                        lost = false;
                        int status = follow_once(ctl, stream, deadline, &after);
                        if (status >= 0)
                                return status;
                }
                if (!lost)
                        ctl_note(ctl, "pxectl: pxed went away, waiting for it");
                lost = true;
                /* Without a connection it waits for the time, or the end of whoever reads our output. */
                if (stream_next(stream, monotonic_us() + RETRY, NULL, NULL, NULL) == STREAM_OUTPUT_GONE)
                        return 0;
        }
        return 0;
}

int cmd_events(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_json_ json_t *options = json_object();
        bool follows = arguments_given(arguments, "follow");
        int64_t after;
        int status = request_number(ctl, options, "after", arguments, "after", 0, INT64_MAX);
        if (status == 0)
                status = request_number(ctl, options, "limit", arguments, "limit", follows ? 0 : 1, PAGE);
        if (status != 0)
                return status;
        if (!follows)
                return show_stored(ctl, options);
        status = begin(ctl, options, &after);
        return status != 0 ? status : follow(ctl, after);
}
