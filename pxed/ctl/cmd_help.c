#include "pxed/ctl/help.h"

#include <string.h>

#include "pxed/ctl/cmd.h"

#define COLUMN 34 /* where the explanation of a command begins */

static void print_options(const struct command_option *options, FILE *out) {
        for (; options && options->name; options++) {
                int n = fprintf(out, "  --%s%s%s", options->name, options->argument ? " " : "", options->argument ? options->argument : "");
                if (n >= COLUMN)
                        fprintf(out, "\n%*s%s\n", COLUMN, "", options->help);
                else
                        fprintf(out, "%*s%s\n", COLUMN - n, "", options->help);
        }
}

static void print_line(const struct command *command, FILE *out) {
        int n = fprintf(out, "  %s %s", command->words, command->arguments);
        fprintf(out, "%*s%s\n", n < COLUMN ? COLUMN - n : 1, "", command->help);
}

void help_all(FILE *out) {
        fputs("pxectl [OPTION...] COMMAND [ARGUMENT...]\n\nLooks at and steers pxed, the network-boot appliance.\n\n", out);
        for (const struct command *command = commands; command->words; command++)
                if (command->help)
                        print_line(command, out);
        fputs("\nOptions of all commands:\n", out);
        print_options(global_options, out);
        fputs("\nA NODE is a node's name, its id, or one of its MACs. 'pxectl help COMMAND' tells a command's own options.\n"
              "Exit status: 0 done, 1 refused, 2 usage, 3 no connection, 4 not found, 5 conflict, 6 not in time. See pxectl(1).\n",
              out);
}

void help_group(const char *group, FILE *out) {
        size_t length = strlen(group);
        fprintf(out, "pxectl %s COMMAND\n\n", group);
        for (const struct command *command = commands; command->words; command++)
                if (strncmp(command->words, group, length) == 0 && command->words[length] == ' ')
                        print_line(command, out);
}

void help_command(const struct command *command, FILE *out) {
        bool options = command->options && command->options->name;
        fprintf(out, "pxectl %s%s%s%s\n\n%s\n", command->words, *command->arguments ? " " : "", command->arguments, options ? " [OPTION...]" : "",
                command->help ? command->help : "");
        if (command->details)
                fprintf(out, "%s\n", command->details);
        if (options) {
                fputs("\nOptions:\n", out);
                print_options(command->options, out);
        }
        fputs("\nOptions of all commands:\n", out);
        print_options(global_options, out);
}

int cmd_help(struct ctl *ctl, const struct arguments *arguments) {
        const char *first = arguments_word(arguments, 0), *second = arguments_word(arguments, 1);
        if (!first) {
                help_all(ctl->out);
                return 0;
        }
        const struct command *command = command_find(first, second);
        if (command)
                help_command(command, ctl->out);
        else if (!second && command_is_group(first))
                help_group(first, ctl->out);
        else
                return ctl_fail(ctl, EXIT_USAGE, "there is no command '%s%s%s': see 'pxectl help'", first, second ? " " : "", second ? second : "");
        return 0;
}
