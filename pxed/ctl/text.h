/* Text for a terminal: what comes from the wire made harmless and measured, and numbers as people read them. All pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A copy that is safe to print: control characters (C0, DEL, C1), the marks that reorder or hide text, and bytes that are not UTF-8
 * become "\n", "\x1b" or "\u202e". The caller's to free; NULL when memory is short.
 */
char *text_escape(const char *text);

/* Columns that text takes on a terminal: none for combining marks, two for wide East Asian characters. */
size_t text_width(const char *text);
/* Bytes of the longest beginning of `text` that takes at most `columns`; *ret_columns what it takes (may be NULL). */
size_t text_fit(const char *text, size_t columns, size_t *ret_columns);

#define TEXT_NUMBER_SIZE 32

/* All return `buffer`. */
/* "512 B", "1.5 KiB", "16 GiB": one decimal below ten, none where it would be 0. */
char *text_size(uint64_t bytes, char buffer[static TEXT_NUMBER_SIZE]);
/* "850 ms", "3.2 s", "2 min 5 s", "3 h 20 min", "5 d 2 h" */
char *text_duration(uint64_t us, char buffer[static TEXT_NUMBER_SIZE]);
/* How long ago: "now", "45 s", "12 min", "3 h", "9 d". What lies in the future (clocks differ) is "now". */
char *text_age(uint64_t then, uint64_t now, char buffer[static TEXT_NUMBER_SIZE]);
/* "2026-11-21 00:30:05" in local time; "-" for 0. */
char *text_time(uint64_t us, char buffer[static TEXT_NUMBER_SIZE]);
/* "00:30:05.123" in local time */
char *text_clock(uint64_t us, char buffer[static TEXT_NUMBER_SIZE]);
/* "+12.345s" */
char *text_offset(int64_t us, char buffer[static TEXT_NUMBER_SIZE]);
