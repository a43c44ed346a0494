/* One run of pxectl: what the global options said, the connection to the bus, and where output and complaints go. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/json.h"
#include "lib/macro.h"
#include "lib/varlink_client.h"
#include "pxed/ctl/arguments.h"
#include "pxed/ctl/look.h"

struct ctl {
        const char *runtime_dir;
        bool monitor;     /* the socket that only reads */
        bool json;
        bool terminal;    /* standard output is one */
        bool redraws;     /* and it can move its cursor */
        uint64_t timeout; /* microseconds; UINT64_MAX: --timeout was not given */
        struct look look;
        FILE *out;
        struct varlink_client *bus; /* NULL until it is needed */
};

/* From the global options and the environment. Returns an exit status. */
int ctl_setup(struct ctl *ctl, const struct arguments *arguments);
void ctl_close(struct ctl *ctl);
/* Sets look.now. */
void ctl_refresh(struct ctl *ctl);

/* Complains on standard error, with --json as one JSON object, and returns `status`. Text of the wire is escaped. */
int ctl_fail(struct ctl *ctl, int status, const char *format, ...) _printf_(3, 4);
int ctl_fail_error(struct ctl *ctl, const char *error, const json_t *parameters);
/* The same of one of several. */
int ctl_fail_error_of(struct ctl *ctl, const char *subject, const char *error, const json_t *parameters);
int ctl_fail_connection(struct ctl *ctl, int r, const char *path);
/* Only text for a person, on standard error: nothing with --json. */
void ctl_note(struct ctl *ctl, const char *format, ...) _printf_(2, 3);

/* RUNTIME/`name`; the caller's to free. */
char *ctl_socket(const struct ctl *ctl, const char *name);
/* The socket of the bus, which is "monitor" with --monitor. */
char *ctl_bus_socket(const struct ctl *ctl);

/* Time to wait for a reply: --timeout or 30 seconds. */
uint64_t ctl_reply_timeout(const struct ctl *ctl);

/*
 * Calls a method of the bus, connecting first if need be; takes over `parameters`. Returns 0 and *ret, the reply's parameters (never
 * NULL), or an exit status, having complained.
 */
int ctl_call(struct ctl *ctl, const char *method, json_t *parameters, json_t **ret);
/* As ctl_call, but what fails is the caller's to tell: negative errno, or 0 with *ret_error set or NULL. */
int ctl_try(struct ctl *ctl, const char *method, json_t *parameters, uint64_t timeout, char **ret_error, json_t **ret);
/* As ctl_try, on a socket of its own by path. */
int ctl_try_socket(const char *path, const char *method, json_t *parameters, uint64_t timeout, char **ret_error, json_t **ret);

/* All pages of a method that has `after` and `next`: *ret is an object with all elements in its member `key`. */
int ctl_call_pages(struct ctl *ctl, const char *method, json_t *parameters, const char *key, json_t **ret);

/* One JSON document, or one line of a stream of them, flushed. Control characters never reach a terminal raw. */
void ctl_print_json(struct ctl *ctl, const json_t *value);
void ctl_print_json_line(struct ctl *ctl, const json_t *value);

/* Ends the run: `status`, or EXIT_REFUSED with a complaint when output could not be written. */
int ctl_finish(struct ctl *ctl, int status);
