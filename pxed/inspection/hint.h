/*
 * Root device hints: which disk the operating system goes to, by Ironic's names and operators.
 *
 *   a number (size, GiB):  "=" or ">=" at least, "==" equal, "!=", "<=", "<", ">"; without an operator equal
 *                          "<range-in> [ A B ]": from A to B, with '(' without A, with ')' without B
 *   a text:                "s==" equal, "s!=", "s<", "s<=", "s>", "s>=" by the order of characters, "<in>" a part of it; without an operator equal
 *   both:                  "<or> A <or> B": one of them
 *   a text:                "<all-in> A B": each of the words is a part of it
 *   rotational:            true or false
 *
 * Texts are compared without regard to case. "=" means what it means in Ironic. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/json.h"
#include "lib/macro.h"

#define HINT_REASON_SIZE 200
#define HINT_TEXT_MAX 255
#define HINT_VALUES_MAX 16

struct hints;

/* From an object of hints by their names. -EINVAL: one of them cannot be evaluated: *ret_name (of the object; may be NULL) is its name and `reason` says why;
 * -ENOMEM. */
int hints_parse(const json_t *json, struct hints **ret, const char **ret_name, char reason[static HINT_REASON_SIZE]);
struct hints *hints_free(struct hints *hints);
DEFINE_CLEANUP(struct hints *, hints_free);

/*
 * Whether a disk (type Disk of org.pxed.Inventory) fulfils all of them; else `why` says by the first that it does not: "size is 10 GiB". What is not
 * known of a disk fulfils nothing.
 */
bool hints_match(const struct hints *hints, const json_t *disk, char why[static HINT_REASON_SIZE]);

/* As "size >= 100, rotational false". Returns `buffer`. */
char *hints_describe(const struct hints *hints, char *buffer, size_t size);
