#include "pxed/ctl/arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pxed/ctl/suggest.h"

#define WORDS_MAX 64

struct given {
        const char *name; /* of the table */
        const char *value;
};

struct arguments {
        const struct command *command;
        const char *group; /* a first word that needs a second */
        const char **words;
        size_t n_words;
        struct given *given;
        size_t n_given;
};

struct arguments *arguments_free(struct arguments *arguments) {
        if (!arguments)
                return NULL;
        free(arguments->words);
        free(arguments->given);
        free(arguments);
        return NULL;
}

static int _printf_(2, 3) problem(char **ret_problem, const char *format, ...) {
        va_list list;
        va_start(list, format);
        if (vasprintf(ret_problem, format, list) < 0)
                *ret_problem = NULL;
        va_end(list);
        return -EINVAL;
}

static const struct command_option *find_in(const struct command_option *options, const char *name, size_t length) {
        for (; options && options->name; options++)
                if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
                        return options;
        return NULL;
}

static int unknown_option(const struct command *command, const char *option, char **ret_problem) {
        const char *names[WORDS_MAX];
        size_t n = 0;
        for (const struct command_option *o = global_options; o->name && n < WORDS_MAX; o++)
                names[n++] = o->name;
        for (const struct command_option *o = command ? command->options : NULL; o && o->name && n < WORDS_MAX; o++)
                names[n++] = o->name;

        size_t length = strcspn(option + 2, "=");
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int) length, option + 2);
        const char *meant = suggest(name, names, n);
        if (meant)
                return problem(ret_problem, "no option '--%s'; did you mean '--%s'?", name, meant);
        if (!command)
                return problem(ret_problem, "no option '--%s' before the command; options of a command stand after it", name);
        return problem(ret_problem, "'%s' has no option '--%s': see 'pxectl help %s'", command->words, name, command->words);
}

/* Takes the option at argv[i] and its value; *taken is how many of argv that was. */
static int take_option(struct arguments *arguments, char **argv, int i, int argc, int *taken, char **ret_problem) {
        const char *text = strcmp(argv[i], "-h") == 0 ? "--help" : argv[i];
        *taken = 1;
        if (strncmp(text, "--", 2) != 0)
                return problem(ret_problem, "no option '%s'; options are long: see 'pxectl --help'", text);

        size_t length = strcspn(text + 2, "=");
        const struct command_option *option = find_in(global_options, text + 2, length);
        if (!option && arguments->command)
                option = find_in(arguments->command->options, text + 2, length);
        if (!option)
                return unknown_option(arguments->command, text, ret_problem);

        const char *value = text[2 + length] == '=' ? text + 2 + length + 1 : NULL;
        if (!option->argument && value)
                return problem(ret_problem, "'--%s' takes no value", option->name);
        if (option->argument && !value) {
                if (i + 1 >= argc)
                        return problem(ret_problem, "'--%s' needs a value: --%s %s", option->name, option->name, option->argument);
                value = argv[i + 1];
                *taken = 2;
        }
        arguments->given[arguments->n_given++] = (struct given){ .name = option->name, .value = value ? value : "" };
        return 0;
}

static int unknown_word(const char *group, const char *word, char **ret_problem) {
        const char *words[WORDS_MAX];
        size_t n = command_words(group, words, WORDS_MAX);
        const char *meant = suggest(word, words, n), *space = group ? " " : "";
        if (!group)
                group = "";
        if (meant)
                return problem(ret_problem, "no command '%s%s%s'; did you mean '%s%s%s'?", group, space, word, group, space, meant);
        return problem(ret_problem, "no command '%s%s%s': see 'pxectl help%s%s'", group, space, word, space, group);
}

static int take_word(struct arguments *arguments, const char *word, char **ret_problem) {
        if (arguments->command) {
                arguments->words[arguments->n_words++] = word;
                return 0;
        }
        if (arguments->group) {
                arguments->command = command_find(arguments->group, word);
                return arguments->command ? 0 : unknown_word(arguments->group, word, ret_problem);
        }
        arguments->command = command_find(word, NULL);
        if (!arguments->command && !command_is_group(word))
                return unknown_word(NULL, word, ret_problem);
        if (!arguments->command)
                arguments->group = word;
        return 0;
}

