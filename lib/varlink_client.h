/* The calling side of Varlink: without waiting on an sd-event loop (workers), or waiting for each reply (pxectl). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/json.h"
#include "lib/macro.h"

struct varlink_client;

/*
 * A reply: `error` is NULL or the qualified error name; `parameters` are borrowed; `continues` says that more replies follow.
 * When the connection ends before the last reply each call gets one reply with error "" and parameters NULL.
 */
typedef void (*varlink_reply_handler)(struct varlink_client *client, const char *error, const json_t *parameters, bool continues,
                                      void *userdata);

/* Connects. -ENOENT, -ECONNREFUSED: nobody listens; -EACCES. `message_max` bounds what is received (0: 24 MiB). With event NULL only
 * varlink_client_call_wait and varlink_client_next may be used. */
int varlink_client_connect(sd_event *event, const char *path, size_t message_max, struct varlink_client **ret);
/* Gives up calls that wait, without calling their handlers; may be called from a handler. */
struct varlink_client *varlink_client_free(struct varlink_client *client);
DEFINE_CLEANUP(struct varlink_client *, varlink_client_free);

/* Called when the connection has ended, after the handlers of calls that waited. The client is then of no use but to be freed. */
void varlink_client_on_closed(struct varlink_client *client, void (*closed)(struct varlink_client *client, void *userdata), void *userdata);

/* Calls; takes over the reference to `parameters`. Calls queue up; replies come in order. */
int varlink_client_call(struct varlink_client *client, const char *method, json_t *parameters, bool more, varlink_reply_handler handler,
                        void *userdata);
/* The same of a call that is a text already, as varlink_write_request makes it for one reply; takes it over. */
int varlink_client_call_text(struct varlink_client *client, char *text, size_t size, varlink_reply_handler handler, void *userdata);

/* Bytes of calls not sent yet. */
size_t varlink_client_queued(const struct varlink_client *client);

/*
 * Calls and waits for the one reply: *ret_error is NULL or the error's name, both results are the caller's to free. `timeout` in
 * microseconds (UINT64_MAX: for ever). -ETIMEDOUT, -ECONNRESET, -EBADMSG.
 */
int varlink_client_call_wait(struct varlink_client *client, const char *method, json_t *parameters, uint64_t timeout, char **ret_error,
                             json_t **ret_parameters);

/* With `more`, waiting: call once varlink_client_start, then next for each reply. *ret_continues false: that was the last. */
int varlink_client_start(struct varlink_client *client, const char *method, json_t *parameters);
int varlink_client_next(struct varlink_client *client, uint64_t timeout, char **ret_error, json_t **ret_parameters, bool *ret_continues);
/* The descriptor, to wait for it together with others (POLLIN); a reply may also be buffered already: call next with timeout 0
 * (-ETIMEDOUT: none) until it is not. */
int varlink_client_fd(const struct varlink_client *client);
