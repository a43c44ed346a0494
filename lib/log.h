/*
 * Log lines with structured fields. Libraries return errors; programs log them, once, with the object
 * that they concern. Under systemd (stderr is the journal) the fields are journal fields; elsewhere the
 * line goes to stderr as "LEVEL: message [KEY=value ...]".
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "lib/macro.h"

/* Names the program in each line. Call once, before the first line. `name` must stay. */
void log_open(const char *name);

/* Lines above this level (LOG_ERR ... LOG_DEBUG) are dropped. Default LOG_INFO. */
void log_set_level(int level);

/* "error", "warning", "notice", "info", "debug". Returns -EINVAL for another name. */
int log_level_from_name(const char *name);

/*
 * Fields of the line that follows, as pairs of name and value that end with NULL, e.g.
 *     log_fields(LOG_INFO, (const char *[]){ "MAC", mac, "NODE", id, NULL }, "Served %s.", what);
 * Names are upper case, of letters and '_' (systemd.journal-fields(7)); a pair whose value is NULL is
 * left out. errno is kept.
 */
void log_fields(int level, const char *const *fields, const char *format, ...) _printf_(3, 4);

#define log_full(level, ...) log_fields(level, NULL, __VA_ARGS__)
#define log_error(...) log_full(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_full(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_full(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_full(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_full(LOG_DEBUG, __VA_ARGS__)
