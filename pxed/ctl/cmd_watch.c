#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "pxed/ctl/cmd.h"
#include "pxed/ctl/screen.h"
#include "pxed/ctl/stream.h"
#include "pxed/ctl/watch_list.h"

#define RETRY (500 * USEC_PER_MSEC)
#define DRAW_AGAIN (100 * USEC_PER_MSEC) /* after a change */
#define DRAW_IDLE (500 * USEC_PER_MSEC)  /* times go on */
#define LOST "pxed went away, waiting for it"

struct watch {
        struct ctl *ctl;
        const char *condition; /* NULL: until somebody quits */
        char *path;
        struct watch_list *list;
        struct stream *stream;
        struct screen *screen;
        bool live;         /* drawn in place */
        bool lost;         /* no connection */
        bool changed;      /* since it was drawn */
        bool finished;     /* the last picture was drawn */
        uint64_t deadline; /* monotonic, as the following */
        uint64_t drawn;
        uint64_t retry;
};

static void watch_done(struct watch *watch) {
        free(watch->path);
        watch_list_free(watch->list);
        stream_free(watch->stream);
        screen_free(watch->screen);
}

static void draw(struct watch *watch) {
        _cleanup_free_ char *picture = NULL;
        size_t size;
        ctl_refresh(watch->ctl);
        FILE *out = open_memstream(&picture, &size);
        if (!out)
                return;
        unsigned height = screen_height();
        int lines = watch_list_draw(watch->list, height > 2 ? height - 1 : 2, watch->lost ? LOST : NULL, &watch->ctl->look, out);
        fclose(out);
        if (lines >= 0)
                screen_draw(watch->screen, picture, lines);
        watch->drawn = monotonic_us();
        watch->changed = false;
}

/* The last picture: it is drawn before a complaint, or it would be drawn over it. */
static void finish(struct watch *watch) {
        if (watch->live && !watch->finished)
                draw(watch);
        watch->finished = true;
}

static uint64_t sooner(uint64_t a, uint64_t b) {
        return a < b ? a : b;
}

/* When something is to be done though nothing came. */
static uint64_t next_time(const struct watch *watch) {
        uint64_t time = watch->deadline;
        if (watch->lost)
                time = sooner(time, watch->retry);
        if (watch->live && (watch->changed || watch_list_running(watch->list) > 0))
                time = sooner(time, watch->drawn + (watch->changed ? DRAW_AGAIN : DRAW_IDLE));
        return time;
}

static void take_boot(struct watch *watch, const json_t *boot) {
        if (!boot)
                return;
        ctl_refresh(watch->ctl);
        if (watch->ctl->json)
                ctl_print_json_line(watch->ctl, boot);
        if (watch_list_update(watch->list, boot, &watch->ctl->look, watch->live || watch->ctl->json ? NULL : watch->ctl->out) > 0)
                watch->changed = true;
        fflush(watch->ctl->out);
}

static int open_stream(struct watch *watch) {
        return stream_call(watch->stream, watch->path, "org.pxed.Boot.Watch", json_object());
}

/* Boots that ended while nobody told us. */
static void catch_up(struct watch *watch) {
        _cleanup_free_ char *error = NULL;
        _cleanup_json_ json_t *reply = NULL;
        size_t i;
        json_t *boot;
        if (ctl_try(watch->ctl, "org.pxed.Boot.List", json_pack("{s:i}", "limit", 200), 5 * USEC_PER_SEC, &error, &reply) >= 0 && !error)
                json_array_foreach(json_get_array(reply, "boots"), i, boot)
                        if (watch_list_runs(watch->list, json_get_int(boot, "id", -1)))
                                take_boot(watch, boot);
        ctl_close(watch->ctl);
}

static void reconnect(struct watch *watch) {
        watch->retry = monotonic_us() + RETRY;
        if (open_stream(watch) < 0)
                return;
        watch->lost = false;
        watch->changed = true;
        if (!watch->live)
                ctl_note(watch->ctl, "pxectl: pxed is back");
        catch_up(watch);
}

