/* Replies of a call with "more", waited for together with the keyboard, signals and the reader of the output. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pxed/ctl/ctl.h"

struct stream;

/* Not connected yet; NULL when memory is short. */
struct stream *stream_new(void);
struct stream *stream_free(struct stream *stream);
DEFINE_CLEANUP(struct stream *, stream_free);

/* Connects to `path` on a connection of its own, in place of the one before, and calls; takes over `parameters`. Negative errno: there
 * is no connection then. */
int stream_call(struct stream *stream, const char *path, const char *method, json_t *parameters);

/* Two more descriptors to wait for, -1 for none. */
void stream_watch_input(struct stream *stream, int keyboard_fd, int signal_fd);

enum stream_event {
        STREAM_REPLY,       /* reply and error as of varlink_client_next */
        STREAM_TIME,        /* the deadline came */
        STREAM_KEYBOARD,
        STREAM_SIGNAL,
        STREAM_OUTPUT_GONE, /* nobody reads the output any more */
};

/* Waits until `deadline` (monotonic microseconds, UINT64_MAX: none) at the latest. Returns an event or negative errno (-ECONNRESET:
 * the connection ended); the stream is without connection then, and waiting goes on with all but replies. For STREAM_REPLY the results are the caller's to free. */
int stream_next(struct stream *stream, uint64_t deadline, char **ret_error, json_t **ret_reply, bool *ret_continues);