static int check(const struct arguments *arguments, char **ret_problem) {
        if (arguments_given(arguments, "help") || arguments_given(arguments, "version"))
                return 0;
        const struct command *command = arguments->command;
        if (!command && arguments->group)
                return problem(ret_problem, "'%s' needs a command: see 'pxectl help %s'", arguments->group, arguments->group);
        if (!command)
                return problem(ret_problem, "what to do? See 'pxectl help'");
        if (arguments->n_words < command->least)
                return problem(ret_problem, "too few arguments: pxectl %s %s", command->words, command->arguments);
        if (arguments->n_words > command->most)
                return problem(ret_problem, "'%s' is one argument too many: pxectl %s%s%s", arguments->words[command->most], command->words,
                               *command->arguments ? " " : "", command->arguments);
        return 0;
}

int arguments_parse(int argc, char **argv, struct arguments **ret, char **ret_problem) {
        struct arguments *arguments = calloc(1, sizeof *arguments);
        *ret = arguments;
        *ret_problem = NULL;
        if (!arguments)
                return -ENOMEM;
        arguments->words = calloc((size_t) argc + 1, sizeof *arguments->words);
        arguments->given = calloc((size_t) argc + 1, sizeof *arguments->given);
        if (!arguments->words || !arguments->given)
                return -ENOMEM;

        bool only_words = false;
        for (int i = 1, taken = 1; i < argc; i += taken) {
                int r;
                taken = 1;
                if (!only_words && strcmp(argv[i], "--") == 0) {
                        only_words = true;
                        continue;
                }
                /* A single "-" is a word: standard input. */
                if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0')
                        r = take_option(arguments, argv, i, argc, &taken, ret_problem);
                else
                        r = take_word(arguments, argv[i], ret_problem);
                if (r < 0)
                        return r;
        }
        return check(arguments, ret_problem);
}

const struct command *arguments_command(const struct arguments *arguments) {
        return arguments->command;
}

const char *arguments_group(const struct arguments *arguments) {
        return arguments->command ? NULL : arguments->group;
}

const char *arguments_word(const struct arguments *arguments, size_t index) {
        return index < arguments->n_words ? arguments->words[index] : NULL;
}

size_t arguments_count(const struct arguments *arguments) {
        return arguments->n_words;
}

const char *arguments_next(const struct arguments *arguments, const char *option, size_t *position) {
        while (*position < arguments->n_given) {
                const struct given *given = &arguments->given[(*position)++];
                if (strcmp(given->name, option) == 0)
                        return given->value;
        }
        return NULL;
}

const char *arguments_get(const struct arguments *arguments, const char *option) {
        const char *value = NULL, *found;
        for (size_t position = 0; (found = arguments_next(arguments, option, &position));)
                value = found;
        return value;
}

bool arguments_given(const struct arguments *arguments, const char *option) {
        return arguments_get(arguments, option) != NULL;
}

int parse_number(const char *text, int64_t least, int64_t most, int64_t *ret) {
        char *end;
        if (*text == '\0' || *text == ' ' || *text == '+')
                return -EINVAL;
        errno = 0;
        long long value = strtoll(text, &end, 10);
        if (*end != '\0')
                return -EINVAL;
        if (errno == ERANGE || value < least || value > most)
                return -ERANGE;
        *ret = value;
        return 0;
}

int parse_seconds(const char *text, uint64_t *ret) {
        if (strspn(text, "0123456789.") != strlen(text))
                return -EINVAL;
        char *end;
        double value = strtod(text, &end);
        if (end == text || *end != '\0' || !(value >= 0) || value > 10.0 * 365 * 86400)
                return -EINVAL;
        *ret = (uint64_t) (value * 1e6 + 0.5);
        return 0;
}
