/* Differences of inventories in words. Texts of a ramdisk are cut to a reader's patience. Pure. */
#pragma once

#include "lib/json.h"

#define WORDS_SIZE 512

/* How a number is told. */
enum value_form { VALUE_PLAIN, VALUE_DISK_SIZE, VALUE_MEMORY };

/* Alike, where the order of lists says nothing. */
bool words_equal(const json_t *a, const json_t *b);

/* "memory is 48 GiB, was 64 GiB", with "SUBJECT: " before it where there is one. A NULL value is not told by the ramdisk. Returns `buffer`. */
const char *words_of_value(char buffer[static WORDS_SIZE], const char *subject, const char *title, enum value_form form, const json_t *before,
                           const json_t *after);
/* "disk S3X (/dev/sda)"; in full "disk S3X (/dev/sda, 480 GB, MODEL)" */
void words_of_disk(char buffer[static WORDS_SIZE], const json_t *disk, bool in_full);
/* "interface 52:54:00:00:00:01 (eth0)"; in full with its driver */
void words_of_interface(char buffer[static WORDS_SIZE], const json_t *interface, bool in_full);
void words_of_error(char buffer[static WORDS_SIZE], const char *error, bool gone);

/* "OUTER INNER"; without a blank where one is "". */
void words_join(char *buffer, size_t size, const char *outer, const char *inner);
/* Puts two texts at the end of another, as far as there is room, cut before a character. Returns how many bytes were put. */
size_t words_append(char *end, size_t room, const char *first, const char *second);
