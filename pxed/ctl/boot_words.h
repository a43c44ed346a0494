/* A boot attempt (org.pxed.Boot) in words and as a fraction done. All pure. */
#pragma once

#include <stdbool.h>

#include "lib/json.h"
#include "pxed/ctl/look.h"

/* Of option 93; NULL: it has no name here. */
const char *architecture_name(int64_t number);
/* How a person may call some on the command line; ends with NULL. */
extern const char *const architecture_words[];
/* One of those words, or a number; as parse_number. */
int architecture_parse(const char *word, int64_t *ret);

/* What a step adds to its kind: "firmware, UEFI x86-64", "vmlinuz, 3.1 MiB of 8.2 MiB"; "" where there is nothing. The caller's to
 * free; NULL when memory is short. */
char *boot_step_words(const json_t *step);

/* Who answered: the server on the wire, or the daemon that served it; NULL: nobody. Borrowed. */
const char *boot_step_by(const json_t *step);

/* Whether the step is a file that is still being fetched. */
bool boot_step_goes_on(const json_t *step);

/*
 * How far the boot has come, 0 to 1. What is still to come is not known (which files, how large), so stages have fixed shares, and of
 * the files each takes half of what the ones before it left. Never goes back while steps are added.
 */
double boot_fraction(const json_t *boot);

/* The firmware by the option 93 that it asked with: "BIOS", "UEFI x86-64"; NULL: not known yet. */
const char *boot_firmware(const json_t *boot);

/* The node's name, or else the MAC. Borrowed. */
const char *boot_machine(const json_t *boot);

/* Microseconds from its start to its end, or to `now` where it has not ended. */
uint64_t boot_elapsed(const json_t *boot, uint64_t now);

enum style boot_outcome_style(const char *outcome);
