/* The table of commands: what the command line is read by, and what help and completion are made from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arguments;
struct ctl;

/* Exit statuses, as pxectl(1) documents them. */
enum {
        EXIT_REFUSED = 1,
        EXIT_USAGE = 2,
        EXIT_CONNECT = 3,
        EXIT_NOT_FOUND = 4,
        EXIT_CONFLICT = 5,
        EXIT_TIMEOUT = 6,
};

struct command_option {
        const char *name;     /* "param", given as --param; NULL ends the list */
        const char *argument; /* "K=V"; NULL: a flag. Completion goes by this word: NODE, PROFILE, NETWORK, RULE, DAEMON, LEVEL, KIND, ARCHITECTURE, FILE */
        const char *help;
};

struct command {
        const char *words;     /* "node set-boot" or "status"; NULL ends the table */
        const char *arguments; /* "NODE PROFILE"; completion goes by these words as it does for options */
        unsigned least, most;  /* how many arguments it takes */
        const struct command_option *options; /* NULL: none of its own */
        const char *help;      /* one line */
        const char *details;   /* more lines of `pxectl help COMMAND`; may be NULL */
        /* Returns the exit status, having printed what is wrong itself. */
        int (*run)(struct ctl *ctl, const struct arguments *arguments);
};

extern const struct command commands[];
/* Taken by each command, before it or after it. */
extern const struct command_option global_options[];

/* The command of exactly these words; `second` may be NULL. */
const struct command *command_find(const char *first, const char *second);
/* Whether commands of two words begin with it. */
bool command_is_group(const char *word);
/* The distinct first words, or the second words of a group; at most `n` are put into `words`. Returns how many. They are borrowed from
 * static storage. */
size_t command_words(const char *group, const char **words, size_t n);
