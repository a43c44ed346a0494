/* The command line, taken apart by the table of commands. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macro.h"
#include "pxed/ctl/command.h"

struct arguments;

/*
 * Options may stand anywhere; "--" ends them; "--name value" and "--name=value" are the same; "-h" is --help. Strings of argv are
 * borrowed. 0, or -EINVAL (-ENOMEM) and *ret_problem, a line that says what is wrong and what may have been meant (the caller's to
 * free; may be NULL when memory is short). On -EINVAL too *ret may be read for options given until then (arguments_given).
 */
int arguments_parse(int argc, char **argv, struct arguments **ret, char **ret_problem);
struct arguments *arguments_free(struct arguments *arguments);
DEFINE_CLEANUP(struct arguments *, arguments_free);

/* NULL: none was named, which arguments_parse lets pass only with --help or --version. */
const struct command *arguments_command(const struct arguments *arguments);
/* The first word of the line where it names a group and no command of it was named. */
const char *arguments_group(const struct arguments *arguments);

/* The arguments of the command; NULL where there are fewer. */
const char *arguments_word(const struct arguments *arguments, size_t index);
size_t arguments_count(const struct arguments *arguments);

/* The last value given for an option ("" for a flag); NULL: not given. */
const char *arguments_get(const struct arguments *arguments, const char *option);
bool arguments_given(const struct arguments *arguments, const char *option);
/* Each value of an option in turn: *position is 0 at first. NULL: no more. */
const char *arguments_next(const struct arguments *arguments, const char *option, size_t *position);

/* Decimal number from `least` to `most` and nothing else. -EINVAL, -ERANGE. */
int parse_number(const char *text, int64_t least, int64_t most, int64_t *ret);
/* Seconds, with a fraction if need be, as microseconds: "10", "0.5". -EINVAL. At most ten years. */
int parse_seconds(const char *text, uint64_t *ret);