static void lose(struct watch *watch) {
        if (!watch->live)
                ctl_note(watch->ctl, "pxectl: " LOST);
        watch->lost = true;
        watch->changed = true;
        watch->retry = monotonic_us() + RETRY;
}

/* Each returns an exit status, or -1: go on. */
static int on_time(struct watch *watch) {
        uint64_t now = monotonic_us();
        if (now >= watch->deadline)
                return watch->condition ? EXIT_TIMEOUT : 0;
        if (watch->lost && now >= watch->retry)
                reconnect(watch);
        return -1;
}

static int on_signal(struct watch *watch) {
        int number = screen_signal(watch->screen);
        watch->changed = true;
        if (number == 0)
                return -1;
        return watch->condition ? 128 + number : 0;
}

static int on_keyboard(struct watch *watch) {
        bool quit = screen_quit_pressed(watch->screen);
        stream_watch_input(watch->stream, screen_keyboard_fd(watch->screen), screen_signal_fd(watch->screen));
        if (!quit)
                return -1;
        return watch->condition ? EXIT_TIMEOUT : 0;
}

static int on_reply(struct watch *watch, const char *error, const json_t *reply, bool continues) {
        if (error) {
                finish(watch);
                return ctl_fail_error(watch->ctl, error, reply);
        }
        take_boot(watch, json_get_object(reply, "boot"));
        if (!continues)
                lose(watch);
        return -1;
}

static int step(struct watch *watch) {
        _cleanup_free_ char *error = NULL;
        _cleanup_json_ json_t *reply = NULL;
        bool continues = true;
        int event = stream_next(watch->stream, next_time(watch), &error, &reply, &continues), status = -1;
        if (event < 0)
                lose(watch);
        else if (event == STREAM_REPLY)
                status = on_reply(watch, error, reply, continues);
        else if (event == STREAM_SIGNAL)
                status = on_signal(watch);
        else if (event == STREAM_KEYBOARD)
                status = on_keyboard(watch);
        else if (event == STREAM_OUTPUT_GONE || ferror(watch->ctl->out))
                status = 0;
        else
                status = on_time(watch);

        if (status < 0 && watch->condition && watch_condition_holds(watch->condition, watch->list))
                status = 0;
        if (watch->live && status < 0 && (monotonic_us() >= watch->drawn + (watch->changed ? DRAW_AGAIN : DRAW_IDLE)))
                draw(watch);
        return status;
}

int cmd_watch(struct ctl *ctl, const struct arguments *arguments) {
        _cleanup_(watch_done) struct watch watch = { .ctl = ctl, .deadline = UINT64_MAX };
        const char *problem;
        watch.condition = arguments_get(arguments, "exit-when");
        if (watch.condition && watch_condition_check(watch.condition, &problem) < 0)
                return ctl_fail(ctl, EXIT_USAGE, "--exit-when '%s': %s", watch.condition, problem);
        if (ctl->timeout != UINT64_MAX)
                watch.deadline = monotonic_us() + ctl->timeout;

        watch.live = ctl->redraws && !ctl->json;
        watch.path = ctl_bus_socket(ctl);
        watch.list = watch_list_new();
        watch.stream = stream_new();
        if (!watch.path || !watch.list || !watch.stream)
                return ctl_fail(ctl, EXIT_REFUSED, "out of memory");
        int r = open_stream(&watch);
        if (r < 0)
                return ctl_fail_connection(ctl, r, watch.path);
        watch.screen = screen_new(watch.live);
        if (!watch.screen)
                return ctl_fail(ctl, EXIT_REFUSED, "cannot wait for signals: %s", strerror(errno));
        stream_watch_input(watch.stream, screen_keyboard_fd(watch.screen), screen_signal_fd(watch.screen));

        watch.changed = true;
        int status;
        while ((status = step(&watch)) < 0)
                ;
        finish(&watch);
        if (status == EXIT_TIMEOUT)
                return ctl_fail(ctl, status, "ended before '%s' came true", watch.condition);
        return status;
}
