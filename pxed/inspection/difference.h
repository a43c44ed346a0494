/*
 * What is not the same in two inventories of a machine, in values and in words. Members of lists are told apart by what identifies them: a disk by
 * serial and WWN, or else by its name, an interface by its MAC, what could not be collected by its text; the order of lists says nothing. Null
 * and a missing member are the same. Pure.
 */
#pragma once

#include "lib/json.h"

/* Told at most of two inventories. */
#define DIFFERENCES_MAX 1000

/*
 * Appends each difference from `before` to `after` (type Inventory of org.pxed.Inventory; node, number and received are left out) to the array `differences`, as type
 * Difference, at most DIFFERENCES_MAX. `hardware` is set where the machine itself, or its cabling, must have changed: not in what comes and goes from boot
 * to boot (addresses, links, names), nor where one of the two does not tell. -ENOMEM.
 */
int inventory_difference(const json_t *before, const json_t *after, json_t *differences);

/* "A; B and 3 more": the first of those that are of hardware, as far as there is room (`size` is 64 at least). Returns how many these are; 0: `buffer`
 * is empty. */
size_t inventory_difference_words(const json_t *differences, char *buffer, size_t size);
